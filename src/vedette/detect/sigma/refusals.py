"""Why pySigma does not take a value, in words of the rule and not of pySigma's code."""

import re
from typing import Final

_MODIFIER: Final = re.compile(r"Modifier (Sigma\w+Modifier) incompatible to value type of '(.*)'", re.DOTALL)
_NUMBERS: Final = frozenset({"lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month", "year"})
_MEND: Final = {"exists": "true or false", "cidr": "a network such as 192.0.2.0/24", "fieldref": "the name of a field"}


def said(error: Exception) -> str:
    """The reason in one line."""
    from sigma.modifiers import reverse_modifier_mapping

    text = str(error)
    found = _MODIFIER.match(text)
    if not found:
        return text.split(" in ", maxsplit=1)[0] if "Error" in text else text
    name, value = reverse_modifier_mapping.get(found[1], found[1]), found[2]
    if value.startswith("Sigma"):  # what modifiers before it made of the value
        return f"modifier {name} cannot stand behind the modifier before it"
    wants = "a decimal number" if name in _NUMBERS else _MEND.get(name, "text")
    return f"modifier {name} takes {wants}, not {value[:80]!r}"
