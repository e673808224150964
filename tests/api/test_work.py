"""Alerts, incidents, events and blocking over HTTP, on a store that an agent filled."""

import json
import time
from datetime import datetime, timedelta

import msgspec
import polars as pl
import pytest

from tests.store.made import NOW, action, alert, incident
from vedette.api import routes
from vedette.api.pages import cursor
from vedette.model.incident import Change
from vedette.model.records import Events, Logsource
from vedette.model.stored import Answer, Batch, Commit
from vedette.store import store
from vedette.store.store import LocalStore, open_store

V1 = "/api/v1"


def logins(count: int) -> Batch:
    frame = pl.DataFrame(
        {
            "line": range(count),
            "@timestamp": [NOW + timedelta(seconds=n // 3) for n in range(count)],
            "event.id": [f"e{n}" for n in range(count)],
            "event.original": [f"<script>alert({n})</script>" for n in range(count)],
            "user.name": ["root" if n % 2 else "admin" for n in range(count)],
            "source.ip": ["203.0.113.7"] * count,
            "EventID": [str(4624 + n % 2) for n in range(count)],
        },
        schema_overrides={"@timestamp": pl.Datetime("us", "UTC"), "line": pl.Int64()},
    )
    return Batch("s1", "s1", None, {"at": count}, {}, (Events(Logsource(product="linux"), frame),))


@pytest.fixture
def filled(service):
    made = [alert(f"203.0.113.{n % 3}", first=n, id=f"a{n:05}", level="high" if n % 2 else "low", count=n + 1) for n in range(30)]
    seen = incident("i1", alerts=tuple(made[:3]), title="Guesses")
    actions = [action("act1", "203.0.113.7/32"), action("over", "203.0.113.9/32", until=NOW - timedelta(hours=1))]
    _commit(service, Commit(batches=[logins(20)], alerts=made, incidents=[seen, incident("i2", score=10.0)], actions=actions))
    return service


def _commit(service, commit: Commit) -> None:
    with open_store(service.store.directory) as agent:
        agent.commit(commit, NOW)


def all_of(client, path: str, **query) -> list:
    items, after = [], None
    for _ in range(100):
        page = client.get(path, params={**query, **({"after": after} if after else {})})
        assert page.status_code == 200, page.text
        items += page.json()["items"]
        after = page.json()["next"]
        if after is None:
            return items
    raise AssertionError("no end")


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({}, 30), ({"q": "rule.level:high"}, 15), ({"level": "high"}, 15), ({"q": "source.ip:203.0.113.1"}, 10),
        ({"since": "2026-02-01T13:00:10+01:00"}, 20), ({"until": "2026-02-01T12:00:10Z"}, 10), ({"q": "alert.state:resolved"}, 0),
        ({"q": "incident.id:i1"}, 3),
    ],
)  # fmt: skip
def test_alerts_by_every_filter(filled, query, number) -> None:
    client = filled.keyed("viewer")
    page = client.get(f"{V1}/alerts", params=query).json()
    assert (len(page["items"]), page["total"]) == (number, number)
    facets = client.get(f"{V1}/alerts/facets", params=query).json()
    assert sum(each["count"] for each in facets["rule.level"]) == number


@pytest.mark.parametrize("sort", ["last_seen", "-last_seen", "first_seen", "level", "-level", "count", "-count"])
def test_pages_of_alerts_hold_each_once(filled, sort) -> None:
    found = [each["alert"]["alert.id"] for each in all_of(filled.keyed("viewer"), f"{V1}/alerts", sort=sort, limit=7)]
    assert sorted(found) == [f"a{n:05}" for n in range(30)]


