r"""AWS WAF logs.

    {"timestamp":1769941452123,"webaclId":"arn:...","terminatingRuleId":"x","action":"BLOCK","httpRequest":{"clientIp":"203.0.113.9",...}}

Source: AWS WAF "log fields".
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native, web
from vedette.parse.context import Context

ORDER: Final = 114
LOGSOURCE: Final = Logsource(category="webserver", product="aws", service="waf")
NAMES: Final = {
    "timestamp": "@timestamp", "httpRequest.clientIp": "source.address", "terminatingRuleId": "rule.id", "httpRequest.host": "url.domain",
    "terminatingRuleType": "rule.category",
}  # fmt: skip
_HEADERS: Final = {"user-agent": "user_agent.original", "host": "url.domain", "referer": "http.request.referrer"}


def claims(keys: Set[str]) -> bool:
    """A request and the access list that judged it."""
    return {"webaclId", "httpRequest"} <= keys


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """A web request; a blocked one is denied."""
    asked = document["httpRequest"]
    event = native.flatten(document)
    for header in asked.get("headers") or ():
        field = _HEADERS.get(str(header.get("name", "")).lower())
        if field:
            event[field] = header.get("value")
    native.fill(event, NAMES)
    query = asked.get("args")
    uri = str(asked.get("uri") or "")
    event |= web.request(asked.get("httpMethod"), f"{uri}?{query}" if query else uri)
    event["cloud.provider"] = "aws"
    if document.get("action") in ("BLOCK", "CAPTCHA", "CHALLENGE"):
        event |= {"event.type": "denied", "event.action": "web-attack-blocked", "event.outcome": "failure"}
    else:
        event["event.outcome"] = "success"
    return LOGSOURCE, event
