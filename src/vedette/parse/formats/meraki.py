r"""Cisco Meraki: flows, sites, intrusion alerts and events of its firewalls, switches and access points.

    <134>1 1769941452.123456789 MX84 flows src=203.0.113.9 dst=192.0.2.1 protocol=tcp sport=51000 dport=22 pattern: deny all
    <134>1 1769941452.123456789 MX84 flows allow src=192.0.2.14 dst=198.51.100.7 mac=02:00:00:00:00:01 protocol=udp ...
    <134>1 1769941452.123456789 MX84 urls src=192.0.2.14:60336 dst=198.51.100.7:443 mac=... request: GET https://example.com/...
    <134>1 1769941452.123456789 MX84 security_event ids_alerted signature=1:29708:4 ... src=203.0.113.9:80 dst=... decision=blocked
    message: MALWARE-CNC ...
    <134>1 1769941452.123456789 MX84 events anyconnect_vpn_auth_failure msg= 'Peer IP=203.0.113.9 Peer port=52962 AAA[1]: ...'
    <134>1 1769941452.123456789 MX84 events type=client_vpn_connect user id 'bob' local ip 192.0.2.14 connected from 203.0.113.9

Source: Meraki documentation, "Syslog Event Types and Log Samples". The rule that decided stands behind `pattern:`, with 0
and 1 for deny and allow in old versions.
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import firewall, native, web
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE, HEAD

ORDER: Final = 43
NESTED: Final = True
_KIND: Final = (
    r"(?:flows|(?:vpn_|cellular_|bridge_anyconnect_client_vpn_)?firewall|ip_flow_start|ip_flow_end|urls|security_event"
    r"|events|airmarshal_events|ids-alerts)"
)
_HEAD: Final = rf"^(?:<\d{{1,3}}>)?(?:1 )?(\d{{9,10}}\.\d+) (\S+) ({_KIND}) "
# Where a relay took the device's own head away, the addresses must be there.
SIGN: Final = rf"{_HEAD}|{BARE}{_KIND} .*\bsrc=[0-9A-Fa-f:.]+ dst="
DEVICE: Final = Logsource(product="meraki")
_LINE: Final = re.compile(_HEAD + r"(.*)$", re.DOTALL)
_RELAYED: Final = re.compile(rf"{HEAD.replace('host.name', 'host')}({_KIND}) (.*)$", re.DOTALL)
_PAIR: Final = re.compile(r"\b(src|dst|sport|dport|translated_src_ip|translated_port|mac|protocol|type|priority|signature|decision"
                          r"|direction|dhost|radio|vap|reason|aid|client_ip|client_mac|identity|ip|user_id|url|name|sha256|disposition|action"
                          r"|agent)\s?=\s?(?:'([^']*)'|\"([^\"]*)\"|(\S*))")  # fmt: skip
_WITH_PORT: Final = re.compile(r"^\[?([0-9A-Fa-f.:]+?)\]?:(\d{1,5})$")
_REQUEST: Final = re.compile(r"\brequest: (\S+) (\S+)")
_USER: Final = re.compile(r"(?i)\buser(?: ?name|[ _]id)? ?[:=]? ?'([^']*)'|\bidentity='([^']*)'")
_PEER: Final = re.compile(r"(?i)\b(?:(?:peer|remote|client)[ _]ip ?[:=] ?'?|connected from )([0-9A-Fa-f.:]*[0-9A-Fa-f])")
_SIGN_IN: Final = re.compile(r"(?:^|_)(?:auth|eap|vpn_connect)(?:_|$)")
_EVENT: Final = re.compile(r"^(?:type=)?([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)\b")


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Flows, sites and alerts as firewall events; what the device says of its users and itself as its own."""
    tables = {firewall.LOGSOURCE: Columns(), DEVICE: Columns()}
    for line, raw in frame.select("line", "raw").iter_rows():
        found = _LINE.match(raw) or _RELAYED.match(raw)
        if found:
            stamp, host, kind, text = found.groups()
            event = {"@timestamp": stamp, "host.name": host, "event.code": kind, "message": text}
            source = DEVICE if kind.endswith("events") else firewall.LOGSOURCE
            tables[source].add(line, event | _event(kind, text))
    return Read([(source, table.frame(context)) for source, table in tables.items() if table.lines], no_rejects())


def _event(kind: str, text: str) -> Json:
    # What stands behind these words a client or a signature's author wrote.
    own = re.split(r" request: | message: ", text, maxsplit=1)[0]
    pairs: Json = {}
    for key, single, double, plain in _PAIR.findall(own):
        pairs.setdefault(key, single or double or plain)
    for side, port in (("src", "sport"), ("dst", "dport")):
        joined = _WITH_PORT.match(pairs.get(side, ""))
        if joined and (joined[1].count(".") == 3 or "[" in pairs[side]):
            pairs[side] = joined[1]
            pairs.setdefault(port, joined[2])
    if kind.endswith("events"):
        return _told(pairs, text)
    found = firewall.event(pairs)
    decided = text.rpartition("pattern: ")[2]
    decided = {"0": "deny", "1": "allow"}.get(decided.partition(" ")[0], decided)
    words = (decided if "pattern: " in text else None, pairs.get("decision"), pairs.get("action"), text.partition(" src=")[0])
    found |= firewall.verdict(words)
    request = _REQUEST.search(text)
    if request and kind == "urls":
        method = request[1] if request[1].isalpha() and request[1] != "UNKNOWN" else None
        found |= {name: value for name, value in web.request(method, request[2]).items() if name.startswith(("url.", "http."))}
        if "agent" in pairs:
            found["user_agent.original"] = pairs["agent"]
    if kind in ("security_event", "ids-alerts"):
        found["event.category"] = "intrusion_detection"
        found["event.severity"] = pairs.get("priority")
        found["rule.id"] = pairs.get("signature")
        found["rule.name"] = text.rpartition(" message: ")[2].strip() if " message: " in text else pairs.get("name")
        if "sha256" in pairs:
            found |= {"file.hash.sha256": pairs["sha256"], "url.original": pairs.get("url")}
    return found


def _told(pairs: Json, text: str) -> Json:
    """Associations, sign-ins and whatever else the device tells of itself."""
    named = _EVENT.match(text)
    kind = pairs.get("type") or (named[1] if named else "")
    found: Json = {"event.category": "network", "event.type": "info", "service.type": "network-device"}
    if kind:
        found["event.action"] = native.action(kind)
    user, peer = _USER.search(text), _PEER.search(text)
    if user:
        found["user.name"] = user[1] or user[2]
    found["source.address"] = peer[1] if peer else pairs.get("client_ip") or pairs.get("ip")
    if _SIGN_IN.search(kind):
        outcome = "failure" if "fail" in kind else "success"
        found |= native.login(outcome, "meraki", "vpn" if "vpn" in kind else "network-device")
        del found["event.type"]
    return found
