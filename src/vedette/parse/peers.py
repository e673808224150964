r"""Whom a line of a program that we do not know names: the peer and the user.

A peer is taken only where the program marks it (`from`, `ip=`, `client`, brackets) or where it is the only address, never
from inside quotes, which may hold a name that the peer chose; two that differ before and after the user's name are none.
"""

from typing import Final

import polars as pl

from vedette.parse.meanings import IP

_AT: Final = r"ip(?:[ _-]?addr(?:ess)?)?|addr(?:ess)?"
_STRONG: Final = (
    rf"(?:from|rhost|rip|client(?:[ _-]?(?:{_AT}|host|endpoint))?|remote(?:[ _-]?(?:{_AT}|host|peer|endpoint|client))?"
    rf"|src(?:[ _-]?(?:{_AT}))?|source(?:[ _-]?(?:{_AT}|network address))?|ip(?:[ _-]?addr(?:ess)?)?"
    rf"|peer(?:[ _-]?(?:{_AT}|name))?"
    r"|attacker|origin(?:[ _-]?ip)?|caller(?:[ _-]?ip)?|(?:user|visitor|login)[ _-]?ip|calling[ _-]?station[ _-]?id"
    r"|connecting host|by)"
)
_WEAK: Final = r"(?:host(?:name)?|addr(?:ess)?|user@|@|at|station|machine|workstation|cli)"
_JOIN: Final = (
    r"[\"']?\s*[:=]*?\s*(?:(?:the|ip|ips|address|host|addr|client|remote|user|peer"
    r"|network)\b[\s:=-]*?)*?[\"'\[(<{/\\]*(?:[A-Za-z0-9][A-Za-z0-9_.-]*[\[(/ ]+)?"
)
_END: Final = r"(?:[^0-9A-Za-z.:]|:[0-9]{1,5}\b|:(?:\s|$)|:[A-Za-z]|\.(?:[^0-9]|$)|$)"
_STRONG_PEER: Final = rf"(?i)\b{_STRONG}{_JOIN}({IP}){_END}"
_WEAK_PEER: Final = rf"(?i)(?:\b|@){_WEAK}{_JOIN}({IP}){_END}"
_BRACKETED: Final = rf"[\[(<]({IP})(?::[0-9]{{1,5}})?[\])>]"
_ALONE: Final = rf"(?:^|[\s=\"'(\[<,;|])({IP}){_END}"
# The machine that was tried, or a name: not the one who tried.
_OTHER_SIDE: Final = (
    r"(?i)\b(?:to|on|at|for|as|via|into|with|user(?:name)?|login|account|lip|server(?:[ _-]?"
    rf"(?:{_AT}))?|local(?:[ _-]?(?:{_AT}))?|laddr|dst(?:[ _-]?ip)?|dest(?:ination)?(?:[ _-]?ip)?"
    r"|listen(?:er|ing)?|target|nas(?:[ _-]?ip)?|interface|gateway|realm|version|v|mask|zone|query"
    rf"|domain)[\"']?\s*[:=]*\s*(?:(?:user|host|ip|server|address)\b[\s:=]*)?[\"'\[(<{{/]*(?:{IP})|-+> *[\[(<{{]*(?:{IP})"
    # To whom a client of ours did not get through: failed to log in to upstream 192.0.2.5.
    rf"|\b(?:to|with|against|into|via) (?:(?:the|our|its)? ?[a-z][0-9a-z_-]*(?: server| host| at)? ?[:=]? ?)[\"'\[(<{{/]*(?:{IP})"
)
_QUOTED_ADDRESS: Final = rf"[\"'`](/?(?:{IP})(?::[0-9]{{1,5}})?)[\"'`]"
_KEY: Final = r'"([A-Za-z][0-9A-Za-z_.-]{0,40})" ?: ?'
_WHO: Final = r"(?i)\b(?:user(?:[ _-]?name)?|account|login|identity|for|uname|uid|acct)\b"
_HOST_NAME: Final = (
    r"(?i)\b(?:rhost|remote[ _-]?host|client[ _-]?host)\s*[:=]\s*([A-Za-z0-9][A-Za-z0-9-]*"
    r"(?:\.[A-Za-z0-9-]+)+)"
)

