"""How well logs are packed for a model: tokens, indicators, counts, and whether the same alerts come out.

    python bench/quality_compress.py DIRECTORY...

Every log below the directories (text, archives, EVTX) is packed by itself. Not timed. Looked at, for each:

- tokens before and after (o200k_base), weighted over all;
- indicators, by expressions that share nothing with the compressor's: a value counts as kept when it stands whole in the text;
- counts: the decoded lines against the log's, both without their time and with numbers and identifiers, which spans may
  change, blanked;
- alerts: the built-in rules over the log and over what is decoded from its pack, times spread evenly within their spans.
  An alert is the same when rule, source address and account are.
"""

import re
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from vedette.ai.compress import Pack, compress, decoded
from vedette.ai.compress.shapes import TIMES
from vedette.collect.read import Options, Reading
from vedette.model.records import RecordBatch
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.rules import load
from vedette.runtime.scan import Scan

INDICATORS = {
    "address": r"(?<![\d.\w])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d\w]|\.\d)",
    "address6": r"(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?![\w:])"
    r"|(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){2,6}:[0-9a-fA-F]{1,4}(?![\w:])",
    "port": r"(?i:\b(?:port|dpt|spt|dport|sport|sourceport|destinationport)\b\"?[ :=]{1,2}\"?)(\d{1,5})\b",
    "hash": r"(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])[0-9A-Fa-f]{40}(?![0-9A-Za-z])|(?<![0-9A-Za-z])[0-9A-Fa-f]{64}(?![0-9A-Za-z])",
    "email": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
    "url": r"\bhttps?://[^\s\"'<>\\)\]]+",
    "domain": r"(?<![\w.@/-])(?:[a-z0-9-]+\.)+(?:com|net|org|edu|gov|info|de|fr|nl|ru|cn|tw|br|uk|jp|it|pl)(?![\w.-])",
    "path": r"(?<![\w/.:])(?:/[\w.-]+){2,}|\b[A-Z]:\\(?:[\w.$-]+\\)+[\w.$-]+",
    "user": r"(?:password for (?:invalid user )?|Invalid user |publickey for |\buser=|\bUser=|TargetUserName\":\")([\w.$-]+)",
    "host": r"(?:rhost=|Computer\":\")([\w.-]+)",
    "process": r"(?<![\w.-])([\w-]+\.exe)\b",
}
PATTERNS = {kind: re.compile(pattern) for kind, pattern in INDICATORS.items()}
BLANK = re.compile(r"[\w{}.:+/@#-]*\d[\w{}.:+/@#-]*")
RULES = load([])


def indicators(text: str) -> dict[str, set[str]]:
    return {k: {m[p.groups] for m in p.finditer(text)} for k, p in PATTERNS.items()}


def lost(found: dict[str, set[str]], text: str) -> list[tuple[str, str]]:
    pieces = set(re.split(r"[\s\"',;()<>\[\]‹›=*]+", text))
    missing = [(kind, value) for kind, values in found.items() for value in values - pieces]
    return [(k, v) for k, v in missing if not re.search(rf"(?<![0-9A-Za-z]){re.escape(v)}(?![0-9A-Za-z])", text)]


def counts_are_right(lines: pl.Series, pack: Pack) -> bool:
    if not pack.exact:
        return False
    bodies = lines.str.replace(TIMES, "") if pack.tabular else lines
    ours: Counter[str] = Counter()
    for line in decoded(pack):
        ours[BLANK.sub("0", re.sub(TIMES, "0", line.text))] += line.copies
    return ours == Counter(BLANK.sub("0", re.sub(TIMES, "0", body)) for body in bodies)


def again(lines: pl.Series, pack: Pack) -> list[str]:
    """Lines as decoded, with times of the log's layout in their places."""
    if not pack.tabular:
        return [line.text for line in decoded(pack)]
    from vedette.ai.compress.moments import seconds

    times = lines.str.extract(f"({TIMES})", 1)
    known = seconds(times)
    by_second = dict(zip((known - (known.min() or 0)).to_list(), times.to_list(), strict=True))
    moments = sorted(second for second in by_second if second is not None)
    made: list[tuple[float, str]] = []
    for line in decoded(pack):
        first, last = line.first or 0, line.last or 0
        for number in range(line.copies):
            at = first + (last - first) * number / max(1, line.copies - 1)
            made.append((at, line.text, line.place))
    out = []
    import bisect

    for at, text, place in sorted(made, key=lambda one: one[0]):
        if place is None or not moments:
            out.append(text)
            continue
        nearest = moments[min(bisect.bisect_left(moments, at), len(moments) - 1)]
        out.append(text[:place] + by_second[nearest] + text[place:])
    return out


def alerts(lines: list[str], name: str, folder: Path) -> set[tuple[str, str | None, str | None]]:
    path = folder / name
    path.write_text("\n".join(line.replace("\n", " ") for line in lines) + "\n", "utf-8", errors="replace")
    scan = Scan(Reading([path], Options()), Engine(Plan(RULES)), Context(datetime.now(UTC)))
    for _ in scan.batches():
        pass
    return {(alert.rule_name, alert.source_ip, alert.user_name) for alert in scan.findings().alerts}


def main(folders: list[Path]) -> int:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    with TemporaryDirectory() as scratch:
        for folder in folders:
            for path in sorted(
                path for path in ([folder] if folder.is_file() else folder.rglob("*")) if path.is_file()
            ):
                batches = [item.frame["raw"] for item in Reading([path]) if isinstance(item, RecordBatch)]
                if not batches or path.suffix in (".csv", ".md", ".assert", ".ini", ".jsonl", ".yml", ".yaml", ".json"):
                    continue
                lines = pl.concat(batches)
                pack = compress(lines)
                found = indicators("\n".join(lines.to_list()))
                missing = lost(found, pack.text)
                group = path.name if len(lines) >= 2000 else folder.name + ", small files"
                one = sums[group]
                one["files"] += 1
                one["lines"] += len(lines)
                one["before"] += pack.tokens_before
                one["after"] += pack.tokens_after
                one["found"] += sum(map(len, found.values()))
                one["lost"] += len(missing)
                one["counts"] += counts_are_right(lines, pack)
                if len(lines) >= 20:
                    want = alerts(lines.to_list(), "log", Path(scratch))
                    got = alerts(again(lines, pack), "log", Path(scratch))
                    one["alerts"] += len(want)
                    one["same"] += len(want & got)
                    one["more"] += len(got - want)
                for each in missing[:3]:
                    print(f"  lost from {path.name}: {each}")
    print(f"{'log':34} files  lines    before   after  fewer  indicators lost  counts right  alerts same more")
    for group, one in [*sums.items(), ("all", sum(sums.values(), Counter()))]:
        fewer = 100 * (1 - one["after"] / one["before"])
        print(
            f"{group[:34]:34} {one['files']:5} {one['lines']:6} {one['before']:9} {one['after']:7} {fewer:5.1f}% "
            f"{one['found']:10} {one['lost']:4} {one['counts']:8} of {one['files']:<5} {one['alerts']:4} {one['same']:4} {one['more']:4}"
        )
    one = sum(sums.values(), Counter())
    whole = one["counts"] == one["files"] and not one["lost"]
    good = whole and one["after"] <= 0.2 * one["before"] and one["same"] >= 0.99 * one["alerts"]
    return 0 if good and one["found"] else 1


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit("name logs, or directories of them: make quality does")
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
