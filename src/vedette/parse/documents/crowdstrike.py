r"""CrowdStrike Falcon's event stream: detections, logins to its console, its host firewall.

    {"metadata":{"eventType":"DetectionSummaryEvent","eventCreationTime":1769941452000,"offset":7,...},
     "event":{"ComputerName":"pc1","UserName":"bob","DetectName":"NGAV","SeverityName":"High","FileName":"a.exe","CommandLine":"a.exe -x"}}

Source: CrowdStrike, "Streaming API event dictionary". Sigma: product crowdstrike.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import firewall, native
from vedette.parse.context import Context
from vedette.parse.documents import login_json

ORDER: Final = 128
NAMES: Final = {
    "metadata.eventCreationTime": "@timestamp", "event.UTCTimestamp": "@timestamp", "event.ComputerName": "host.name",
    "event.Hostname": "host.name", "event.UserName": "user.name", "event.UserId": "user.name", "event.UserIp": "source.address",
    "event.DetectName": "rule.name", "event.Name": "rule.name", "event.DetectDescription": "message", "event.Description": "message",
    "event.DetectId": "event.code", "event.CommandLine": "process.command_line", "event.FileName": "process.name",
    "event.FilePath": "file.path", "event.SHA256String": "file.hash.sha256", "event.MD5String": "file.hash.md5",
    "event.LocalIP": "host.ip", "event.Technique": "threat.technique.name",
}  # fmt: skip
_LOGINS: Final = frozenset({"userAuthenticate", "twoFactorAuthenticate", "samlAuthenticate", "ssoAuthenticate"})


def claims(keys: Set[str]) -> bool:
    """An event in its envelope; that the envelope is CrowdStrike's is seen when it is read."""
    return {"metadata", "event"} == keys


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's; another's envelope as any JSON."""
    metadata, told = document["metadata"], document["event"]
    if metadata.__class__ is not dict or told.__class__ is not dict or "eventType" not in metadata:
        return login_json.read(document, context)
    kind = str(metadata["eventType"])
    event = native.fill(native.flatten(document), NAMES)
    event |= {"service.name": "crowdstrike", "event.action": native.action(kind.removesuffix("Event"))}
    operation = str(told.get("OperationName", ""))
    if operation in _LOGINS:
        event |= native.login("success" if told.get("Success") is True else "failure", "crowdstrike", "directory")
    elif "Detection" in kind or "Incident" in kind:
        event |= {"event.category": "intrusion_detection", "event.severity": firewall.SEVERE.get(str(told.get("SeverityName")).lower())}
    elif kind == "FirewallMatchEvent":
        inbound = str(told.get("ConnectionDirection")) == "1"
        local, remote = ("destination", "source") if inbound else ("source", "destination")
        event |= firewall.CONSTANT | firewall.verdict(["allow" if str(told.get("RuleAction")) == "1" else "block"])
        for side, name in ((local, "Local"), (remote, "Remote")):
            event |= {f"{side}.address": told.get(f"{name}Address"), f"{side}.port": told.get(f"{name}Port")}
        event["network.transport"] = firewall.PROTOCOLS.get(str(told.get("Protocol")))
    elif operation:
        event |= {"event.category": "iam", "event.action": native.action(operation)}
    return Logsource(product="crowdstrike", service=kind.removesuffix("Event").lower() or None), event
