"""Log sources that batches of events name, so that it can be said of a rule that nothing feeds it. `*`: any, or none."""

from typing import Final

from vedette.detect.sigma.taxonomy import places
from vedette.model.records import Logsource

_SERVICES: Final = {
    "aws": ("cloudtrail", "guardduty"),
    "azure": ("activitylogs", "auditlogs", "signinlogs"),
    "cisco": ("aaa",),
    "fortigate": ("event",),
    "gcp": ("gcp.audit", "google_workspace.admin"),
    "github": ("audit",),
    "kubernetes": ("audit",),
    "linux": ("*",),
    "m365": ("audit", "exchange", "threat_management"),
    "macos": ("",),
    "okta": ("okta",),
    "suricata": ("*",),
    "windows": ("",),
    "zeek": ("*",),
    "exchange": ("",),
    "": ("", "chat", "database", "directory", "game", "honeypot", "mongodb", "monitoring", "network-device", "osquery",
         "panel", "remote-desktop", "sftpgo", "sip", "sso", "teleport", "vault", "vpn", "wazuh"),
}  # fmt: skip

SOURCES: Final = (
    *(Logsource("", product, service) for product, services in _SERVICES.items() for service in services),
    Logsource("application", "opencanary", ""),
    Logsource("dns", "", "dns"),
    Logsource("firewall", "", ""),
    Logsource("firewall", "cisco", ""),
    Logsource("firewall", "cisco", "asa"),
    Logsource("firewall", "fortigate", "traffic"),
    Logsource("firewall", "paloalto", ""),
    Logsource("ids", "suricata", ""),
    Logsource("network", "", "flow"),
    Logsource("proxy", "", "*"),
    Logsource("webserver", "", "*"),
    Logsource("webserver", "aws", "*"),
)
"""What parsers give. CEF and LEEF name the product of their sender besides."""


def provided(rule: Logsource) -> bool:
    """Whether any batch can hold events of a rule's log source."""
    return any(_fits(place.batch, source) for place in places(rule) for source in SOURCES)


def _fits(wanted: Logsource, source: Logsource) -> bool:
    return all(want is None or have in (want, "*") for want, have in zip(wanted, source, strict=True))
