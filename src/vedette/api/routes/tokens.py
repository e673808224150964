"""API keys: of whoever asks, and for administrators of all."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from vedette.api.access import Viewer
from vedette.api.once import secret
from vedette.api.place import Here
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.model.account import Scope, Token

router = APIRouter(prefix="/tokens", tags=["tokens"])


class NewToken(BaseModel):
    """`scopes`: at most what its owner may. `days`: until it expires; null: never."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)] = ["read"]
    days: Annotated[int, Field(ge=1, le=3660)] | None = 90


class MadeToken(BaseModel):
    """`secret` is told this once."""

    token: Token
    secret: str


@router.get("")
def list_tokens(who: Viewer, here: Here, everybodys: bool = False) -> list[Token]:
    """Keys, the newest first, also those that were revoked; never their secrets."""
    if everybodys and not who.may("admin"):
        raise Problem(403, "the keys of others are for administrators", code="forbidden", fix="leave out everybodys")
    return here.store.accounts.tokens(None if everybodys else who.name)


@router.post("", status_code=201)
def create_token(who: Viewer, here: Here, request: Request, given: NewToken) -> MadeToken:
    """A new key of one's own."""
    if who.session is None:
        fix = "sign in with a browser, or: vedette token create"
        raise Problem(403, "a key cannot make keys: it could outlive its own end", code="forbidden", fix=fix)
    secret(request)
    now = here.now()
    expires = None if given.days is None else now + timedelta(days=given.days)
    token, text = here.store.accounts.new_token(who.name, given.name, given.scopes, now, expires)
    tell(request, subject=f"token {token.id}", detail=f"scopes {' '.join(token.scopes)}, expires {expires or 'never'}")
    return MadeToken(token=token, secret=text)


@router.delete("/{token_id}")
def revoke_token(who: Viewer, here: Here, request: Request, token_id: str) -> Token:
    """End a key at once: one's own, or as an administrator anybody's. A key may end itself, and others only where it administers."""
    tell(request, subject=f"token {token_id[:80]}")
    if who.token is not None and who.token.id != token_id and not who.may("admin"):
        fix = "sign in with a browser, or: vedette token revoke"
        raise Problem(403, "a key cannot end the other keys of its owner", code="forbidden", fix=fix)
    return here.store.accounts.revoke(token_id, here.now(), None if who.may("admin") else who.name)
