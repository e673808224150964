"""vedette user, token and audit."""

import io
import json
import sys
from datetime import UTC, datetime

import pytest

from vedette.api import passwords
from vedette.store.store import open_store

NOW = datetime.now(UTC)


@pytest.fixture
def typed(monkeypatch):
    """What comes through a pipe as the password."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text + "\n"))


def test_users_come_and_change_and_go(tmp_path, vedette, typed) -> None:
    here = ("--data", tmp_path)
    typed("words for the first")
    assert vedette("user", "add", "Ana", "--role", "admin", *here).status == 0
    assert "open --user ben" in vedette("user", "add", "ben", "--no-password", *here).err
    typed("short")
    assert vedette("user", "add", "eve", *here).status == 2
    assert vedette("user", "role", "ben", "responder", *here).status == 0
    assert vedette("user", "disable", "ben", *here).status == 0
    listed = json.loads(vedette("user", "list", "--format", "json", *here).out)
    assert [(u["name"], u["role"], u["password"], u["disabled"]) for u in listed] == [
        ("ana", "admin", True, False),
        ("ben", "responder", False, True),
    ]
    typed("other words for her")
    assert vedette("user", "password", "ana", *here).status == 0
    with open_store(tmp_path, writer=False) as store:
        assert passwords.right(store.accounts.password("ana"), "other words for her")
    assert vedette("user", "remove", "ben", *here).status == 0
    for words in (("role", "ana", "viewer"), ("disable", "ana"), ("remove", "ana")):
        ran = vedette("user", *words, *here)
        assert ran.status == 2
        assert "last administrator" in ran.err
    assert vedette("user", "list", *here).out.splitlines()[1].split()[:4] == ["ana", "admin", "yes", "no"]
    log = vedette("audit", "list", *here).out
    assert log.count("cli") == 6
    assert "words" not in log
    for words in (("add",), ("role", "ana"), ("role", "nobody", "admin"), ("remove", "nobody")):
        ran = vedette("user", *words, *here)
        assert ran.status == 2
        assert "fix:" in ran.err


def test_a_key_is_told_once_and_revoked(tmp_path, vedette, typed) -> None:
    here = ("--data", tmp_path)
    ran = vedette("token", "create", "grafana", "--scope", "read", "--days", "30", *here)
    secret = ran.out.strip()
    assert secret.startswith("vdt_")
    with open_store(tmp_path, writer=False) as store:
        user, token = store.accounts.token(secret, datetime.now(UTC))
        assert (user.name, token.scopes, token.name) == ("admin", ("read",), "grafana")
    listed = vedette("token", "list", *here).out
    assert token.id in listed
    assert secret not in listed
    assert vedette("token", "revoke", token.id, *here).status == 0
    with open_store(tmp_path, writer=False) as store:
        assert store.accounts.token(secret, datetime.now(UTC)) is None
    assert vedette("token", "revoke", "nothing", *here).status == 2
    vedette("user", "add", "ben", "--no-password", *here)
    refused = vedette("token", "create", "x", "--user", "ben", "--scope", "block", *here)
    assert refused.status == 2
    assert "read" in refused.err
    assert vedette("token", "create", "x", "--days", "-1", *here).status == 2
    never = vedette("token", "create", "x", "--days", "0", *here)
    assert never.status == 0
    assert vedette("audit", "verify", *here).status == 0


def test_without_an_administrator_a_key_is_refused_with_what_to_do(tmp_path, vedette) -> None:
    with open_store(tmp_path) as store:
        store.accounts.add("ana", "analyst", None, datetime.now(UTC))
    ran = vedette("token", "create", "grafana", "--scope", "read", "--data", tmp_path)
    assert (ran.status, "no enabled user is an administrator" in ran.err, "fix:" in ran.err) == (2, True, True)
