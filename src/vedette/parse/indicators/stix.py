"""STIX 2.0 and 2.1: bundles, TAXII envelopes and lists of objects. Only indicators are looked at.

Source: STIX Version 2.1 (OASIS Standard), sections 4.7 (indicator) and 9 (patterning).
"""

from typing import Any

from vedette.parse.indicators.gathered import Gathered, moment
from vedette.parse.indicators.pattern import comparisons

ENOUGH = 20
"""Objects that tell whether a list is STIX."""


def is_stix(document: Any) -> bool:
    """Whether it is a bundle, an envelope, an indicator, or a list of STIX objects."""
    if isinstance(document, dict):
        if document.get("type") == "bundle":
            return True
        if isinstance(document.get("type"), str) and isinstance(document.get("pattern"), str):
            return True
        document = document.get("objects")
    objects = document[:ENOUGH] if isinstance(document, list) else []
    return any(isinstance(each, dict) and "type" in each and "--" in str(each.get("id")) for each in objects)


def read_objects(gathered: Gathered, document: Any, number: int = 0) -> None:
    """The indicators of a document; `number` 0: its objects are counted from 1."""
    if isinstance(document, dict) and document.get("type") != "indicator":
        document = document.get("objects")
    for at, each in enumerate(document if isinstance(document, list) else [document], 1):
        if isinstance(each, dict) and each.get("type") == "indicator":
            _indicator(gathered, number or at, each)


def _indicator(gathered: Gathered, number: int, given: dict[str, Any]) -> None:
    pattern = given.get("pattern")
    if not isinstance(pattern, str):
        gathered.refuse(number, "", "an indicator without a pattern")
    elif given.get("revoked") is True:
        gathered.refuse(number, pattern, "revoked")
    elif given.get("pattern_type", "stix") != "stix":
        gathered.refuse(number, pattern, "a pattern of another language than that of STIX")
    else:
        said = [given.get("name"), *_list(given.get("indicator_types")), *_list(given.get("labels"))]
        about = ", ".join(dict.fromkeys(each for each in said if isinstance(each, str) and each))
        until = moment(given.get("valid_until"))
        try:
            found = comparisons(pattern)
        except ValueError as error:
            gathered.refuse(number, pattern, str(error))
            return
        for value, problem in found:
            if problem:
                gathered.refuse(number, value, problem)
            else:
                gathered.take(number, value, about, until)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
