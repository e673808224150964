"""Single sign-on: to the provider, and back. Both are for browsers; both answer with a redirect."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from vedette.api import oidc
from vedette.api.access import Anybody
from vedette.api.credentials import cookie_name
from vedette.api.guard import secure
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.api.sessions import open_session
from vedette.config.tree import SingleSignOn
from vedette.model.account import ROLES, AccountError, Role

router = APIRouter(prefix="/auth/sso", tags=["auth"])
Word = Annotated[str, Query(max_length=4000)]


@router.get("", status_code=303, response_class=RedirectResponse)
def begin_single_sign_on(_who: Anybody, here: Here, request: Request) -> RedirectResponse:
    """Send the browser to the provider."""
    settings = _settings(here)
    scheme = "https" if secure(here) else request.url.scheme
    # The Host is one of ours (api.guard); the provider knows which redirects are.
    redirect = f"{scheme}://{request.headers['host']}{request.url.path}/callback"
    state, attempt = here.begun.begin(redirect, here.now())
    response = RedirectResponse(oidc.going(settings, state, attempt), 303)
    seconds = int(oidc.LASTS.total_seconds())
    response.set_cookie(_cookie(here), state, seconds, path="/", secure=secure(here), httponly=True, samesite="lax")
    return response


@router.get("/callback", status_code=303, response_class=RedirectResponse)
def end_single_sign_on(
    _who: Anybody, here: Here, request: Request, state: Word = "", code: Word = "", error: Word = ""
) -> RedirectResponse:
    """The provider sends the browser back: sign in whom it names."""
    settings = _settings(here)
    # Only in the browser that began it: else somebody could be signed in as another without knowing.
    mine = hmac.compare_digest(request.cookies.get(_cookie(here), "").encode(), state.encode())
    attempt = here.begun.end(state, here.now()) if mine else None
    if attempt is None:
        raise Problem(400, "this sign-in was not begun here, or took too long", code="single-sign-on", fix="begin again")
    if error or not code:
        raise Problem(401, "the provider did not sign you in", code="single-sign-on", fix="begin again")
    person = oidc.arrived(settings, attempt, code, here.now())
    tell(request, who="", subject=f"user {person.name}", detail="by single sign-on")
    role = _role(settings, person)
    if role is None:
        raise Problem(403, f"{person.name[:80]!r} is in no group that is let in", code="forbidden", fix="ask an administrator")
    try:
        user = here.store.accounts.foreign(person.subject, person.name, role, here.now())
    except AccountError as refused:
        raise Problem(403, refused.what, code="forbidden", fix=refused.fix) from None
    response = RedirectResponse("/", 303)
    response.delete_cookie(_cookie(here), path="/", secure=secure(here), httponly=True, samesite="lax")
    open_session(here, request, response, user.name, "single sign-on")
    return response


def _settings(here: Place) -> SingleSignOn:
    if here.tree.api.single_sign_on is None:
        raise Problem(404, "there is no single sign-on here", code="single-sign-on", fix="set api.single_sign_on")
    return here.tree.api.single_sign_on


def _role(settings: SingleSignOn, person: oidc.Person) -> Role | None:
    given = [settings.roles[group] for group in person.groups if group in settings.roles]
    return max(given, key=ROLES.index, default=settings.role)


def _cookie(here: Place) -> str:
    return f"{cookie_name(here)}-sso"
