"""What queries mean: every example of docs/reference/query.md on a table of events, and every mistake with its column."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from vedette.model.fields import dtype
from vedette.model.query import EVERYTHING, QueryError, Rows, Search, Summary, bounds
from vedette.search import ALERTS, EVENTS, INCIDENTS, expression, read, search

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "query.md"
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)

ROWS = [
    {"user.name": "root", "event.outcome": "failure", "source.ip": "203.0.113.7", "destination.port": 22},
    {"user.name": "Root", "event.outcome": "success", "source.ip": "203.0.114.7", "destination.port": 3389},
    {"user.name": "admin", "event.outcome": "success", "source.ip": "2001:db8::7", "destination.port": 2222},
    {"user.name": "admin", "event.outcome": "failure", "source.ip": "2001:db9::7"},
    {"user.name": "roger", "process.command_line": "certutil -urlcache"},
    {"process.command_line": "x & CertUtil.exe", "process.executable": r"C:\Windows\System32\cmd.exe"},
    {"process.command_line": "wget  http://198.51.100.9/x", "process.executable": r"C:\Tools\mycmd.exe"},
    {"process.command_line": "WGET http://198.51.100.9/x", "EventID": "4625"},
    {"EventID": "460", "url.path": "/admin", "url.query": "id=*"},
    {"url.path": "/admin/", "url.query": "id=1"},
    {"event.original": "web1 sshd: Failed password for invalid user x", "message": "Failed password for invalid user x"},
    {"event.original": "the password failed", "@timestamp": NOW - timedelta(minutes=5)},
    {"message": "from port 22", "@timestamp": NOW - timedelta(days=1)},
]  # fmt: skip
NAMES = list(dict.fromkeys(name for row in ROWS for name in row))
FRAME = pl.DataFrame(
    [{name: row.get(name) for name in NAMES} for row in ROWS], schema={name: dtype(name) for name in NAMES}
)

EXAMPLES = {
    "user.name:root": [0, 1],
    'user.name:"root"': [0],
    "process.command_line:*certutil*": [4, 5],
    r"process.executable:*\cmd.exe": [5],
    r"url.query:id=\*": [8],
    "user.name:*": [0, 1, 2, 3, 4],
    "not user.name:*": [5, 6, 7, 8, 9, 10, 11, 12],
    "source.ip:203.0.113.7": [0],
    "source.ip:203.0.113.0/24": [0],
    "source.ip:2001:db8::/32": [2],
    "destination.port:22": [0],
    "destination.port >= 1024": [1, 2],
    "EventID >= 4600": [7],
    "destination.port:(22 or 3389)": [0, 1],
    "user.name:(r* and not root)": [4],
    r"process.command_line:/(wget|curl)\s+http/": [6],
    "url.path:/admin": [8],
    'url.path:"/admin/"': [9],
    "@timestamp >= now-1h": [11],
    "@timestamp:2026-02-01": [11],
    "failed": [10, 11],
    "failed password": [10, 11],
    '"Failed password"': [10],
    "inva*user": [10],
    r"/port \d+/": [],
    r"/port\s\d+/": [12],
    "source.ip:203.0.113.0/24 and user.name:root and not event.outcome:success": [0],
    "user.name:root or user.name:admin and event.outcome:success": [0, 1, 2],
    "(user.name:root or user.name:admin) and event.outcome:success": [1, 2],
}
SECOND = timedelta(seconds=1)
SUMMARIES = {
    "event.outcome:failure | count": Summary(),
    "event.outcome:failure | count by source.ip top 10": Summary(by=("source.ip",), first=10),
    "event.outcome:failure | count by user.name, host.name having > 5": Summary(by=("user.name", "host.name"), having=(">", 5)),
    "| count by process.executable bottom 20": Summary(by=("process.executable",), first=20, least=True),
    "event.outcome:failure | distinct user.name by source.ip": Summary("distinct", "user.name", ("source.ip",)),
    "event.category:network | sum network.bytes by host.name": Summary("sum", "network.bytes", ("host.name",)),
    "event.outcome:failure | count per 1h": Summary(every=3600 * SECOND),
    "event.outcome:failure | count per 1d by user.name top 3": Summary(by=("user.name",), every=86400 * SECOND, first=3),
    "@timestamp >= now-1d | count compare now-2d to now-1d": Summary(compare=(NOW - timedelta(2), NOW - timedelta(1))),
    "user.name:root | newest 1": Rows(1),
}
MORE = {
    "": list(range(13)),
    "source.ip:::ffff:203.0.113.7": [0],
    "source.ip:2001:DB8:0::7": [2],
    "source.ip:203.0.112.0/23": [0],
    "source.ip:0.0.0.0/0": [0, 1],
    "source.ip:::/0": [2, 3],
    "NOT user.name:* AND message:*": [10, 12],
    "user.name : root": [0, 1],
    "user.name:ro?t": [0, 1],
    "user.name:RO*": [0, 1, 4],
    'url.query:"id=*"': [8],
    "destination.port<=22": [0],
    "EventID:4625": [7],
    "eventid:4625": QueryError,
    "@timestamp < 2026-02-01": [12],
    "@timestamp:2026-02-01T11:55": [11],
    "@timestamp:2026-01-31T13:00+01:00": [12],
    '"or"': [10, 11, 12],
    "not (user.name:* or message:*)": [5, 6, 7, 8, 9, 11],
    "not not user.name:admin": [2, 3],
    "/[Ff]ailed/": [10, 11],
    '"Neuer Wert":x': [],
}


def found(query, native=("EventID",)):
    where = expression(read(query, EVENTS, NOW, native))
    lacking = [] if where is None else set(where.meta.root_names()) - set(FRAME.columns)
    frame = FRAME.with_row_index("row").with_columns(pl.lit(None, dtype(name)).alias(name) for name in lacking)
    return (frame if where is None else frame.filter(where))["row"].to_list()


def test_the_page_and_the_examples_are_the_same():
    shown = re.findall(r"^\| `(.+?)` \|", PAGE.read_text("utf-8"), re.M)
    assert [query.replace("\\|", "|") for query in shown] == [*EXAMPLES, *SUMMARIES]


@pytest.mark.parametrize("query", [*EXAMPLES, *(query for query, rows in MORE.items() if rows is not QueryError)])
def test_finds(query):
    assert found(query) == {**EXAMPLES, **MORE}[query]


@pytest.mark.parametrize("query", SUMMARIES)
def test_sums_up(query):
    before = query.partition("|")[0]
    assert search(query, EVENTS, NOW) == Search(read(before, EVENTS, NOW), SUMMARIES[query])


def test_a_summary_is_read_in_any_order_and_case():
    whole = "| COUNT top 3 compare 2026-01-31T10:00:00Z to 2026-01-31T10:00:01+00:00 having >=2 BY user.name per 15m"
    at = datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert search(whole, EVENTS, NOW).then == Summary(
        by=("user.name",), every=900 * SECOND, first=3, having=(">=", 2), compare=(at, at + SECOND)
    )
    both = Summary(by=("user.name", "host.name"))
    for fields in ("user.name,host.name", "user.name ,host.name", "user.name , host.name", 'user.name, "host.name"'):
        assert search(f"| count by {fields}", EVENTS, NOW).then == both
    assert search("| oldest 2", EVENTS, NOW) == Search(EVERYTHING, Rows(2, newest=False))
    assert search('"|" and (a | b)', EVENTS, NOW).then is None


WRONG_SUMMARIES = {
    "a | count top 5": (16, "by source.ip"), "|": (2, "count"), "| x": (3, "count"), "| sum user.name": (7, "network.bytes"),
    "| distinct": (11, "source.ip"), "| count by": (11, "source.ip"), "| count by usr.name": (12, "user.name"),
    "| count by a,b,c,d": (12, ""), "| count by source.ip by user.name": (22, "one"), "| count per 5s": (13, "1h"),
    "| count per 0h": (13, "1h"), "| count by a top 0": (18, "10,000"), "| count by a top 10001": (18, "10,000"),
    "| count by a top ten": (18, "10,000"), "| count by a having 5": (21, "> 5"), "| count compare now-1h to now-2h": (27, ""),
    "| count compare now-1h": (23, "now-2d"), "| newest 5 by a": (12, "leave"), "| count | count": (9, "by"),
    "| count per 1h top 3": (21, "by source.ip"),
}  # fmt: skip


@pytest.mark.parametrize("query", WRONG_SUMMARIES)
def test_a_wrong_summary_is_told_with_its_column(query):
    with pytest.raises(QueryError) as error:
        search(query, EVENTS, NOW)
    assert (error.value.column, WRONG_SUMMARIES[query][1] in error.value.fix) == (WRONG_SUMMARIES[query][0], True), error.value


def test_lists_of_records_take_no_summary():
    with pytest.raises(QueryError, match="a summary stands here") as error:
        read("a | count", EVENTS, NOW)
    assert error.value.column == 3


MISTAKES = {
    "usr.name:x": (1, "user.name"),
    "root and sourceip:1": (10, "source.ip"),
    "port:22": (1, "source.port or destination.port"),
    "eventid:4625": (1, "EventID"),
    "process.title:x": (1, "quote it"),
    "2001:db8::1": (1, "quote it"),
    "user.name=root": (1, "user.name:VALUE"),
    "source.ip != 192.0.2.1": (1, "not source.ip:VALUE"),
    "a and": (6, "write what to look for"),
    "or a": (1, '"or"'),
    "(a": (1, ")"),
    "a)": (2, "leave it out"),
    "user.name:": (11, "user.name:*"),
    "(user.name:)": (12, "user.name:*"),
    "user.name:and": (11, '"and"'),
    "user.name:()": (12, ""),
    "destination.port:ssh": (18, "destination.port:22"),
    "destination.port:22.5": (18, ""),
    "destination.port:99999999999999999999": (18, ""),
    "event.count >= (1 or 2)": (16, "one value"),
    "user.name >= 3": (14, "user.name:3"),
    "@timestamp:yesterday": (12, "now-1h"),
    "@timestamp:2026-13-01": (12, "now-1h"),
    "@timestamp:now": (12, "@timestamp >= now"),
    "@timestamp < now-9999999w": (14, "now-1h"),
    "@timestamp:9999-12-31 and @timestamp:x": (38, "now-1h"),
    '"x': (1, 'write "'),
    '""': (1, ""),
    "*": (1, "field:*"),
    "/(?=a)/": (1, "look-around"),
    r"user.name:/(a)\1/": (11, ""),
    "/a/:x": (1, ""),
    ": x": (1, ""),
    "<=": (1, ""),
}


@pytest.mark.parametrize("query", MISTAKES)
def test_mistakes_are_told_with_their_column(query):
    with pytest.raises(QueryError) as error:
        read(query, EVENTS, NOW, ("EventID",))
    column, fix = MISTAKES[query]
    assert error.value.column == column
    assert fix in error.value.fix
    assert error.value.fix


def test_levels_have_an_order_and_closed_schemas_no_native_fields():
    assert read("rule.level >= HIGH", ALERTS, NOW).value == "high"
    for query, schema in (("rule.level:severe", ALERTS), ("state:open", INCIDENTS), ("CommandLine:x", ALERTS)):
        with pytest.raises(QueryError):
            read(query, schema, NOW)
    assert read("score > 1.5", INCIDENTS, NOW).value == 1.5


def test_bounds_are_those_that_hold_for_every_row():
    hour = NOW - timedelta(hours=1)
    for query, expected in {
        "@timestamp >= now-1h": (hour, None),
        "root and (@timestamp >= now-1h and @timestamp < now)": (hour, NOW),
        "@timestamp:2026-02-01": (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)),
        "@timestamp >= now-1h or root": (None, None),
        "not @timestamp >= now-1h": (None, None),
        "root": (None, None),
        "": (None, None),
    }.items():
        assert bounds(read(query, EVENTS, NOW), "@timestamp") == expected, query
    assert read("  ", EVENTS, NOW) == EVERYTHING
