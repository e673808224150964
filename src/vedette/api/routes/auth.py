"""Signing in and out, by password or a one-time link; the account of whoever asks."""

import time
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from vedette.api import passwords
from vedette.api.access import Anybody, Viewer, Who
from vedette.api.credentials import cookie_name
from vedette.api.guard import address, secure, too_often
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.rates import near
from vedette.api.record import tell
from vedette.api.sessions import open_session
from vedette.model.account import Role, Scope, Session, Via

router = APIRouter(prefix="/auth", tags=["auth"])
LINK = "(link)"
"""What a link's account is called where tries are counted: nobody's name."""
Password = Annotated[str, Field(max_length=passwords.LONGEST)]


class Me(BaseModel):
    """`password`: whether there is one; who came by a link should set one."""

    name: str
    role: Role
    scopes: list[Scope]
    via: Via
    password: bool
    expires: datetime | None


class ByPassword(BaseModel):
    name: Annotated[str, Field(max_length=100)]
    password: Password


class ByLink(BaseModel):
    token: Annotated[str, Field(max_length=100)]


class NewPassword(BaseModel):
    """`current`: may be left out by who has none yet, or came by a link."""

    current: Password = ""
    new: Password


@router.post("/password")
def sign_in(_who: Anybody, here: Here, request: Request, response: Response, given: ByPassword) -> Me:
    """Sign in by name and password: the answer sets the session's cookie."""
    name, where = given.name.strip().lower(), near(address(request.scope))
    stored = here.store.accounts.password(name)
    if not _right(here, name, where, stored, given.password) or stored is None:
        known = here.store.accounts.user(name) is not None
        # Of an unknown name nothing is kept: people type their password into the wrong field.
        tell(request, who="", subject=name if known else "(unknown name)", detail="wrong name or password")
        raise Problem(401, "wrong name or password", code="unauthorized", fix="try again, or have an administrator send you a link")
    if passwords.outdated(stored):
        here.store.accounts.rehash(name, passwords.hashed(given.password))
    return _me(here, open_session(here, request, response, name, "password"))


@router.post("/link")
def sign_in_by_link(_who: Anybody, here: Here, request: Request, response: Response, given: ByLink) -> Me:
    """Sign in by a one-time link, which is used up by this."""
    where = near(address(request.scope))
    if wait := here.backoff.take(LINK, where, time.monotonic()):  # nobody guesses one, but each try is in the audit log
        raise too_often(wait)
    user = here.store.accounts.redeem(given.token, here.now())
    if user is None or user.disabled:
        tell(request, who="", subject="(link)", detail="link unknown, used or over")
        raise Problem(401, "this link was used before, or its time is over", code="unauthorized", fix="vedette open makes a new one")
    here.backoff.right(LINK, where)
    return _me(here, open_session(here, request, response, user.name, "link"))


class Ways(BaseModel):
    """How one can sign in."""

    password: bool = True
    single_sign_on: bool


@router.get("/ways")
def get_ways_to_sign_in(_who: Anybody, here: Here) -> Ways:
    """For the page that asks."""
    return Ways(single_sign_on=here.tree.api.single_sign_on is not None)


@router.post("/sign-out", status_code=204)
def sign_out(_who: Viewer, here: Here, request: Request, response: Response) -> None:
    """End this session."""
    here.store.accounts.sign_out(request.cookies.get(cookie_name(here), ""))
    response.delete_cookie(cookie_name(here), path="/", secure=secure(here), httponly=True, samesite="lax")


@router.get("/me")
def get_me(who: Viewer, here: Here) -> Me:
    """Who I am and what I may do."""
    return _me(here, who)


@router.put("/password", status_code=204)
def change_password(who: Viewer, here: Here, request: Request, response: Response, given: NewPassword) -> None:
    """Set a password of one's own; all other sessions end."""
    session = _by_session(who)
    stored = here.store.accounts.password(who.name)
    where = near(address(request.scope))
    if stored is not None and session.how != "link" and not _right(here, who.name, where, stored, given.current):
        raise Problem(403, "this is not the current password", code="password", fix="give the current one")
    here.store.accounts.change(who.name, here.now(), password=passwords.hashed(given.new, who.name))
    open_session(here, request, response, who.name, "password")


@router.get("/sessions")
def list_my_sessions(who: Viewer, here: Here) -> list[Session]:
    """Where I am signed in."""
    return here.store.accounts.sessions(who.name)


@router.delete("/sessions/{session_id}", status_code=204)
def end_my_session(who: Viewer, here: Here, session_id: str) -> None:
    """Sign out there."""
    _by_session(who)
    here.store.accounts.end(who.name, session_id)


def _right(here: Place, name: str, where: str, stored: str | None, password: str) -> bool:
    """Whether this is the password.

    Raises:
        Problem: it is too early to look, or there are too many to be looked at.
    """
    if wait := here.backoff.take(name, where, time.monotonic()):
        raise too_often(wait)
    try:
        right = passwords.right(stored, password)
    except Problem:
        here.backoff.unseen(name, where)
        raise
    if right:
        here.backoff.right(name, where)
    else:
        here.backoff.wrong(name, where, time.monotonic())
    return right


def _by_session(who: Who) -> Session:
    if who.session is None:
        raise Problem(403, "an API key cannot change how its owner signs in", code="forbidden", fix="sign in with a browser")
    return who.session


def _me(here: Place, who: Who) -> Me:
    user = here.store.accounts.user(who.name)
    over = who.token.expires if who.token else who.session.created + here.tree.api.session if who.session else None
    has = bool(user and user.password)
    return Me(name=who.name, role=who.role, scopes=sorted(who.scopes), via=who.via, password=has, expires=over)
