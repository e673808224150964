"""docs/explanation/sigma.md, line by line: what the page says is what the engine does, in columns and row by row."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.detect.sigma.made import events
from vedette.detect.sigma import match, read

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "sigma.md"
VERSION = re.compile("v([0-9]) ")
CELL = re.compile(r"(?<!\\)\|")


def lines(columns: int) -> list[list[str]]:
    """Cells of the tables with so many columns, without heads."""
    rows = [CELL.split(line)[1:-1] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip().replace("\\|", "|").strip("`") for cell in row] for row in rows]
    return [row for row in cells if len(row) == columns and row[0] != "what"]


def detection(text: str) -> str:
    read = yaml.safe_load(text)
    return text if isinstance(read, dict) and "condition" in read else f"{{sel: {text}, condition: sel}}"


def rule(text: str) -> str:
    """A selection or detection section as a rule; `v3` in front of it is its sigma-version."""
    version = VERSION.match(text)
    head = f"sigma-version: {version[1]}\n" if version else ""
    text = text.removeprefix(version[0]) if version else text
    return f"title: A line of the page\nlogsource: {{product: test}}\n{head}detection: {detection(text)}\n"


def value(given: object) -> object:
    """As parsers give it: a list as its JSON text."""
    return json.dumps(given) if isinstance(given, list) else given


@pytest.mark.parametrize(("what", "selection", "event", "matches"), lines(4))
@pytest.mark.parametrize("few", [0, 1000], ids=["columns", "rows"])
def test_matches_as_the_page_says(what: str, selection: str, event: str, matches: str, few: int) -> None:
    ruleset = read([("r.yml", rule(selection))])
    assert ruleset.refused == (), what
    batch = events([{"other": "1", **{name: value(given) for name, given in json.loads(event).items()}}])
    assert ("yes" if match(ruleset, batch, few).height else "no") == matches, what


@pytest.mark.parametrize(("what", "text"), lines(2))
def test_is_refused_as_the_page_says(what: str, text: str) -> None:
    ruleset = read([("r.yml", rule(text))])
    assert ruleset.rules == (), what
    assert ruleset.refused[0].reason


def test_the_page_is_whole() -> None:
    assert len(lines(4)) > 50
    assert len(lines(2)) > 5
