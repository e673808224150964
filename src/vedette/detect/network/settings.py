"""What makes an attack of packets, as people set it and as the compiled pass reads it."""

from datetime import timedelta
from typing import Any

from pydantic import Field

from vedette.model import settings as model
from vedette.model.settings import Duration

_MICROSECOND = timedelta(microseconds=1)


class Settings(model.Settings):
    port_scan_ports: int = Field(10, ge=3)
    """Ports of one host that a source tries in vain within `port_scan_window`."""
    port_scan_hosts: int = Field(20, ge=5)
    """Hosts that a source tries in vain on one port within `port_scan_window`."""
    ping_sweep_hosts: int = Field(12, ge=5)
    """Hosts that a source pings within `port_scan_window`, a quarter of them in vain."""
    port_scan_window: Duration = Field(timedelta(seconds=60), gt=timedelta(0))
    """Time within which attempts belong together."""
    slow_scan_targets: int = Field(8, ge=3)
    """Hosts and ports that a source tries in vain within `slow_scan_window`, hardly any of which answers."""
    slow_scan_window: Duration = Field(timedelta(days=1), gt=timedelta(0))
    """The same for scans that take their time."""
    stealth_packets: int = Field(3, ge=1)
    """Packets with TCP flags that no system sends: scans that want to pass a filter, and guesses at an operating system."""
    syn_rate_threshold: int = Field(200, ge=10)
    """Connection requests a second to one host that make a SYN flood."""
    syn_ack_ratio_threshold: float = Field(0.2, ge=0, le=1)
    """A flood has at most this share of requests that become connections."""
    udp_rate_threshold: int = Field(1000, ge=10)
    """UDP packets a second that one host gets and does not answer."""
    icmp_rate_threshold: int = Field(500, ge=10)
    """ICMP packets a second that one host gets."""
    packet_rate_threshold: int = Field(1000, ge=10)
    """Packets of other protocols, or TCP packets of no connection, a second to one host; of fragments five times as many."""
    http_request_threshold: int = Field(300, ge=10)
    """HTTP requests of one source to one host in 10 seconds, about as long; ten times as many of many lengths."""
    reflection_threshold: int = Field(100, ge=10)
    """Answers in 10 seconds that one host gets without a question: DNS, NTP, SNMP, memcached, SSDP, ... or SYN-ACK."""
    login_threshold: int = Field(10, ge=3)
    """Connections of one source to a login service of a host in 60 seconds that end with about as much said in each, and little."""
    dns_names_threshold: int = Field(40, ge=5)
    """Different long names of DNS that one source asks for in 60 seconds, below one domain or of one server."""
    dhcp_threshold: int = Field(100, ge=10)
    """DHCP requests in 10 seconds."""
    silent_connections: int = Field(50, ge=5)
    """Connections of one source to one host that are held open for 10 seconds though nothing was answered in them: slow HTTP
    attacks, and whoever takes all connections that there are."""
    beacon_contacts: int = Field(10, ge=5)
    """Times that a source turns to the same service outside, by the clock; three times as many where it does so more often
    than every 5 seconds."""
    beacon_dispersion: float = Field(0.1, ge=0, le=0.5)
    """How regular that is: median absolute deviation of the gaps, against their median."""
    anomaly_packets: int = Field(1000, ge=10)
    """Packets a second of a source, or to a service, below which nothing is unusual."""
    anomaly_bytes: int = Field(10_000_000, ge=1000)
    """The same in bytes."""
    anomaly_score: float = Field(6.0, ge=1)
    """Standard deviations above what is usual, and five times of it, for 10 seconds."""
    anomaly_warm_up: Duration = Field(timedelta(minutes=5), gt=timedelta(0))
    """For how long a source or service is learned before it can be unusual."""
    max_tracked_ips: int = Field(1 << 16, ge=1 << 10, le=1 << 24)
    """Sources and targets that are remembered of each kind; memory is fixed by it, whatever comes."""

    def limits(self) -> Any:
        """The same as one record of findings.LIMIT."""
        import numpy as np

        from vedette.detect.network.findings import LIMIT

        made = np.zeros((), LIMIT)
        second = 1_000_000_000
        values = {
            "scan_ports": self.port_scan_ports, "scan_hosts": self.port_scan_hosts, "scan_pings": self.ping_sweep_hosts,
            "scan_slow": self.slow_scan_targets, "scan_window": _nanoseconds(self.port_scan_window),
            "slow_window": _nanoseconds(self.slow_scan_window), "syn": self.syn_rate_threshold,
            "syn_answered": self.syn_ack_ratio_threshold, "udp_one_way": self.udp_rate_threshold,
            "icmp": self.icmp_rate_threshold, "other": self.packet_rate_threshold, "http": self.http_request_threshold,
            "http_window": 10 * second, "reflected": self.reflection_threshold, "reflection_window": 10 * second,
            "guesses": self.login_threshold, "guess_window": 60 * second, "names": self.dns_names_threshold,
            "name_window": 60 * second, "stealth": self.stealth_packets, "dhcp": self.dhcp_threshold,
            "silent": self.silent_connections, "contacts": self.beacon_contacts, "regular": self.beacon_dispersion,
            "rate_packets": self.anomaly_packets, "rate_bytes": self.anomaly_bytes, "rate_score": self.anomaly_score,
            "rate_warm_up": _nanoseconds(self.anomaly_warm_up),
        }  # fmt: skip
        for name, value in values.items():
            made[name] = value
        return made.reshape(1)[0]


def _nanoseconds(span: timedelta) -> int:
    return span // _MICROSECOND * 1000
