"""Options that all tests share."""

import os
from typing import NamedTuple

import hypothesis
import pytest

# No test has an agent put anything into this machine's kernel but those that do it in network namespaces of their own.
os.environ["VEDETTE_BLOCKING__MODE"] = "off"
# Nor does it start the console, except where that is what is tested.
os.environ["VEDETTE_API__LISTEN"] = "null"
# How long an example takes is the machine's affair: time is for bench/.
hypothesis.settings.register_profile("vedette", deadline=None)
hypothesis.settings.load_profile("vedette")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected files, to be read in review")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


class Ran(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def vedette(capsys):
    """Run a command as a user would, in this process: arguments in; status, standard output and standard error out."""
    from vedette.cli.main import main

    def run(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return run
