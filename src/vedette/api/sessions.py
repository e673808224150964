"""Opening a session: the same however somebody proved who they are."""

from fastapi import Request, Response

from vedette.api.access import Who
from vedette.api.credentials import cookie_name
from vedette.api.guard import address, secure
from vedette.api.place import Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.model.account import SCOPES


def open_session(here: Place, request: Request, response: Response, name: str, how: str) -> Who:
    """A new session; one that the browser had before ends, so that nobody can have planted it."""
    accounts, api = here.store.accounts, here.tree.api
    before = request.cookies.get(cookie_name(here))
    if before:
        accounts.sign_out(before)
    made = accounts.sign_in(name, how, here.now(), address(request.scope), request.headers.get("user-agent", ""))
    found = accounts.session(made, here.now(), api.idle, api.session)
    if found is None:
        raise Problem(401, "this user is disabled", code="unauthorized")
    response.set_cookie(
        cookie_name(here), made, int(api.session.total_seconds()), path="/", secure=secure(here), httponly=True, samesite="lax"
    )
    user, session = found
    tell(request, who=name, subject=f"session {session.id}", detail=f"by {how}")
    return Who(name, user.role, "session", SCOPES[user.role], session=session)
