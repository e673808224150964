r"""Indicators in a text: what an analyst would search for elsewhere.

    kind      examples
    address   192.0.2.1 · 2001:db8::1
    port      22 in `port 22`, `192.0.2.1:22`, `dpt=22`, `"DestinationPort": "22"`
    user      root in `for root from`, `user=root`, `"TargetUserName": "root"`
    host      db1 in `rhost=db1`, `"Computer": "db1"`, and after the time of a syslog line
    domain    login.example.org
    url, email
    path      /etc/passwd · C:\Windows\Temp\a.dll · \\server\share
    hash      MD5, SHA-1, SHA-256, SHA-384, SHA-512
    process   sshd in `sshd[812]:`, `comm="sshd"`, cmd.exe

Snippets that may hold one are cut out with one expression over all lines at once (polars' Rust regex); what they hold is asked
only of the unique ones (RE2). Neither backtracks, whatever a log holds.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import polars as pl
import re2

from vedette.ai.compress.shapes import WHEN, lean

KINDS: Final = ("address", "port", "user", "host", "domain", "url", "email", "path", "hash", "process")

_V6: Final = r"(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4})"
_V4: Final = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
_TLD: Final = (
    "com|net|org|edu|gov|mil|int|info|biz|name|pro|dev|app|xyz|top|site|online|shop|club|live|cloud|tech|store|test|example"
    "|local|lan|internal|invalid|localdomain|corp|home|arpa|onion|io|ai|me|tv|cc|co|eu|us|uk|de|fr|nl|be|ch|at|it|es|pt|se|no"
    "|fi|dk|ie|pl|cz|sk|hu|ro|bg|gr|tr|ru|ua|by|kz|cn|hk|tw|jp|kr|in|id|th|vn|my|sg|ph|au|nz|br|ar|cl|mx|pe|za|ng|ke|eg|il|ae"
    "|sa|ir|pk|bd|lt|lv|ee|rs|hr|si|lu|su|tk|ml|ga|cf|gq|ws|to|link|click|work|space|website|mobi|asia"
)
_DOMAIN: Final = rf"(?:[A-Za-z0-9_-]{{1,63}}\.)+(?i:{_TLD})"
_KEY: Final = (
    r"(?i:user|acc(?:oun)?t|login|host|computer|server|domain|port|dpt|spt|image|process|comm|exe|path|file|addr|mail|sender"
    r"|owner|principal)"
)
_STOPS: Final = r"\x{60c}\x{61b}\x{61f}\x{6d4}\x{3001}-\x{3003}\x{3008}-\x{301f}\x{ff01}-\x{ff0f}\x{ff1a}-\x{ff20}"
"""In a class: commas, full stops and brackets of Arabic, Chinese and Japanese."""
_CANDIDATES: Final = lean(
    r"[A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s\"'<>‹›]+"
    rf"|[\w.%+-]+@(?:[\w-]+\.)*[\w-]+"
    rf"|\"[\w.@ -]*{_KEY}[\w.@ -]*\"\s*:\s*(?:\"(?:[^\"\\]|\\.)*\"|[\w.-]+)"
    rf"|\b[\w.-]*{_KEY}[\w.-]*(?:=|: ?|'›|\"›)(?:\"[^\"]*\"|'[^']*'|[^\s\"',;‹›\]){_STOPS}]+)"
    rf"|\b(?i:port|user|host|for|by|from|rhost)(?: (?i:invalid user|illegal user|user|unknown user))? [^\s\"',;‹›()\[\]{_STOPS}]+"
    rf"|\b(?:{_V4})(?::[0-9]{{1,5}})?\b|{_V6}(?:%[\w]+)?"
    r"|\b[0-9A-Fa-f]{32,128}\b"
    r"|\b[A-Za-z]:\\[^\"'<>‹›|*?;,\s]+|\\\\[\w.$-]+\\[^\"'<>‹›|*?;,\s]+"
    r"|/[\w.$+@%~=-]+(?:/[\w.$+@%~=-]+)+/?"
    rf"|\b{_DOMAIN}\b"
    r"|\b[\w.-]+\.(?i:exe|dll|sys|ps1|bat|vbs|scr|com)\b"
)
_TAGGED: Final = lean(r"[\w.-]+ [\w./-]+[(:\[]")
_STAMP: Final = rf"{WHEN}|[A-Z][a-z]{{2}} +\d+ (?:\d{{4}} )?\d\d:[0-9:.]+|\d{{4}}-\d\d-\d\d[T ]\S+"
_SYSLOG: Final = lean(rf"^(?:‹\d+›)?(?:\d )?(?:{_STAMP}) ") + _TAGGED
"""RFC 3164 section 4.1 and RFC 3339 times: host and tag of a syslog line."""

_W: Final = r"\p{L}\p{M}\p{N}_"
r"""In a class, word characters of all scripts: RE2's `\w` is of ASCII only."""
_USER: Final = rf"[{_W}.\\@$+-]*[{_W}$]"
_HOSTNAME: Final = rf"[{_W}.:-]*[{_W}]"
_KEYED: Final = r"\"?'?(?:=|: ?|›)[\"']?"
_SEGMENTS: Final = rf"/[{_W}.$+@%~=-]+(?:/[{_W}.$+@%~=-]+)+/?"
_WINDOWS: Final = rf"\b[A-Za-z]:\\[^\"'<>‹›|*?;,\s]+|\\\\[{_W}.$-]+\\[^\"'<>‹›|*?;,\s]+"
_PATTERNS: Final = (
    ("user", rf"(?i:[{_W}.-]*(?:user(?:name)?|acc(?:oun)?t(?:name)?|login|logname|owner|principal)[{_W}.-]*){_KEYED}({_USER})"),
    ("user", rf"\b(?i:user) ({_USER})$"),
    ("user", rf"\b(?i:for|by) (?:(?i:invalid|illegal|unknown) )?(?:(?i:user) )?({_USER})$"),
    ("host", rf"(?i:(?:\br?host|[{_W}.-]*hostname|[{_W}.-]*\.host|\b(?:computer(?:name)?|workstation(?:name)?|server|srchost|dsthost))"
             rf"(?:\.name)?){_KEYED}({_HOSTNAME})"),
    ("host", rf"\b(?i:host|rhost) ({_HOSTNAME})$"),
    ("port", rf"(?i:port|[sd]pt)[{_W}]*[\"']?(?:=|: ?|›| )[\"']?([0-9]{{1,5}})\b"),
    ("process", rf"(?i:[{_W}.-]*(?:image|process)(?:name|path)?|\bcomm|\bexe)\"?'?(?:=|: ?|›)\"?([^\"'<>‹›]*[^\"'<>‹›\s])"),
    ("url", rf"([A-Za-z][A-Za-z0-9+.-]{{1,15}}://[^\s\"'<>‹›]*[{_W}/=&#~$-])"),
    ("email", rf"([{_W}.%+-]+@(?:[A-Za-z0-9_-]+\.)+[A-Za-z]{{2,24}})\b"),
    ("hash", r"(?:^|[^0-9A-Za-z])([0-9A-Fa-f]{32,128})"),
    ("path", rf"(?:^|[^{_W}:/.])({_SEGMENTS})"),
    ("path", rf"({_WINDOWS})"),
    ("domain", rf"(?:^|[^{_W}.@/\\-])({_DOMAIN})\b"),
    ("process", rf"(?:^|[^{_W}.-])([{_W}-]+\.(?i:exe|ps[0-9]|bat|vbs|scr))\b"),
    ("address", rf"(?:^|[^0-9A-Za-z_.])({_V4})|(?:^|[^0-9A-Za-z_:.])({_V6})"),
    ("port", rf"(?:^|[^0-9A-Za-z_.]){_V4}:([0-9]{{1,5}})\b"),
)  # fmt: skip
_RULES: Final = [(kind, re2.compile(rule)) for kind, rule in _PATTERNS]
_FOLLOWED: Final = {
    "hash": re2.compile(r"[0-9A-Za-z]"),
    "domain": re2.compile(rf"[{_W}-]|\.[{_W}]"),
    "address": re2.compile(rf"[{_W}.]*[0-9]"),
    "address6": re2.compile(rf"[{_W}:]"),
}
"""What makes a value of a kind a part of something else when it follows: RE2 cannot look ahead."""
_AGENT: Final = re2.compile("(?i)user.?agent")
_SIZES: Final = frozenset({32, 40, 64, 96, 128})
"""Hexadecimal digits of MD5, SHA-1, SHA-256, SHA-384 and SHA-512."""
_BYTE: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_WHOLE: Final = (
    ("", r"^([0-9]{1,3}:[0-9]{2}:[0-9]{1,3})$"),
    ("address", rf"^({_BYTE}(?:\.{_BYTE}){{3}})$"),
    ("address", rf"^(?:(?i:from) )({_BYTE}(?:\.{_BYTE}){{3}})$"),
    ("port", r"^(?i:port|[sd]pt)[ =](6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5]?[0-9]{1,4})$"),
    ("domain", lean(rf"^([a-z][\w-]*\.{_DOMAIN})$")),
    ("path", lean(r"^(/[\w.$+@%~=-]+(?:/[\w$+@%~=-]+)+/?)$")),
)
"""Snippets that are one indicator and nothing else, taken by columns: there are most of these. Those without a kind are
clock times."""
_NOBODY: Final = frozenset({"", "-", "(null)", "null", "none", "the", "a", "an", "from", "unknown"})

