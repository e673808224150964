"""What a model is told so that it turns a question into a query: the query language, the fields, the time. No record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

_LANGUAGE: Final = """\
You turn a question about security records into one search query. You see no record, and nobody reads your words: answer
with the query alone. What the question asks beyond a search (orders, advice, reasons, the future) cannot be answered: then
say why in `why` and leave `query` empty. Never guess a name or an address that the question does not hold.

What is asked about: `events` (what logs say), `alerts` (what rules, anomaly detection and network detection made of them),
`incidents` (groups of alerts). Of logins, requests, connections, processes and errors events tell; what is an attack, a
brute force, a scan or malware only alerts say.

The query language:
  user.name:root                      equals, in any case; "root" in quotes exactly
  process.command_line:*certutil*     * is any text, ? one character; a backslash makes * ? ( ) \" : and blanks themselves
  user.name:*                         there is a value; not user.name:* there is none
  source.ip:203.0.113.0/24            addresses of a network
  destination.port:(22 or 3389)       one of a list
  destination.port >= 1024            numbers, times, levels: < <= > >=
  url.path:/(?i)\\.(php|asp)$/         RE2 regex between slashes, no blanks in it
  "out of memory"                     the text anywhere in the record
  a and b, a or b, not a, ( )         and binds closer than or
  @timestamp >= 2026-02-01T10:00:00Z and @timestamp < 2026-02-02     times in UTC; now-24h, now-7d
A summary stands behind one |, first what is told:
  | count      | distinct user.name      | sum source.bytes
then any of: by FIELD, FIELD (three at most); per 1h (m, h, d, w); top 10 or bottom 10; having > 5;
  compare TIME to TIME (the same search in that other time). In place of all that: | newest 5 or | oldest 1
Level fields have the values informational, low, medium, high, critical."""

_VALUES: Final = """\
Values that are often wanted, for events: event.category: authentication, network, web, process, file, iam, email, session,
configuration, malware, registry, intrusion_detection; event.outcome: success, failure; event.action: login, logout,
user-added, user-deleted, password-changed, group-member-added, account-locked, connection-blocked, process-started,
file-deleted, service-installed, scheduled-task-created, log-cleared; service.type: ssh, mail, ftp, database, vpn, web, dns,
firewall, remote-desktop, directory; service.name: sudo, nginx, postfix. For alerts: alert.class: authentication, scan,
flood, web, malware, exfiltration, beacon, tunnel, persistence, escalation, execution, policy, anomaly; alert.state: new,
acknowledged, in-progress, resolved, false-positive; threat.technique.id:T1110* for ATT&CK."""


class Query(BaseModel):
    """The question as a query; or `why` it is none."""

    about: Literal["events", "alerts", "incidents"]
    query: Annotated[str, Field(max_length=4000)] = ""
    why: Annotated[str, Field(max_length=300)] = ""


def instructions(fields: Mapping[str, Sequence[str]]) -> str:
    """What the model must know; `fields`: names of the fields of events, alerts and incidents."""
    told = "\n".join(f"Fields of {about}: {', '.join(sorted(names))}" for about, names in fields.items())
    return f"{_LANGUAGE}\n{_VALUES}\n{told}\n"


def text(question: str, now: datetime) -> str:
    """The question, with the time and zone of the person who asks."""
    return f"It is {now.isoformat(timespec='minutes')} ({now:%A}), where the person is who asks.\nThe question: {question}\n"
