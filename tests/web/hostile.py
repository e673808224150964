"""A store in which everything that a log, a rule or a person can say is a script. Each payload calls canary(N), N its number.

The fields of our schema are filled with them as they are; a log of JSON, whose keys and values keep their own names, goes the
way of every log, through reading and parsing.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import yaml

from tests.store.made import action, alert, incident
from vedette.collect.read import Reading
from vedette.config.tree import Tree
from vedette.model.alert import Evidence
from vedette.model.incident import Change, Seen, Step
from vedette.model.records import Events, Logsource, RecordBatch
from vedette.model.stored import AlertQuery, Batch, Commit
from vedette.parse.context import Context
from vedette.parse.dispatch import parse
from vedette.runtime.own_rules import save
from vedette.runtime.rules import EXCEPTIONS, OWN
from vedette.store.store import open_store

NOW = datetime.now(UTC).replace(microsecond=0)
SCRIPTS = (
    "<script>canary(N)</script>", "<img src=x onerror=canary(N)>", "<svg onload=canary(N)>", "<body onload=canary(N)>",
    "<iframe srcdoc='<script>parent.canary(N)</script>'>", "<input autofocus onfocus=canary(N)>", "<details open ontoggle=canary(N)>",
    "<a href=javascript:canary(N) autofocus>x</a>", "javascript:canary(N)", "<object data='data:text/html,<script>canary(N)</script>'>",
    "<svg><script href='data:,canary(N)'/></svg>", "<math><mtext><img src=x onerror=canary(N)></mtext></math>",
    "<style>@import 'javascript:canary(N)';</style>", "<base href='javascript:canary(N)//'>", "<video><source onerror=canary(N)></video>",
    "<template><script>canary(N)</script></template>", "<noscript><p title='</noscript><img src=x onerror=canary(N)>'>",
    "<meta http-equiv=refresh content='0;url=javascript:canary(N)'>", "<form action=javascript:canary(N)><button>x</button></form>",
    "{{constructor.constructor('canary(N)')()}}", "${canary(N)}", "<img src=`x` onerror=`canary(N)`>", "<x onpointerenter=canary(N)>x</x>",
    "<script src='data:text/javascript,canary(N)'></script>", "<link rel=import href='data:text/html,canary(N)'>",
)  # fmt: skip
AROUND = (
    "{}", "\">{}", "'>{}", "--></title></style></textarea></script>{}", "]]>{}", "\x00{}\u202e", "&lt;b&gt;{}", "\\\";{};//",
)  # fmt: skip
PAYLOADS = tuple(
    around.format(script).replace("N", str(i * len(AROUND) + j)) for i, script in enumerate(SCRIPTS) for j, around in enumerate(AROUND)
)
ONE = "203.0.113.66"


def fill(directory: Path) -> None:
    """Write the store; incident `hostile` holds them all, alert `hostile` has them all as evidence."""
    evidence = tuple(Evidence(f"e{n}", f"/var/log/{text}", n, text) for n, text in enumerate(PAYLOADS))
    every = alert(ONE, id="hostile", rule_id="hostile", rule_name=PAYLOADS[0], message=PAYLOADS[1], evidence=evidence, source_ip=ONE)
    alerts = [
        alert(
            ONE, first=n, id=f"a{n:03}", rule_id=f"r{n}", rule_name=text, message=text, user_name=text, host_name=text, source_ip=ONE,
            evidence=(evidence[n],), timestamp=NOW, first_seen=NOW, last_seen=NOW - timedelta(seconds=n),
        )
        for n, text in enumerate(PAYLOADS)
    ]  # fmt: skip
    story = tuple(
        Step(at=NOW, until=NOW, tactic="execution", level="high", count=1, text=text, alerts=(f"a{n:03}",), evidence=(evidence[n],))
        for n, text in enumerate(PAYLOADS)
    )
    seen = tuple(
        Seen(type=("host", "user", "process", "file", "domain")[n % 5], value=text, first_seen=NOW, last_seen=NOW)
        for n, text in enumerate(PAYLOADS)
    )
    history = (Change(at=NOW, who=PAYLOADS[2], before=None, to="new", why=PAYLOADS[3]),)
    whole = incident(
        "hostile", title=PAYLOADS[4], story=story, entities=seen, reasons=PAYLOADS[:20], alerts=tuple(alerts), history=history,
        first_seen=NOW, last_seen=NOW,
    )  # fmt: skip
    others = [incident(f"i{n}", title=text, first_seen=NOW, last_seen=NOW, history=history) for n, text in enumerate(PAYLOADS)]
    actions = [
        action(f"act{n}", f"203.0.113.{n}/32", reason=PAYLOADS[n], who=PAYLOADS[n + 20], at=NOW, until=NOW + timedelta(hours=1))
        for n in range(20)
    ]
    columns = ("event.original", "message", "user.name", "host.name", "process.name", "process.command_line", "file.path", "url.original",
               "url.path", "user_agent.original", "EventData")  # fmt: skip
    frame = pl.DataFrame(
        {"line": range(len(PAYLOADS)), "@timestamp": [NOW] * len(PAYLOADS), "event.id": [f"e{n}" for n in range(len(PAYLOADS))],
         "source.ip": [ONE] * len(PAYLOADS), **dict.fromkeys(columns, PAYLOADS)},
        schema_overrides={"@timestamp": pl.Datetime("us", "UTC"), "line": pl.Int64()},
    )  # fmt: skip
    batch = Batch("s", "s", None, {"at": 1}, {}, (Events(Logsource(product="linux"), frame),))
    with open_store(directory) as store:
        store.commit(Commit([batch, _documents(directory)], [every, *alerts], [whole, *others], actions=actions), NOW)
        for text in PAYLOADS:
            store.note("hostile", text, text[:100], NOW)
        store.accounts.add("admin", "admin", None, NOW)
        for n, text in enumerate(PAYLOADS):
            store.save_search(text[:90], "user.name:root", "events", text[:90], NOW)
            store.add_silence(text, NOW, NOW + timedelta(hours=1), NOW, who=text, why=text)
            store.triage(AlertQuery(ids=(f"a{n:03}",)), NOW, who=text, why=text, assignee=text[:200])
            store.assign(f"i{n}", text, NOW, who=text, why=text)
        for text in PAYLOADS[:90]:
            store.accounts.new_token("admin", text[:90], ["read"], NOW, None)
    _rules(Tree(data_dir=directory))


def _documents(directory: Path) -> Batch:
    """A log of JSON: one record in which every key is a script, and one for each script as a value, as a key inside of
    another, and in a list."""
    stamp = {"@timestamp": NOW.isoformat()}
    records: list[dict[str, object]] = [{**stamp, "kind": "keys", **{text: f"key {n}" for n, text in enumerate(PAYLOADS)}}]
    records += [{**stamp, "said": text, "in": {text: text}, "listed": [text, {text: text}], "user": text} for text in PAYLOADS]
    path = directory / "hostile.log"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    batches = [item for item in Reading([path]) if isinstance(item, RecordBatch)]
    events = tuple(events for batch in batches for events in parse(batch, {}, Context(NOW)).events)
    assert sum(each.frame.height for each in events) == len(records)
    return Batch("json", str(path), None, {"at": 1}, {}, events)


def _rules(tree: Tree) -> None:
    clean = [text.replace("\x00", " ") for text in PAYLOADS]  # YAML has no such character
    documents = [
        {
            "title": text, "id": f"r{n}", "description": text, "falsepositives": [text], "logsource": {"product": "linux"},
            "detection": {"sel": {"user.name": text}, "condition": "sel"},
        }
        for n, text in enumerate(clean)
    ]  # fmt: skip
    save(tree.data_dir / OWN / "hostile.yml", yaml.safe_dump_all(documents, allow_unicode=True), "\n".join(PAYLOADS))
    save(tree.data_dir / OWN / "broken.yml", "title: broken\ndetection: <script>canary(0)</script>\n", "")
    (tree.data_dir / EXCEPTIONS).mkdir()
    for n, text in enumerate(clean[:30]):
        document = {
            "title": text, "id": f"x{n}", "description": text, "author": text, "date": text[:40], "logsource": {"product": "linux"},
            "filter": {"rules": [f"r{n}"], "selection": {"user.name": text}, "condition": "not selection"},
        }
        (tree.data_dir / EXCEPTIONS / f"x{n}.yml").write_text(yaml.safe_dump(document, allow_unicode=True))