_USER: Final = (
    r"(?i)\b(?:user(?:[ _-]?name)?|account(?:[ _-]?name)?|login(?:[ _-]?name)?|identity|who|principal(?:[ _-]?name)?|uname|acct"
    r"|usr|for|admin|member|e-?mail)\b(?:[\"']?\s*[:=]+\s*|\s+(?:name\s+)?)"
    r"(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`|\[([^\]]*)\]|<([^>]*)>)",
    r"(?i)\b(?:user(?:[ _-]?name)?|account(?:[ _-]?name)?|login(?:[ _-]?name)?|who|principal(?:[ _-]?name)?|uname|acct|usr"
    r"|e-?mail)[:=]\s*([^\s,;|&\"'()\[\]<>]+)",
    r"(?i)\bfor (?:(?:invalid|unknown|illegal|non-?existent|user(?:name)?|account|admin|the|login) "
    r")*([^\s\"',;:()\[\]<>=]+)(?: (?:from|at|by|via|on|using|failed|with|has|was|\(|\[)|[.,;:]|$)",
    r"(?i)\blog(?:in|on|ged in) as ([^\s\"',;:()\[\]=<>]+)",
    r"(?i)\b(?:user(?:name)?|account) ([^\s\"',;:()\[\]=<>/]+)(?:[^/]|$)",
)
_NO_NAME: Final = frozenset(
    {
        "(null)", "-", "--", "?", "a", "access", "account", "agent", "an", "and", "api", "are", "at", "attempt",
        "attempts", "authentication", "bad", "because", "been", "but", "by", "can't", "cannot", "client", "could",
        "denied", "details", "did", "does", "due", "error", "fail", "failed", "failure", "for", "from", "has",
        "host", "id", "in", "invalid", "ip", "is", "locked", "logged", "login", "name", "none", "not", "null", "of",
        "on", "or", "password", "rejected", "remote", "service", "session", "sessions", "that", "the", "this", "to",
        "tried", "tries", "try", "unknown", "user", "via", "was", "web", "will", "with", "wrong",
    }
)  # fmt: skip
"""Words that may follow `user`, and are no name."""


def _plain(text: pl.Expr) -> pl.Expr:
    """Quoted text left out, unless it is an address and nothing else, or the key of a JSON object."""
    text = text.str.replace_all(_KEY, " $1: ").str.replace_all(_QUOTED_ADDRESS, " $1 ")
    return text.str.replace_all(r'"[^"]*"', '""').str.replace_all(r"(^|[\s=:(\[,])'[^']*'", "$1''")


def _marked(text: pl.Expr, pattern: str) -> pl.Expr:
    """The one address that a marker names: what differs before and after the name of the user is none."""
    head = text.str.replace(rf"{_WHO}(?s:.*)$", "")
    tail = text.str.slice(head.str.len_chars())

    def last(part: pl.Expr) -> pl.Expr:
        return part.str.extract_all(pattern).list.last().str.extract(pattern, 1).str.to_lowercase()

    return pl.when(last(head).is_null() | last(tail).is_null() | (last(head) == last(tail))).then(
        pl.coalesce(last(tail), last(head))
    )


def peer(text: pl.Expr) -> pl.Expr:
    """The peer's address as the program wrote it, or null: none, or candidates that contradict each other."""
    plain = _plain(text)
    # Doubled, so that one match leaves a blank for the next.
    others = plain.str.replace_all(_OTHER_SIDE, " ").str.replace_all(r"[\s,;|]+", "  ")
    alone = (
        others.str.extract_all(_ALONE).list.eval(pl.element().str.extract(_ALONE, 1).str.to_lowercase()).list.unique()
    )
    bracketed = (
        others.str.extract_all(_BRACKETED)
        .list.eval(pl.element().str.extract(_BRACKETED, 1).str.to_lowercase())
        .list.unique()
    )
    strong = plain.str.contains(_STRONG_PEER)
    weak = plain.str.contains(_WEAK_PEER)
    return (
        pl.when(strong)
        .then(_marked(plain, _STRONG_PEER))
        .when(weak & (alone.list.len() < 2))
        .then(_marked(plain, _WEAK_PEER))
        .when(bracketed.list.len() == 1)
        .then(bracketed.list.first())
        .when(alone.list.len() == 1)
        .then(alone.list.first())
        .otherwise(plain.str.extract(_HOST_NAME, 1))
    )


def user(text: pl.Expr) -> pl.Expr:
    """The user's name where the program marks it, or null."""
    found = []
    for number, pattern in enumerate(_USER):
        groups = 5 if number == 0 else 1
        found.append(pl.coalesce(text.str.extract(pattern, group) for group in range(1, groups + 1)))
    names = [pl.when(~name.str.to_lowercase().is_in(list(_NO_NAME))).then(name.str.strip_chars(" .")) for name in found]
    return pl.coalesce(names).replace("", None)
