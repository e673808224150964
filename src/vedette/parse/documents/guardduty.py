r"""AWS GuardDuty findings, bare or as EventBridge's detail.

    {"schemaVersion":"2.0","accountId":"123456789012","region":"eu-west-1","type":"UnauthorizedAccess:EC2/SSHBruteForce","service":{...}}

Source: "GuardDuty finding format".
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 113
LOGSOURCE: Final = Logsource(product="aws", service="guardduty")
NAMES: Final = {
    "updatedAt": "@timestamp", "createdAt": "@timestamp", "UpdatedAt": "@timestamp", "accountId": "cloud.account.id",
    "region": "cloud.region",
    "type": "rule.name", "Type": "rule.name", "id": "rule.id", "title": "message", "severity": "event.severity",
    "resource.accessKeyDetails.userName": "user.name", "resource.instanceDetails.instanceId": "host.name",
}  # fmt: skip
_ACTIONS: Final = ("networkConnectionAction", "awsApiCallAction", "kubernetesApiCallAction", "rdsLoginAttemptAction")


def claims(keys: Set[str]) -> bool:
    """A finding has a type, a resource and the service that found it."""
    return {"schemaVersion", "accountId", "service", "resource"} <= keys


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's; the remote side as source, unless the instance called out."""
    event = native.fill(native.flatten(document), NAMES)
    event |= {"event.category": "intrusion_detection", "event.action": "alert", "cloud.provider": "aws"}
    remote = next((event.get(f"service.action.{name}.remoteIpDetails.ipAddressV4") for name in _ACTIONS
                   if event.get(f"service.action.{name}.remoteIpDetails.ipAddressV4")), None)  # fmt: skip
    outbound = event.get("service.action.networkConnectionAction.connectionDirection") == "OUTBOUND"
    probes = event.get("service.action.portProbeAction.portProbeDetails")
    if probes.__class__ is list and probes and probes[0].__class__ is dict:
        remote = native.flatten(probes[0]).get("remoteIpDetails.ipAddressV4")
        event["event.action"] = "scan-detected"
    if remote:
        event["destination.address" if outbound else "source.address"] = remote
    domain = event.get("service.action.dnsRequestAction.domain")
    if domain:
        event["dns.question.name"] = domain
    return LOGSOURCE, event
