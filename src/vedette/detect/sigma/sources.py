"""Log sources that batches of events name, so that it can be said of a rule that nothing feeds it. `*`: any, or none."""

from typing import Final

from vedette.detect.sigma.taxonomy import places
from vedette.model.records import Logsource

_SERVICES: Final = {
    "auth0": ("auth0",),
    "aws": ("cloudtrail", "guardduty"),
    "azure": ("activitylogs", "auditlogs", "signinlogs"),
    "bitwarden": ("events",),
    "checkpoint": ("audit",),
    "cisco": ("aaa", "duo", "ise"),
    "crowdstrike": ("*",),
    "fortigate": ("event",),
    "gcp": ("gcp.audit", *(f"google_workspace.{name}" for name in ("admin", "login", "drive", "token", "user_accounts", "reports"))),
    "github": ("audit",),
    "juniper": ("junos",),
    "kubernetes": ("audit",),
    "linux": ("*",),
    "m365": ("audit", "defender", "exchange", "threat_management"),
    "macos": ("",),
    "meraki": ("",),
    "netscaler": ("",),
    "okta": ("okta",),
    "onepassword": ("activity",),
    "slack": ("audit",),
    "suricata": ("*",),
    "watchguard": ("",),
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
    Logsource("firewall", "azure", ""),
    Logsource("firewall", "cisco", ""),
    Logsource("firewall", "cisco", "asa"),
    Logsource("firewall", "fortigate", "traffic"),
    Logsource("firewall", "paloalto", ""),
    Logsource("ids", "snort", ""),
    Logsource("ids", "suricata", ""),
    Logsource("network", "", "flow"),
    Logsource("proxy", "", "*"),
    Logsource("webserver", "", "*"),
    Logsource("webserver", "aws", "*"),
    Logsource("webserver", "gcp", ""),
    # Of endpoint agents.
    *(
        Logsource(category, product, "")
        for product in ("windows", "linux")
        for category in ("process_creation", "network_connection", "file_event", "file_change", "file_delete")
    ),
    *(Logsource(category, "windows", "") for category in ("image_load", "registry_set", "registry_event")),
)
"""What parsers give. CEF and LEEF name the product of their sender besides."""


def provided(rule: Logsource) -> bool:
    """Whether any batch can hold events of a rule's log source."""
    return any(_fits(place.batch, source) for place in places(rule) for source in SOURCES)


def _fits(wanted: Logsource, source: Logsource) -> bool:
    return all(want is None or have in (want, "*") for want, have in zip(wanted, source, strict=True))
