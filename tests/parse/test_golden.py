"""Every parse component against its samples: tests/data/parse/<component>/<case>.log beside <case>.expected.jsonl.

A new component adds a folder; `pytest tests/parse/test_golden.py --update-golden` writes the expected files, which
are then read in review.
"""

from pathlib import Path

import pytest

from tests.parse.samples import CASES, FOLDER, KINDS, golden, parse_all, rows, sample
from vedette import registry

COMPONENTS = sorted({(kind, name) for kind in KINDS for name in registry.names(kind)})


@pytest.mark.parametrize("log", CASES, ids=lambda log: f"{log.parent.name}/{log.stem}")
def test_sample(log: Path, update_golden: bool) -> None:
    parsed, _ = parse_all([sample(log)])
    got, expected = golden(parsed), log.with_suffix(".expected.jsonl")
    if update_golden:
        expected.write_text(got)
    assert got.splitlines() == expected.read_text().splitlines()


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_every_component_understands_a_sample_of_its_own(kind: str, name: str) -> None:
    logs = [log for log in CASES if log.parent.name == name]
    assert logs, f"add tests/data/parse/{name}/<case>.log"
    events = [row for log in logs for row in rows(parse_all([sample(log)])[0]) if "reason" not in row]
    if getattr(registry.load(kind, name), "DOCUMENTS", False):
        assert events, "no event at all"
    else:
        assert name in {row["event.dataset"] for row in events}


def test_every_sample_folder_is_a_component() -> None:
    known = {name for _, name in COMPONENTS}
    assert {log.parent.name for log in CASES} - known == set()


def test_every_expected_file_has_its_sample() -> None:
    expected = {
        path.with_name(path.name.replace(".expected.jsonl", ".log")) for path in FOLDER.glob("*/*.expected.jsonl")
    }
    assert expected == set(CASES)
