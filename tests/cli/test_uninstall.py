"""vedette uninstall, as a person sees it. Nothing of this machine is touched: what is there is made up."""

import pytest

from vedette.model.errors import VedetteError
from vedette.runtime import helper_door, uninstall
from vedette.runtime.uninstall import Part
from vedette.store.store import open_store


@pytest.fixture
def gone(monkeypatch, tmp_path):
    """What was taken away; there are a table, and data if they are asked for."""
    gone = []

    def parts(directory, *, data):
        names = ["nftables table inet vedette", *([f"data in {directory}"] if data else [])]
        return [Part(name, lambda name=name: gone.append(name)) for name in names if name not in gone]

    monkeypatch.setattr(uninstall, "parts", parts)
    monkeypatch.setattr(helper_door, "SOCKET", tmp_path / "none.sock")
    monkeypatch.setenv("VEDETTE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("VEDETTE_CONFIG", raising=False)
    (tmp_path / "data").mkdir()
    return gone


def test_it_says_what_it_took_and_what_stays(vedette, gone, tmp_path):
    ran = vedette("uninstall")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        "taken away: nftables table inet vedette\n"
        f"kept: data in {tmp_path / 'data'}, and the settings: vedette uninstall --data\n"
    )  # fmt: skip
    assert vedette("uninstall").out.startswith("nothing to take away\n")


def test_a_dry_run_takes_nothing(vedette, gone):
    assert "would be taken away: nftables table" in vedette("uninstall", "--dry-run", "--data").out
    assert gone == []


def test_data_goes_only_when_somebody_says_yes(vedette, gone, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", Terminal(""))
    ran = vedette("uninstall", "--data")
    assert (ran.status, gone) == (2, [])
    assert "--yes" in ran.err
    for answer in ("\n", "n\n", ""):
        monkeypatch.setattr("sys.stdin", Terminal(answer, terminal=True))
        ran = vedette("uninstall", "--data")
        assert (ran.status, gone) == (2, [])
        assert str(tmp_path / "data") in ran.err
    monkeypatch.setattr("sys.stdin", Terminal("y\n", terminal=True))
    assert vedette("uninstall", "--data").status == 0
    assert gone == ["nftables table inet vedette", f"data in {tmp_path / 'data'}"]


def test_yes_is_not_asked_again_and_the_directory_may_be_named(vedette, gone, tmp_path):
    assert vedette("uninstall", "--data", tmp_path / "other", "--yes").status == 0
    assert gone[-1] == f"data in {tmp_path / 'other'}"


def test_what_runs_is_not_stopped(vedette, gone, tmp_path):
    with open_store(tmp_path / "data"):
        ran = vedette("uninstall")
        assert (ran.status, ran.out, gone) == (2, "", [])
        assert "an agent on" in ran.err
        assert "fix: stop it" in ran.err
        assert vedette("uninstall", "--dry-run").status == 0
        ran = vedette("uninstall", "--force")
        assert (ran.status, len(gone)) == (0, 1)
        assert "still runs" in ran.err


def test_what_fails_keeps_nothing_else_from_going(vedette, gone, monkeypatch):
    def refuse():
        raise VedetteError("not permitted", fix="run as root")

    monkeypatch.setattr(
        uninstall, "parts", lambda *_, **__: [Part("first", refuse), Part("second", lambda: gone.append(1))]
    )
    ran = vedette("uninstall")
    assert (ran.status, gone) == (2, [1])
    assert "first: not permitted" in ran.err
    assert ran.out.startswith("taken away: second\n")


def test_damaged_settings_keep_nobody_from_uninstalling_but_from_deleting_data(vedette, gone, tmp_path):
    config = tmp_path / "vedette.yaml"
    config.write_text("nonsense: [\n")
    assert vedette("uninstall", "--config", config, "--data", "--yes").status == 2
    assert gone == []
    assert vedette("uninstall", "--config", config, "--data", tmp_path / "data", "--yes").status == 0
    assert len(gone) == 2


class Terminal:
    def __init__(self, answer, *, terminal=False):
        self.answer, self.terminal = answer, terminal

    def isatty(self):
        return self.terminal

    def readline(self):
        return self.answer
