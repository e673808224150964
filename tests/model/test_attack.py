"""ATT&CK as data: complete enough, consistent, and forgiving about old names."""

import re

import pytest

from vedette.model import attack


def test_the_tables_fit_together():
    assert len(attack.TACTICS) == len({t.id for t in attack.TACTICS}) == 15
    assert len(attack._TECHNIQUES) > 250
    slugs = {t.slug for t in attack.TACTICS}
    for technique, (name, tactics) in attack._TECHNIQUES.items():
        assert re.fullmatch(r"T\d{4}(\.\d{3})?", technique)
        assert name
        assert tactics
        assert set(tactics) <= slugs
        assert list(tactics) == sorted(tactics, key=attack.order)
        assert technique.partition(".")[0] in attack._TECHNIQUES


@pytest.mark.parametrize(
    ("slug", "place"),
    [("reconnaissance", 0), ("initial-access", 2), ("initial_access", 2), ("Initial Access", 2), ("impact", 14),
     ("defense-evasion", 6), ("stealth", 6), ("no-such", 15), ("", 15)],
)  # fmt: skip
def test_order(slug, place):
    assert attack.order(slug) == place


def test_techniques():
    assert attack.technique_name("t1110.001") == "Password Guessing"
    assert attack.technique_name("T1110.999") == "Brute Force", "an unlisted part has its whole's name"
    assert attack.technique_name("T9999") is None
    assert attack.technique_tactics("T1078.002") == ("initial-access", "persistence", "privilege-escalation", "stealth")
    assert attack.technique_tactics("nonsense") == ()


def test_chain():
    assert attack.chain(["impact", "defense_evasion", "stealth", "bogus"]) == ("stealth", "impact")
    assert attack.chain(["execution"], ["T1110"]) == ("execution",), "the rule's author knows better"
    assert attack.chain([], ["T1110", "T1059.004"]) == ("execution", "credential-access")
