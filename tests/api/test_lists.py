"""Lists of indicators over HTTP."""

import pytest

from tests.api.test_work import V1
from vedette.config.load import parse
from vedette.runtime.lists import Lists

CONFIG = """
data_dir: {0}/data0
intel:
  feeds:
    - {{name: own, path: {0}/own.txt, weight: 60}}
    - {{name: gone, path: {0}/gone.txt, level: low}}
"""


@pytest.fixture
def service(make, tmp_path):
    (tmp_path / "own.txt").write_text("203.0.113.0/25 # farm\nevil.example\nnot one\n")
    intel = parse(CONFIG.format(tmp_path), "v.yaml", {}).intel
    made = make(intel=intel)
    Lists(intel, made.store.directory, lambda _event, _facts: None, lambda: made.now).turn()
    return made


def test_each_list_and_how_it_is(service) -> None:
    own, gone = service.keyed("viewer").get(f"{V1}/lists").json()
    assert (own["name"], own["indicators"], own["kinds"], own["refused"], own["weight"]) == ("own", 2, {"network": 1, "domain": 1}, 1, 60)
    assert (own["problem"], own["fetched"]) == ("", "2026-02-01T12:00:00Z")
    assert (gone["name"], gone["indicators"], gone["fetched"], gone["level"]) == ("gone", 0, None, "low")
    assert "No such file" in gone["problem"]


def test_what_lists_say_of_something(service) -> None:
    client = service.keyed("viewer")
    (found,) = client.get(f"{V1}/lists/find", params={"value": "203.0.113.77"}).json()
    assert found == {"list": "own", "kind": "network", "indicator": "203.0.113.0/25", "about": "farm", "until": None}
    assert client.get(f"{V1}/lists/find", params={"value": "www[.]evil[.]example"}).json()[0]["indicator"] == "evil.example"
    assert client.get(f"{V1}/lists/find", params={"value": "192.0.2.1"}).json() == []
    for wrong in ("what is this", "", "x" * 2001):
        assert client.get(f"{V1}/lists/find", params={"value": wrong}).status_code == 422
