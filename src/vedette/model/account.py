"""Who may use Vedette, and what each may do: users with a role, their sessions and API keys, the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from vedette.model.errors import VedetteError

Role = Literal["viewer", "analyst", "responder", "admin"]
"""viewer: look. analyst: work on alerts, incidents, rules. responder: that, and block. admin: everything."""
Scope = Literal["read", "work", "block", "admin"]
"""What a request may do. Blocking is a scope of its own, so that a key may block and nothing else."""
Via = Literal["session", "token", "cli"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
SCOPES: Final[dict[Role, frozenset[Scope]]] = {
    "viewer": frozenset({"read"}),
    "analyst": frozenset({"read", "work"}),
    "responder": frozenset({"read", "work", "block"}),
    "admin": frozenset({"read", "work", "block", "admin"}),
}


class AccountError(VedetteError):
    """An account cannot be had or changed like that."""

    code = "account"


class NoAccountError(AccountError):
    """There is no such user, key or session."""

    code = "no-account"


@dataclass(frozen=True)
class User:
    """`password`: whether there is one; the hash itself never leaves the store. `sso`: comes by single sign-on."""

    name: str
    role: Role
    password: bool
    disabled: bool
    sso: bool
    created: datetime
    changed: datetime


@dataclass(frozen=True)
class Session:
    """A signed-in browser. `id`: a name for it, not its secret. `how`: by what it was opened."""

    id: str
    user: str
    how: str
    created: datetime
    used: datetime
    origin: str
    agent: str


@dataclass(frozen=True)
class Token:
    """An API key. `id`: a name for it, not its secret; `hint`: the first characters of the secret, to find it again."""

    id: str
    hint: str
    name: str
    user: str
    scopes: tuple[Scope, ...]
    created: datetime
    expires: datetime | None
    used: datetime | None
    revoked: datetime | None


@dataclass(frozen=True)
class Entry:
    """One line of the audit log. `what`: the operation; `subject`: what it was done to; `result`: the HTTP status, or 0
    for done on the command line. `digest` covers all of it and the digest of the entry before."""

    number: int
    at: datetime
    who: str
    via: str
    origin: str
    what: str
    subject: str
    result: int
    detail: str
    digest: str