_LEVELS: Final = frozenset(
    {"TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL", "ALERT"}
)
"""Where programs write how bad a thing is, system logs name the host."""

_DIGITS: Final = str.maketrans("123456789", "0" * 9)
LONGEST: Final = 1000
"""Characters of a snippet that are looked at."""

Indicators = dict[str, set[str]]
"""Values by kind; only kinds of KINDS that have one."""


class Sighted(NamedTuple):
    """What may hold indicators: unique, and null where nothing was.

    Attributes:
        snippets: pieces of texts.
        heads: host and tag of syslog lines.
    """

    snippets: pl.Series
    heads: pl.Series


def find(texts: pl.Series) -> Indicators:
    """Indicators of texts; of neutral lines as they are written there."""
    return read([sight(texts)])


def sight(texts: pl.Series) -> Sighted:
    """What may hold indicators in texts, with or without WHEN in place of their time."""
    snippets = texts.str.extract_all(_CANDIDATES).explode(empty_as_null=False).str.slice(0, LONGEST).unique()
    # Without groups these run on the fast engine.
    heads = texts.str.extract_all(_SYSLOG).list.first().drop_nulls().str.extract_all(f"{_TAGGED}$").list.first()
    return Sighted(snippets, heads.unique())


def read(parts: Iterable[Sighted]) -> Indicators:
    """Indicators in what was sighted part by part."""
    found: Indicators = defaultdict(set)
    all_snippets, all_heads = zip(*parts, strict=True)
    snippets = pl.concat(all_snippets).unique().drop_nulls()
    for kind, rule in _WHOLE:
        values = snippets.str.extract(rule, 1)
        if kind:
            found[kind].update(values.drop_nulls().to_list())
        snippets = snippets.filter(values.is_null())
    shapes: dict[str, list[tuple[str, Any]]] = {}
    for snippet in snippets.to_list():
        # Which rules can match does not depend on which digits there are.
        shape = snippet.translate(_DIGITS)
        rules = shapes.get(shape)
        if rules is None:
            rules = shapes[shape] = [rule for rule in _RULES if rule[1].search(shape)]
        if rules:
            _of(snippet, rules, found)
    for head in pl.concat(all_heads).unique().drop_nulls().to_list():
        host, _, process = head[:-1].partition(" ")
        found["process"].add(process)
        if not host.isdigit() and host not in _LEVELS:
            found["host"].add(host)
    return {kind: found[kind] for kind in KINDS if found.get(kind)}


def _of(snippet: str, rules: list[tuple[str, Any]], found: Indicators) -> None:
    for kind, rule in rules:
        for match in rule.finditer(snippet):
            value = match[match.lastindex]
            followed = _FOLLOWED.get("address6" if kind == "address" and ":" in value else kind)
            if followed and followed.match(snippet[match.end() :]):
                continue
            if kind == "address" and not _address(value):
                continue
            if kind == "hash" and len(value) not in _SIZES:
                continue
            if kind == "user" and _AGENT.search(match[0]):
                continue
            if kind == "port" and int(value) > 65535:
                continue
            if value.lower() not in _NOBODY:
                found[kind].add(value)


def _address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    # ::, 1::2 in times and counters: at least two groups say something.
    return address.version == 4 or len(text) > 4
