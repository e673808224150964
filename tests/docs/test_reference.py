"""The reference pages say what the code says."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
GENERATE = runpy.run_path(str(DOCS / "generate.py"))


@pytest.mark.parametrize("name", sorted(GENERATE["PAGES"]))
def test_page_is_fresh(name):
    assert (DOCS / "reference" / f"{name}.md").read_text("utf-8") == GENERATE["render"](name), "run: make docs"


def test_every_page_is_generated():
    assert {p.stem for p in (DOCS / "reference").glob("*.md")} - {"alert", "incident", "query"} == set(GENERATE["PAGES"])
