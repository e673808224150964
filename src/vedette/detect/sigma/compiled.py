"""A rule set as bytes, so that rules are read once and not at every start. MessagePack, decoded strictly.

What was read is written, not what was searched: patterns and automata are made again where they are needed.
"""

import msgspec

from vedette.detect.sigma.rule import Filter, Refused, Rule, Ruleset


class _Stored(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    rules: tuple[Rule, ...]
    filters: tuple[Filter, ...]
    refused: tuple[Refused, ...]


def dump_rules(ruleset: Ruleset) -> bytes:
    """The rule set as bytes.

    Raises:
        ValueError: a value in it has no form in MessagePack (a number of more than 64 bits, a lone surrogate).
    """
    try:
        return msgspec.msgpack.encode(_Stored(ruleset.rules, ruleset.filters, ruleset.refused))
    except (msgspec.EncodeError, OverflowError, RecursionError) as error:
        raise ValueError(f"the rules cannot be stored: {error}") from None


def load_rules(data: bytes) -> Ruleset:
    """What `dump_rules` was given.

    Raises:
        ValueError: it is something else, damaged, or refers to rules that it does not have.
    """
    try:
        stored = msgspec.msgpack.decode(data, type=_Stored)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    rules = stored.rules
    chains = (  # what a correlation looks at stands before it, so there is no circle
        0 <= reference.rule < place
        for place, rule in enumerate(rules)
        if rule.correlation
        for reference in rule.correlation.references
    )
    if not all(chains) or not all(0 <= index < len(rules) for one in stored.filters for index in one.rules):
        raise ValueError("it refers to a rule that is not there")
    return Ruleset(rules, stored.filters, stored.refused)
