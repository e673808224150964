"""Reports are made as jobs, downloaded, and hold what logs say as text in every form."""

import csv
import io
import threading
import time
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from tests.api.test_work import V1, _commit
from tests.store.made import NOW, alert, incident
from vedette.api.jobs import Jobs
from vedette.api.problem import Problem
from vedette.model.alert import Evidence
from vedette.model.incident import Change, Step
from vedette.model.stored import Commit

EVIL = (
    '<script>alert(1)</script><img src=x onerror=alert(2)> #eval("1") #panic() $x$ @ref *b* `raw` \u202e \x1b[31m '
    + "x" * 300
)
FORMULA = "=cmd|' /C calc'!A0"


@pytest.fixture
def filled(service):
    line = Evidence("e1", EVIL, 7, EVIL)
    made = [
        alert(
            f"203.0.113.{n}",
            first=n,
            id=f"a{n}",
            message=FORMULA,
            rule_name=EVIL,
            user_name=EVIL,
            host_name="+web1",
            evidence=(line,),
        )
        for n in range(5)
    ]
    step = Step(
        at=NOW,
        until=NOW,
        tactic="execution",
        techniques=("T1059",),
        level="high",
        count=3,
        text=EVIL,
        alerts=("a1",),
        evidence=(line,),
    )
    change = Change(at=NOW, who=EVIL, before=None, to="new", why=EVIL)
    whole = incident("i1", alerts=tuple(made), title=EVIL, story=(step,), reasons=(EVIL,), history=(change,))
    _commit(service, Commit(alerts=made, incidents=[whole, *[incident(f"n{n}", score=1.0) for n in range(30)]]))
    service.store.note("i1", EVIL, "ann", NOW)
    return service


def made(client, **asked) -> tuple[str, bytes]:
    """The name of a report and what it is, once its job is done."""
    begun = client.post(f"{V1}/reports/generate", json=asked)
    assert begun.status_code == 202, begun.text
    job = begun.json()
    end = time.monotonic() + 60
    while job["state"] in ("waiting", "running") and time.monotonic() < end:
        time.sleep(0.02)
        job = client.get(f"{V1}/jobs/{job['id']}").json()
    assert (job["state"], job["percent"], job["error"]) == ("done", 100, "")
    got = client.get(f"{V1}/reports/download/{job['result']}")
    assert got.headers["content-disposition"].startswith("attachment")
    return job["result"], got.content


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("about", [{"incident": "i1"}, {"hours": 24}])
def test_the_page_has_no_markup_of_a_log(filled, about) -> None:
    filled.later(minutes=1)
    _, data = made(filled.signed_in("analyst"), format="html", **about)
    tags = Tags()
    tags.feed(data.decode())
    assert tags.seen <= {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "span", "ul", "li",
                         "pre", "small",
                         "table", "thead", "tbody", "tr", "th", "td", "svg", "text", "rect"}  # fmt: skip
    assert not {name for name in tags.attributes if name.startswith("on") or name in ("src", "href")}
    text = data.decode()
    assert "&lt;script&gt;alert(1)" in text
    assert "\x1b" not in text
    if "hours" in about:
        assert "11 more incidents are counted above" in text


@pytest.mark.parametrize(
    "about", [{"incident": "i1"}, {"since": "2026-02-01T00:00:00Z", "until": "2026-02-02T00:00:00Z"}]
)
def test_the_pdf_is_made_of_text_that_nothing_evaluates(filled, about) -> None:
    name, data = made(filled.signed_in("analyst"), format="pdf", **about)
    assert name.endswith(".pdf")
    assert data.startswith(b"%PDF-")
    assert len(data) > 10_000
    assert b"/JavaScript" not in data