def test_one_alert_is_worked_on(filled) -> None:
    client = filled.keyed("analyst")
    got = client.get(f"{V1}/alerts/a00003")
    tag = got.headers["ETag"]
    assert client.get(f"{V1}/alerts/a00003", headers={"If-None-Match": tag}).status_code == 304
    put = client.put(f"{V1}/alerts/a00003/status", json={"state": "acknowledged", "why": "looking"}, headers={"If-Match": tag})
    assert put.json()["triaged"]["state"] == "acknowledged"
    late = client.put(f"{V1}/alerts/a00003/status", json={"state": "resolved", "why": "x"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert client.post(f"{V1}/alerts/a00003/notes", json={"text": "mine"}).status_code == 201
    whole = client.get(f"{V1}/alerts/a00003").json()
    assert [(h["who"], h["from"], h["to"], h["why"]) for h in whole["history"]] == [("analyst", "new", "acknowledged", "looking")]
    assert whole["notes"][0]["text"] == "mine"
    assert client.get(f"{V1}/alerts/nobody").status_code == 404
    for body in ({"why": "x"}, {"state": "open", "why": "x"}, {"state": "resolved", "why": " "}, {"state": "resolved"}):
        assert client.put(f"{V1}/alerts/a00003/status", json=body).status_code == 422, body
    assert filled.keyed("viewer").put(f"{V1}/alerts/a00003/status", json={"state": "resolved", "why": "x"}).status_code == 403


def test_ten_thousand_in_bulk(filled) -> None:
    _commit(filled, Commit(alerts=[alert(f"198.51.100.{n % 200}", id=f"b{n}", rule_id="noise") for n in range(10_000)]))
    client = filled.keyed("analyst")
    done = client.post(f"{V1}/alerts/bulk", json={"q": "rule.id:noise", "state": "false-positive", "why": "our scanner"})
    assert done.json() == {"changed": 10_000, "job": None}
    assert client.get(f"{V1}/alerts", params={"q": "alert.state:false-positive"}).json()["total"] == 10_000
    ids = [f"b{n}" for n in range(5000)]
    again = client.post(f"{V1}/alerts/bulk", json={"ids": ids, "assignee": "ann", "why": "hers"})
    assert again.json() == {"changed": 5000, "job": None}
    for body in ({"state": "resolved", "why": "x"}, {"state": "resolved", "why": "x", "ids": ["a"], "q": ""}, {"q": "", "why": "x"}):
        assert client.post(f"{V1}/alerts/bulk", json=body).status_code == 422, body


def test_more_are_changed_by_a_job_in_parts(filled, monkeypatch) -> None:
    monkeypatch.setattr(routes.alerts, "MANY", 100)
    monkeypatch.setattr(store, "PART", 60)
    _commit(filled, Commit(alerts=[alert(f"198.51.100.{n % 200}", id=f"b{n}", rule_id="noise") for n in range(200)]))
    client = filled.keyed("analyst")
    answer = client.post(f"{V1}/alerts/bulk", json={"q": "rule.id:noise", "state": "acknowledged", "why": "our scanner"})
    assert (answer.status_code, answer.json()["changed"], answer.json()["job"]["about"]) == (202, 0, "200 alerts")
    job = _over(client, answer.json()["job"]["id"])
    assert (job["state"], job["percent"], job["result"], job["error"]) == ("done", 100, "200", "")
    assert client.get(f"{V1}/alerts", params={"q": "alert.state:acknowledged"}).json()["total"] == 200
    told = filled.keyed("admin").get(f"{V1}/audit").json()["items"]
    assert ("alerts changed", "analyst", "200 alerts", "to acknowledged: our scanner") in [
        (entry["what"], entry["who"], entry["subject"], entry["detail"]) for entry in told
    ]


def test_a_cancelled_change_keeps_whole_parts_and_nothing_else(filled, monkeypatch) -> None:
    """Cancelled before its second part, as an end of the process would."""
    monkeypatch.setattr(routes.alerts, "MANY", 10)
    monkeypatch.setattr(store, "PART", 50)
    _commit(filled, Commit(alerts=[alert(f"198.51.100.{n % 200}", id=f"b{n}", rule_id="noise") for n in range(200)]))
    jobs = filled.app.state.place.jobs
    monkeypatch.setattr(store, "YIELD", 0.0)
    triage = LocalStore.triage

    def second_part_is_cancelled(self, query, now, *, told=None, **change):
        def asked(share: float) -> None:
            if share > 0:
                jobs.cancel(jobs.all()[0].id)
            told(share)

        return triage(self, query, now, told=asked, **change)

    monkeypatch.setattr(LocalStore, "triage", second_part_is_cancelled)
    client = filled.keyed("analyst")
    answer = client.post(f"{V1}/alerts/bulk", json={"q": "rule.id:noise", "state": "acknowledged", "why": "our scanner"})
    assert _over(client, answer.json()["job"]["id"])["state"] == "cancelled"
    total = client.get(f"{V1}/alerts", params={"q": "alert.state:acknowledged"}).json()["total"]
    assert 0 < total <= 50
    jobs.close()
    assert client.post(f"{V1}/alerts/bulk", json={"q": "rule.id:noise", "state": "resolved", "why": "x"}).status_code >= 500


def _over(client, job: str) -> dict:
    for _ in range(600):
        found = client.get(f"{V1}/jobs/{job}").json()
        if found["state"] not in ("waiting", "running"):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_mistake_in_a_query_has_its_column(filled) -> None:
    client = filled.keyed("viewer")
    wrong = {"/alerts": "rule.levle:high", "/events/search": "usr.name:x", "/incidents": "scroe > 1", "/events/histogram": "(a"}
    for path, query in wrong.items():
        told = client.get(V1 + path, params={"q": query})
        assert (told.status_code, told.json()["column"], told.json()["code"]) == (422, 1, "query")
        assert told.json()["fix"]
    assert client.get(f"{V1}/alerts", params={"after": "WzFd"}).status_code == 422
    assert client.get(f"{V1}/alerts", params={"sort": "-score"}).status_code == 422
    assert client.get(f"{V1}/incidents", params={"sort": "count"}).status_code == 422


def test_incidents_are_read_and_assigned(filled) -> None:
    client = filled.keyed("analyst")
    assert [each["id"] for each in all_of(client, f"{V1}/incidents", sort="-score", limit=1)] == ["i1", "i2"]
    assert [each["id"] for each in all_of(client, f"{V1}/incidents", q="guesses and score > 20")] == ["i1"]
    assert client.put(f"{V1}/incidents/i1/assignee", json={"assignee": "ann"}).json()["assignee"] == "ann"
    assert client.post(f"{V1}/incidents/i1/notes", json={"text": "x"}).json()[0]["who"] == "analyst"
    whole = client.get(f"{V1}/incidents/i1").json()
    assert [change["why"] for change in whole["history"]] == ["first alert", "assigned to ann"]
    assert client.get(f"{V1}/incidents/i3").status_code == 404
    waits = client.put(f"{V1}/incidents/i1/state", json={"state": "resolved", "why": "done"})
    assert (waits.status_code, waits.json()["code"]) == (202, "waiting")
    (asked,) = filled.store.requests()
    assert (asked.kind, asked.who, asked.payload) == ("change incident", "analyst", {"incident.id": "i1", "to": "resolved", "why": "done"})
    assert client.put(f"{V1}/incidents/i1/state", json={"state": "new", "why": "x"}).status_code == 409


def test_events_page_by_page(filled) -> None:
    client = filled.keyed("viewer")
    for limit in (1, 4, 7, 100):
        found = [each["event.id"] for each in all_of(client, f"{V1}/events/search", limit=limit)]
        assert sorted(found) == sorted(f"e{n}" for n in range(20)), limit
    some = all_of(client, f"{V1}/events/search", q="EventID:4624 and user.name:admin", fields=["user.name"], limit=3)
    assert len(some) == 10
    assert set(some[0]) == {"@timestamp", "event.id", "user.name"}
    assert all_of(client, f"{V1}/events/search", q="@timestamp < 2026-02-01T12:00:01Z") != []
    assert len(all_of(client, f"{V1}/events/search", since="2026-02-01T12:00:06Z")) == 2
    counts = client.get(f"{V1}/events/histogram", params={"q": "user.name:root", "buckets": 3}).json()
    assert (counts["total"], sum(each["count"] for each in counts["buckets"])) == (10, 10)
    assert len(counts["buckets"]) > 1


def test_a_tail_tells_what_was_read_since_once(filled) -> None:
    client = filled.keyed("viewer")
    begun = client.get(f"{V1}/events/tail").json()
    assert (begun["items"], begun["reset"]) == ([], False)
    frame = logins(4).events[0].frame.with_columns(pl.format("late{}", pl.col("line")).alias("event.id"))
    frame = frame.with_columns(pl.col("@timestamp") - timedelta(days=300))  # what is read late is new, too
    batch = Batch("s2", "s2", None, {"at": 4}, {}, (Events(Logsource(product="linux"), frame),))
    _commit(filled, Commit(batches=[batch]))
    asked = {"after": begun["sequence"], "q": "user.name:root"}
    told = client.get(f"{V1}/events/tail", params=asked).json()
    assert [each["event.id"] for each in told["items"]] == ["late1", "late3"]
    assert (told["more"], told["sequence"] > begun["sequence"]) == (0, True)
    assert client.get(f"{V1}/events/tail", params={"after": told["sequence"]}).json()["items"] == []
    assert client.get(f"{V1}/events/tail", params={"after": told["sequence"] + 5}).json()["reset"] is True
    assert client.get(f"{V1}/events/tail", params={"q": "url.path:x", "after": begun["sequence"]}).json()["items"] == []


def test_events_as_files(filled) -> None:
    import csv
    import io

    formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", 'a,"b"', "plain"]
    batch = logins(len(formulas))
    frame = batch.events[0].frame.with_columns(pl.Series("user.name", formulas), pl.format("f{}", pl.col("line")).alias("event.id"))
    _commit(filled, Commit(batches=[Batch("s3", "s3", None, {"at": 1}, {}, (Events(Logsource(product="linux"), frame),))]))
    client = filled.keyed("viewer")
    got = client.get(f"{V1}/events/export", params={"fields": ["user.name"], "q": "event.id:f*"})
    assert (got.headers["content-type"], got.headers["vedette-more"]) == ("text/csv; charset=utf-8", "false")
    assert "attachment" in got.headers["content-disposition"]
    head, *rows = list(csv.reader(io.StringIO(got.text, newline="")))
    assert head == ["timestamp", "user.name"]
    assert sorted(cell for _, cell in rows) == sorted([*(f"'{each}" for each in formulas[:8]), *formulas[8:]])
    lines = client.get(f"{V1}/events/export", params={"format": "jsonl"}).text.splitlines()
    assert len(lines) == 30
    assert {"@timestamp", "event.original"} <= set(json.loads(lines[0]))
    assert client.get(f"{V1}/events/export", params={"q": "usr.name:x"}).status_code == 422
    assert client.get(f"{V1}/events/export", params={"format": "xls"}).status_code == 422


def test_a_cursor_that_skips_a_million_events_reads_none_of_them_whole(filled, monkeypatch) -> None:
    whole = []
    events = filled.store.events

    def asked(query):
        whole.append(query.limit if query.columns is None else 0)
        return events(query)

    monkeypatch.setattr(filled.store, "events", asked)
    client = filled.keyed("viewer")
    newest = client.get(f"{V1}/events/search", params={"limit": 1}).json()["items"][0]
    at = int(datetime.fromisoformat(newest["@timestamp"]).timestamp() * 10**6)
    assert client.get(f"{V1}/events/search", params={"limit": 1, "after": cursor(at, 1_000_000)}).json()["items"] == []
    assert max(whole) <= 2


def test_pages_behind_many_events_of_one_time_hold_each_once_in_order(filled, monkeypatch) -> None:
    monkeypatch.setattr("vedette.api.routes.events.FEW", 0)
    client = filled.keyed("viewer")
    whole = [each["event.id"] for each in client.get(f"{V1}/events/search").json()["items"]]
    assert len(whole) == 20
    for query in ({}, {"fields": ["user.name"]}):
        assert [each["event.id"] for each in all_of(client, f"{V1}/events/search", limit="1", **query)] == whole


def test_completion_and_kept_searches(filled) -> None:
    client = filled.keyed("analyst")
    values = client.get(f"{V1}/search/complete", params={"q": "user.name:ro", "cursor": 12}).json()
    assert [each["text"] for each in values["choices"]] == ["root"]
    fields = client.get(f"{V1}/search/complete", params={"q": "Event", "cursor": 5}).json()["choices"]
    assert "EventID:" in [each["text"] for each in fields]
    rules = client.get(f"{V1}/search/complete", params={"q": "rule.id:", "about": "alerts"}).json()["choices"]
    assert [each["text"] for each in rules] == ["brute-force"]
    kept = client.post(f"{V1}/searches", json={"name": "roots", "query": "user.name:root"})
    assert kept.status_code == 201
    assert client.post(f"{V1}/searches", json={"name": "bad", "query": "usr.name:root"}).status_code == 422
    assert [each["name"] for each in client.get(f"{V1}/searches").json()] == ["roots"]
    assert client.delete(f"{V1}/searches/{kept.json()['id']}").status_code == 204
    assert client.delete(f"{V1}/searches/{kept.json()['id']}").status_code == 404


def test_blocking_is_the_agents(filled, monkeypatch) -> None:
    client = filled.keyed("responder")
    assert [each["action.id"] for each in client.get(f"{V1}/blocklist").json()["items"]] == ["act1"]
    assert len(client.get(f"{V1}/blocklist", params={"over": True}).json()["items"]) == 2
    assert client.get(f"{V1}/blocklist", params={"network": "203.0.113.8"}).json()["items"] == []
    preview = client.post(f"{V1}/blocklist/preview", json={"network": "2001:db8:0:1::5", "why": "x", "seconds": 60}).json()
    assert preview["network"] == "2001:db8:0:1::/64"
    assert preview["lines"] == ["add element inet vedette drop6_64 { 2001:db8:0:1:: timeout 60s }"]
    never = client.post(f"{V1}/blocklist/preview", json={"network": "127.0.0.1", "why": "x"}).json()
    assert (never["lines"], len(never["never"]) > 0) == ([], True)
    asked = client.post(f"{V1}/blocklist", json={"network": "203.0.113.8", "why": "scans"})
    assert asked.status_code == 202
    lifted = msgspec.to_builtins(action("act1", "203.0.113.7/32", lifted=NOW))
    monkeypatch.setattr("vedette.api.place.read", lambda _directory: {"running": True})
    monkeypatch.setattr("vedette.api.place.awaited", lambda _store, request, _wait: Answer(request, done={"actions": [lifted]}))
    undone = client.delete(f"{V1}/blocklist/act1", params={"why": "ours"})
    assert (undone.status_code, undone.json()[0]["action.id"]) == (200, "act1")
    assert client.delete(f"{V1}/blocklist/over", params={"why": "ours"}).status_code == 409
    assert client.delete(f"{V1}/blocklist/none", params={"why": "ours"}).status_code == 404
    for network, status in (("203.0.113.7", 200), ("203.0.113.9", 404), ("203.0.113.0/24", 404), ("x y", 409)):
        assert client.delete(f"{V1}/blocklist", params={"network": network, "why": "ours"}).status_code == status, network
    assert client.delete(f"{V1}/blocklist", params={"network": "203.0.113.7"}).status_code == 422
    for body in ({"network": "0.0.0.0/0", "why": "x"}, {"network": "x y", "why": "x"}):
        assert 400 <= client.post(f"{V1}/blocklist", json=body).status_code < 500
    for path, body in (("/blocklist", {"network": "203.0.113.8", "why": "x"}), ("/allowlist", {"network": "203.0.113.8", "why": "x"})):
        assert filled.keyed("analyst").post(V1 + path, json=body).status_code == 403
    assert any(each["network"].startswith("127.") for each in client.get(f"{V1}/allowlist").json())


async def _listen(live, after, turns):
    left = [turns]

    async def gone():
        left[0] -= 1
        return left[0] < 0

    async def may():
        return True

    return [line async for line in live.listen(after, gone, may)]


def test_news_come_once_and_go_on_where_a_client_was(filled) -> None:
    import asyncio

    from vedette.api.live import Live

    live = Live(filled.store, every=0)
    (hello,) = asyncio.run(_listen(live, None, 3))
    begin = int(hello.split(b"\n")[0].removeprefix(b"id: "))
    _commit(filled, Commit(alerts=[alert("203.0.113.77", id="fresh")], actions=[action("fresh", "203.0.113.77/32")]))
    change = Change(at=NOW, who="ann", before="new", to="acknowledged", why="x")
    _commit(filled, Commit(incidents=[incident("i2", state="acknowledged", history=(change,))]))
    told = asyncio.run(_listen(Live(filled.store, every=0), begin, 3))
    names = [each.split(b"\n")[1].decode() for each in told]
    assert names == ["event: incidents", "event: alerts", "event: actions"]
    assert json.loads(told[1].split(b"data: ")[1])[0]["id"] == "fresh"
    last = int(told[-1].split(b"\n")[0].removeprefix(b"id: "))
    assert asyncio.run(_listen(Live(filled.store, every=0), last, 3)) == []
    (reset,) = asyncio.run(_listen(Live(filled.store, every=0), last + 10**6, 2))
    assert b"event: reset" in reset
    assert asyncio.run(_listen(Live(filled.store, every=0), last - 1, 2)) != []
