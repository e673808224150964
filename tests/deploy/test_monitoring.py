"""Dashboard, alert rules and the table in the docs speak of metrics that the agent has."""

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from vedette.model.errors import VedetteError
from vedette.runtime.latency import BUCKETS, Latency
from vedette.runtime.metrics import families, serve

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text("utf-8"))
ALERTS = yaml.safe_load((ROOT / "deploy/prometheus-alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
NAMED = re.compile(r"\bvedette_[a-z_]+")


def facts():
    """As a busy agent says them."""
    latency = Latency()
    for seconds in (0.0004, 0.002, 0.002, 0.03, 60.0):
        latency.add(seconds)
    return {
        "version": "1", "records": 1234, "alerts": 5, "pending": 7, "blocked": "only 3 MiB free", "shed": {"groups": 3},
        "rules": {"run": 254, "refused": 1},
        "sources": {"var-log": {"fault": "", "lag_bytes": 4096}, "journal": {"fault": "gone"}},
        "network": {
            "interfaces": {"eth0": {"packets": 1_520_000, "bytes": 10**9, "drops": 12, "fault": ""},
                           'a"\\b': {"packets": 0, "bytes": 0, "drops": 0, "fault": "there is no interface of this name"}},
            "detections": {"network-port-scan": 2}, "shed": {}, "dead": False,
        },
        "lists": {"drop": {"indicators": 900, "problem": "", "age_seconds": 60.0},
                  "taxii": {"indicators": 0, "problem": "HTTP 500", "age_seconds": None}},
        "blocking": {
            "mode": "enforce", "firewall": "nftables", "fault": "", "active": {"drop": 12, "guard": 1}, "in_kernel": 13,
            "gap": 2, "mended": 1, "stopped": {"drop": {"packets": 48211, "bytes": 2_892_660}}, "decided": 14,
            "withheld": {"own address": 1, "a limit": 2}, "latency": latency.facts(), "busiest": {},
        },
    }  # fmt: skip


METRICS = {family.name: family for family in families(facts())}
SAMPLES = {sample.name: sample for family in METRICS.values() for sample in family.samples}
LABELS = {
    name: {label for family in METRICS.values() for s in family.samples if s.name == name for label in s.labels}
    for name in SAMPLES
}


@pytest.fixture
def address():
    """Of a server that says these facts."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    close = serve("127.0.0.1", port, facts)
    yield f"http://127.0.0.1:{port}/metrics"
    close()


def expressions():
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"], target["legendFormat"]
    for rule in ALERTS:
        yield rule["alert"], rule["expr"], " ".join(rule["annotations"].values())


@pytest.mark.parametrize(("where", "expression", "legend"), list(expressions()))
def test_every_name_is_a_metric_of_the_agent(where, expression, legend):
    names = NAMED.findall(expression)
    if where != "VedetteAgentDown":  # `up` is Prometheus' own
        assert names
    assert [name for name in names if name not in SAMPLES] == []
    known = {"instance", *(label for name in names for label in LABELS[name])}
    used = set(re.findall(r"\{\{ *(?:\$labels\.)?([a-z]+) *\}\}", legend)) - {"value"}
    by = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.replace(",", " ").split()}
    assert used | by <= known


def test_every_metric_is_on_the_dashboard():
    shown = {
        name for panel in DASHBOARD["panels"] for target in panel["targets"] for name in NAMED.findall(target["expr"])
    }
    left_out = {"vedette_info", "vedette_pending_records", "vedette_rules", "vedette_stopped_bytes"}
    unseen = {name for name, family in METRICS.items() if not shown & {sample.name for sample in family.samples}}
    assert unseen == left_out


def test_panels_lie_beside_each_other():
    taken = set()
    assert len(DASHBOARD["panels"]) >= 12
    for panel in DASHBOARD["panels"]:
        grid = panel["gridPos"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert grid["x"] + grid["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["description"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_every_alert_says_what_it_is_and_what_to_do():
    assert len(ALERTS) >= 10
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("info", "warning", "critical")
        assert rule["annotations"].keys() == {"summary", "description"}
        assert len(rule["annotations"]["summary"]) > 20
        assert len(rule["annotations"]["description"].split()) >= 10


def test_every_metric_is_in_the_docs_and_none_that_is_not():
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    rows = {name: (kind, labels, about) for name, kind, labels, about in re.findall(
        r"^\| `(vedette_\w+)` \| (\w+) \| ([^|]*) \| (.*) \|$", page, re.MULTILINE)}  # fmt: skip
    said = {}
    for family in METRICS.values():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        said[name] = (family.type, ", ".join(f"`{label}`" for label in labels), family.documentation)
    assert rows == said


def test_prometheus_reads_what_the_server_says(address):
    with urllib.request.urlopen(address) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        text = answer.read().decode()
    found = {sample.name: sample for family in text_string_to_metric_families(text) for sample in family.samples}
    assert found.keys() == SAMPLES.keys()
    values = {(s.name, *s.labels.values()): s.value for f in text_string_to_metric_families(text) for s in f.samples}
    assert values["vedette_packets_total", "eth0"] == 1_520_000
    assert values["vedette_packets_dropped_total", "eth0"] == 12
    assert values["vedette_interface_up", 'a"\\b'] == 0
    assert values["vedette_actions_active", "drop"] == 12
    assert values["vedette_actions_withheld_total",] == 3
    assert values["vedette_firewall_up", "enforce"] == 1
    assert values["vedette_reading_blocked",] == 1
    assert values["vedette_source_up", "journal"] == 0
    assert values["vedette_detection_seconds_count",] == 5
    buckets = [values["vedette_detection_seconds_bucket", edge] for edge in (*map(str, BUCKETS), "+Inf")]
    assert buckets == sorted(buckets)
    assert (buckets[0], buckets[2], buckets[-2], buckets[-1]) == (1, 3, 4, 5)


def test_the_server_is_gone_when_it_is_closed(address):
    port = int(address.split(":")[2].split("/")[0])
    with pytest.raises(VedetteError, match="metrics"):
        serve("127.0.0.1", port, facts)
    close = serve("127.0.0.1", 0, facts)
    close()


def test_an_agent_that_has_not_begun_has_metrics_too():
    names = {family.name for family in families({})}
    assert "vedette_records" in names
    assert names <= METRICS.keys()