def test_cells_are_no_formulas_and_json_is_whole(filled) -> None:
    client = filled.signed_in("analyst")
    filled.later(minutes=1)
    rows = list(csv.DictReader(io.StringIO(made(client, format="csv", hours=24)[1].decode())))
    assert len(rows) == 5
    assert {(row["message"], row["host.name"]) for row in rows} == {("'" + FORMULA, "'+web1")}
    import json

    told = json.loads(made(client, format="json", hours=24)[1])
    assert (told["alerts_total"], len(told["alerts"]), len(told["incidents"]), told["left_out"]) == (5, 5, 20, 11)
    assert told["incidents"][0]["title"] == EVIL
    assert told["notes"]["i1"][0][2] == EVIL
    names = [each["name"] for each in client.get(f"{V1}/reports").json()]
    assert len(names) == 2
    assert client.delete(f"{V1}/reports/{names[0]}").status_code == 204
    assert [each["name"] for each in client.get(f"{V1}/reports").json()] == names[1:]
    viewer = filled.signed_in("viewer")
    assert viewer.get(f"{V1}/reports/download/{names[1]}").status_code == 200
    assert viewer.delete(f"{V1}/reports/{names[1]}").status_code == 403
    assert viewer.post(f"{V1}/reports/generate", json={"hours": 1}).status_code == 403


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 422), ({"incident": "i1", "hours": 1}, 422), ({"incident": "none"}, 404), ({"hours": 0}, 422),
        ({"format": "exe", "hours": 1}, 422),
        ({"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, 422), ({"since": "2027-02-01T00:00:00Z"}, 422),
        ({"until": "2026-02-01T00:00:00Z", "hours": 2}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_reported_is_refused(filled, asked, status) -> None:
    answer = filled.signed_in("analyst").post(f"{V1}/reports/generate", json=asked)
    assert (answer.status_code, bool(answer.json()["fix"])) == (status, True)


def test_only_reports_are_downloaded(filled) -> None:
    client = filled.signed_in("analyst")
    folder = filled.store.directory / "reports"
    folder.mkdir()
    (folder / "vedette-x.pdf").symlink_to("/etc/passwd")
    (folder / "secret.txt").write_text("no")
    for name in ("vedette-x.pdf", "secret.txt", "..%2fstate.db", "%2e%2e", "vedette-..pdf", "vedette-none.pdf"):
        assert client.get(f"{V1}/reports/download/{name}").status_code == 404, name
    assert client.get(f"{V1}/reports").json() == []


def test_a_job_says_how_far_it_is_and_is_cancelled() -> None:
    jobs, going, on = Jobs(), threading.Event(), threading.Event()

    def work(progress) -> str:
        progress(0.5)
        going.set()
        on.wait(10)
        progress(0.6)
        return "made"

    first = jobs.start("x", "y", "ann", NOW, work)
    assert going.wait(10)
    assert (jobs.one(first.id).state, jobs.one(first.id).percent) == ("running", 50)
    jobs.cancel(first.id)
    on.set()
    second = jobs.start("x", "y", "ann", NOW, lambda _: 1 / 0)
    third = jobs.start("x", "y", "ann", NOW, lambda progress: "z")
    end = time.monotonic() + 10
    while any(job.state in ("waiting", "running") for job in jobs.all()) and time.monotonic() < end:
        time.sleep(0.01)
    assert [jobs.one(each.id).state for each in (first, second, third)] == ["cancelled", "failed", "done"]
    assert "a fault of our own" in jobs.one(second.id).error
    assert jobs.cancel(third.id).state == "done"
    on.clear()
    for _ in range(20):
        jobs.start("x", "y", "ann", NOW + timedelta(1), lambda _: str(on.wait(10)))
    with pytest.raises(Problem, match="wait already"):
        jobs.start("x", "y", "ann", NOW, lambda _: "never")
    on.set()


def test_jobs_are_ended_by_who_began_them(filled) -> None:
    on = threading.Event()
    jobs = filled.app.state.place.jobs
    job = jobs.start("report", "x", "responder", NOW, lambda _: str(on.wait(10)))
    assert filled.signed_in("analyst").delete(f"{V1}/jobs/{job.id}").status_code == 403
    assert filled.signed_in("admin").delete(f"{V1}/jobs/{job.id}").status_code == 200
    on.set()
    assert filled.signed_in("viewer").get(f"{V1}/jobs/none").status_code == 404
