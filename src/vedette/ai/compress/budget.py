"""As much of the tables as a number of tokens allows."""

from vedette.ai import tokens
from vedette.ai.compress import write
from vedette.ai.compress.indicators import Indicators
from vedette.ai.compress.shapes import WHEN


def fit(head: str, blocks: list[write.Block], missing: Indicators, budget: int) -> tuple[str, int]:
    """(text of at most `budget` tokens, lines that it leaves out).

    Blocks are taken in their order; of the first that does not fit whole, the rows that do; smaller blocks that follow
    may still fit.
    """
    names = write.aliases(blocks)
    total = sum(block.table.lines for block in blocks)
    note = f"{head}; left out for the budget: {total} lines"
    room = budget - tokens.count(note + "\n")
    body: list[str] = []
    kept = 0
    used: set[str] = set()
    for block in blocks:
        if room <= 0:
            break
        for written, lines in write.lines(block, names):
            new = [name for name in names.of(written) if name not in used]
            price = tokens.count("".join(f"{name}={names.definitions[name]}\n" for name in new) + written + "\n")
            if price > room:
                break
            room -= price
            used.update(new)
            kept += lines
            body.append(written)
    for kind, values in missing.items():
        for value in sorted(values):
            also = f"also: {kind} {value}"
            price = tokens.count(also + "\n")
            if price <= room:
                room -= price
                body.append(also)
    left_out = total - kept
    note = f"{head}; left out for the budget: {left_out} lines"
    text = "\n".join(
        [note, *(f"{name}={value}" for name, value in names.definitions.items() if name in used), *body]
    ).replace(WHEN, write.TIME)
    # Tokens may join over a line's end in another way than alone; never by more than a few.
    while tokens.count(text) > budget:
        text = text.rpartition("\n")[0]
    return text, left_out
