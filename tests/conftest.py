"""Options that all tests share."""

import os

import pytest

# No test has an agent put anything into this machine's kernel but those that do it in network namespaces of their own.
os.environ["VEDETTE_BLOCKING__MODE"] = "off"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected files, to be read in review")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
