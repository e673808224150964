"""Logs that several commands are tried on."""

import pytest

GUESSES = [
    f"2026-01-15T10:00:{second:02d}+00:00 web1 sshd[812]: Failed password for root from 198.51.100.7 port {40000 + second} ssh2"
    for second in range(0, 35, 5)
]


@pytest.fixture
def guesses(tmp_path):
    """Seven failed logins from 198.51.100.7 in half a minute."""
    path = tmp_path / "auth.log"
    path.write_text("\n".join(GUESSES) + "\n")
    return path
