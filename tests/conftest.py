"""Options that all tests share."""

import os

import pytest

# No test has an agent put anything into this machine's kernel but those that do it in network namespaces of their own.
os.environ["VEDETTE_BLOCKING__MODE"] = "off"
# Nor does it start the console, except where that is what is tested.
os.environ["VEDETTE_API__LISTEN"] = "null"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected files, to be read in review")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
