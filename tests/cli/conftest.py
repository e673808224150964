"""Run a command as a user would, in this process: arguments in; status, standard output and standard error out."""

from typing import NamedTuple

import pytest

from vedette.cli.main import main


class Ran(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def vedette(capsys):
    def run(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return run


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
