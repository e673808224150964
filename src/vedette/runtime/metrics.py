"""What the agent says of itself, for Prometheus: GET /metrics in the text format, once asked for by `metrics.listen`.

    vedette_packets_total{interface="eth0"} 1.52e+06
    vedette_actions_active{action="drop"} 12.0
    vedette_stopped_packets_total{action="drop"} 48211.0

All of it comes from the facts of runtime.status, which are a second old at most. Names follow
https://prometheus.io/docs/practices/naming/; labels have few distinct values, and none of an attacker's.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from prometheus_client import generate_latest, start_http_server
from prometheus_client.core import CollectorRegistry, CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from vedette.model.errors import VedetteError
from vedette.runtime.latency import BUCKETS

Facts = Mapping[str, Any]
MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"


def families(facts: Facts) -> Iterable[Metric]:
    """Every metric of the agent, from what it says in `vedette status`."""
    network, blocking = facts.get("network", {}), facts.get("blocking", {})
    interfaces: Facts = network.get("interfaces", {})
    yield _gauge("vedette_info", "Version of the agent.", "version", {str(facts.get("version", "")): 1})
    yield _counter("vedette_records", "Records that were read.", value=facts.get("records", 0))
    yield _counter("vedette_alerts", "Alerts that were stored.", value=facts.get("alerts", 0))
    yield _gauge("vedette_pending_records", "Records that are read and not yet stored.", value=facts.get("pending", 0))
    yield _gauge(
        "vedette_reading_blocked", "1 while nothing is read because the disk is full.", value=bool(facts.get("blocked"))
    )
    rules: Facts = facts.get("rules", {})
    yield _gauge("vedette_rules", "Rules that run and rules that were refused.", "status", rules)
    yield _counter(
        "vedette_shed", "State that was given up to stay bounded, and faults.", "what", facts.get("shed", {})
    )
    sources: Facts = facts.get("sources", {})
    yield _gauge(
        "vedette_source_up",
        "Whether a source can be read.",
        "source",
        {n: not s.get("fault") for n, s in sources.items()},
    )
    lags = {name: s["lag_bytes"] for name, s in sources.items() if "lag_bytes" in s}
    yield _gauge("vedette_source_lag_bytes", "Bytes that wait in a source.", "source", lags)
    for name, key, about in (
        ("packets", "packets", "Packets that were captured."),
        ("packets_dropped", "drops", "Packets that found no room in the ring."),
        ("captured_bytes", "bytes", "Bytes of the packets that were captured."),
    ):
        yield _counter(f"vedette_{name}", about, "interface", {n: i.get(key, 0) for n, i in interfaces.items()})
    yield _gauge(
        "vedette_interface_up",
        "Whether an interface is captured.",
        "interface",
        {n: not i.get("fault") for n, i in interfaces.items()},
    )
    yield _counter(
        "vedette_detections", "Alerts, by rule, of detectors of packets.", "rule", network.get("detections", {})
    )
    yield _counter("vedette_actions", "Actions that were decided.", value=blocking.get("decided", 0))
    yield _counter(
        "vedette_actions_withheld",
        "Actions that were not taken: the network is allowed, or a limit.",
        value=sum(blocking.get("withheld", {}).values()),
    )
    yield _gauge("vedette_actions_active", "Actions in force.", "action", blocking.get("active", {}))
    stopped: Facts = blocking.get("stopped", {})
    for unit in ("packets", "bytes"):
        yield _counter(
            f"vedette_stopped_{unit}",
            f"What the kernel stopped, in {unit}; in a dry run: would have stopped.",
            "action",
            {k: v[unit] for k, v in stopped.items()},
        )
    yield _gauge(
        "vedette_firewall_gap",
        "Entries that the last look found missing in the kernel, or too many there.",
        value=blocking.get("gap", 0),
    )
    yield _counter(
        "vedette_firewall_mended", "How often somebody else had changed our table.", value=blocking.get("mended", 0)
    )
    yield _gauge(
        "vedette_firewall_up", "Whether the firewall is as it is to be; absent where it is off.", "mode", _up(blocking)
    )
    lists: Facts = facts.get("lists", {})
    yield _gauge("vedette_list_indicators", "Indicators on a list.", "list", {n: each["indicators"] for n, each in lists.items()})
    up = {name: not each["problem"] for name, each in lists.items()}
    yield _gauge("vedette_list_up", "Whether a list could be fetched the last time.", "list", up)
    ages = {name: each["age_seconds"] for name, each in lists.items() if each["age_seconds"] is not None}
    yield _gauge("vedette_list_age_seconds", "Since a list was last seen to be so.", "list", ages)
    if "latency" in blocking:
        yield _histogram(
            "vedette_detection_seconds",
            "From the packet or record that completes the evidence to the action.",
            blocking["latency"],
        )


def _up(blocking: Facts) -> dict[str, bool]:
    mode = blocking.get("mode", "off")
    return {} if mode == "off" else {mode: not blocking.get("fault")}


def _gauge(name: str, about: str, label: str = "", values: Facts | None = None, *, value: float = 0) -> Metric:
    return _labelled(GaugeMetricFamily(name, about, labels=[label] if label else None), label, values, value)


def _counter(name: str, about: str, label: str = "", values: Facts | None = None, *, value: float = 0) -> Metric:
    return _labelled(CounterMetricFamily(name, about, labels=[label] if label else None), label, values, value)


def _labelled(family: Any, label: str, values: Facts | None, value: float) -> Metric:
    for key, number in (values or {}).items() if label else [("", value)]:
        family.add_metric([str(key)] if label else [], float(number))
    made: Metric = family
    return made


def _histogram(name: str, about: str, latency: Facts) -> Metric:
    family = HistogramMetricFamily(name, about)
    running, buckets = 0, []
    for edge, count in zip((*map(str, BUCKETS), "+Inf"), latency["counts"], strict=True):
        running += count
        buckets.append((edge, running))
    family.add_metric([], buckets, latency["sum"])
    return family


class _Facts(Collector):
    def __init__(self, facts: Callable[[], Facts]) -> None:
        self._facts = facts

    def collect(self) -> Iterable[Metric]:
        return families(self._facts())


def text(facts: Facts) -> bytes:
    """All of it in the text format, MEDIA."""
    registry = CollectorRegistry()
    registry.register(_Facts(lambda: facts))
    return generate_latest(registry)


def serve(host: str, port: int, facts: Callable[[], Facts]) -> Callable[[], None]:
    """Answer GET /metrics until the function that is returned is called.

    Raises:
        VedetteError: the address cannot be listened on.
    """
    registry = CollectorRegistry()
    registry.register(_Facts(facts))
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise VedetteError(
            f"metrics: {error.strerror}", where=f"{host}:{port}", fix="choose another metrics.listen"
        ) from None

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close
