"""Packs of our own logs, to be read in review: `pytest --update-golden` writes them."""

from pathlib import Path

import pytest

from vedette.ai.compress import compress, pack

LOGS = sorted((Path(__file__).parents[1] / "data/ai/compress").glob("*.log"))


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.stem)
def test_sample(log, update_golden):
    packed = compress(log.read_text().splitlines())
    kept, found = packed.indicators
    assert kept == found > 0
    golden = log.with_suffix(".pack.txt")
    if update_golden:
        golden.write_text(packed.text + "\n")
    assert packed.text + "\n" == golden.read_text()


def test_there_are_samples():
    assert len(LOGS) >= 3


def test_an_indicator_that_the_tables_lose_is_added(monkeypatch):
    lines = LOGS[1].read_text().splitlines()
    monkeypatch.setattr(pack.write, "lines", lambda *_: iter(()))  # a planted fault: the tables say nothing
    packed = compress(lines)
    for values in packed.found.values():
        assert all(value in packed.text for value in values)
