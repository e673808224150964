"""`vedette compress` as a user runs it."""

import io
import json
import sys

import pytest

KEYS = ["tokens_before", "tokens_after", "indicators_found", "indicators_kept", "lines", "templates", "seconds"]


@pytest.fixture
def auth(tmp_path):
    path = tmp_path / "auth.log"
    path.write_text(
        "".join(
            f"Feb  1 10:{n // 60 % 60:02d}:{n % 60:02d} web1 sshd[{n}]: Failed password for carol "
            f"from 192.0.2.{n % 9} port {n % 50 + 40000} ssh2\n"
            for n in range(600)
        )
    )
    return path


def test_statistics(vedette, auth):
    ran = vedette("compress", auth, "--stats", "json")
    figures = json.loads(ran.out)
    assert ran.status == 0
    assert list(figures)[: len(KEYS)] == KEYS
    assert figures["lines"] == 600
    assert figures["tokens_after"] < figures["tokens_before"] / 10
    assert figures["indicators_kept"] == figures["indicators_found"] > 50
    assert figures["usd"]["gpt-5"]["after"] < figures["usd"]["gpt-5"]["before"]


def test_the_pack_and_what_it_saved(vedette, auth):
    ran = vedette("compress", auth)
    assert "600x" in ran.out
    assert "% fewer" in ran.err
    assert json.loads(vedette("compress", auth, "--format", "json").out)["text"] + "\n" == ran.out


def test_a_budget(vedette, auth):
    figures = json.loads(vedette("compress", auth, "--budget", "60", "--stats", "json").out)
    assert figures["tokens_after"] <= 60
    assert vedette("compress", auth, "--budget", "none").status == 2


def test_pseudonyms_and_their_map(vedette, auth, tmp_path):
    map_file = tmp_path / "map.json"
    ran = vedette("compress", auth, "--pseudonyms", "--map", map_file)
    assert "carol" not in ran.out
    assert "192.0.2." not in ran.out
    names = json.loads(map_file.read_text())
    assert "carol" in names.values()
    assert map_file.stat().st_mode & 0o077 == 0


def test_standard_input(vedette, auth, monkeypatch):
    with auth.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file))
        assert json.loads(vedette("compress", "-", "--stats", "json").out)["lines"] == 600


def test_faults(vedette, tmp_path, auth, monkeypatch):
    monkeypatch.delenv("SCALEDOWN_API_KEY", raising=False)
    assert vedette("compress", tmp_path / "none.log").status == 2
    refused = vedette("compress", auth, "--scaledown")
    assert refused.status == 2
    assert "SCALEDOWN_API_KEY" in refused.err


def test_scaledown_that_is_away_leaves_our_pack(vedette, auth, monkeypatch):
    ours = vedette("compress", auth).out
    monkeypatch.setenv("SCALEDOWN_API_KEY", "secret")
    monkeypatch.setenv("SCALEDOWN_API_URL", "http://127.0.0.1:9")
    ran = vedette("compress", auth, "--scaledown")
    assert ran.out == ours
    assert "not used" in ran.err
    assert "secret" not in ran.out + ran.err
