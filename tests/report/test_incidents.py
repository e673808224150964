"""A report that says it tells of alerts alone is given no incidents: it has no use for them. The others have."""

import pytest

from tests.store.made import alert, incident
from vedette import registry
from vedette.model.findings import Findings, Summary


@pytest.mark.parametrize("name", registry.names("report"))
def test_incidents_are_asked_for_where_they_are_shown(name: str) -> None:
    report = registry.load("report", name)
    alerts, summary = [alert("203.0.113.7")], Summary()
    without, told = ("".join(report.render(Findings(alerts, some, summary))) for some in ([], [incident("a")]))
    assert (without != told) == getattr(report, "INCIDENTS", True)
