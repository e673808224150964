"""Users and their roles; for administrators."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from vedette.api import passwords
from vedette.api.access import Admin
from vedette.api.once import secret
from vedette.api.place import Here
from vedette.api.record import tell
from vedette.model.account import NoAccountError, Role, User

router = APIRouter(prefix="/users", tags=["users"])
LASTS: Final = timedelta(days=1)
"""Of a link that is sent to somebody."""


class NewUser(BaseModel):
    """Without a password the user comes by a link (`POST /users/{name}/link`)."""

    name: Annotated[str, Field(max_length=64)]
    role: Role
    password: Annotated[str, Field(max_length=passwords.LONGEST)] | None = None


class Changes(BaseModel):
    """What is left out stays. Any change ends the user's sessions."""

    role: Role | None = None
    disabled: bool | None = None
    password: Annotated[str, Field(max_length=passwords.LONGEST)] | None = None


class Link(BaseModel):
    """Append `#link=TOKEN` to the address of the console."""

    token: str
    lasts_seconds: int


@router.get("")
def list_users(_who: Admin, here: Here) -> list[User]:
    """By name."""
    return here.store.accounts.users()


@router.post("", status_code=201)
def add_user(_who: Admin, here: Here, request: Request, given: NewUser) -> User:
    """A new user."""
    tell(request, subject=f"user {given.name}", detail=f"role {given.role}")
    password = None if given.password is None else passwords.hashed(given.password, given.name)
    return here.store.accounts.add(given.name, given.role, password, here.now())


@router.get("/{name}")
def get_user(_who: Admin, here: Here, name: str) -> User:
    """One user."""
    user = here.store.accounts.user(name)
    if user is None:
        raise NoAccountError(f"no user {name[:80]!r}", fix="GET /api/v1/users lists them")
    return user


@router.patch("/{name}")
def change_user(_who: Admin, here: Here, request: Request, name: str, given: Changes) -> User:
    """Change role or password, disable or enable."""
    said = [f"{key} {value}" for key, value in (("role", given.role), ("disabled", given.disabled)) if value is not None]
    tell(request, subject=f"user {name}", detail=", ".join([*said, *(["password"] if given.password is not None else [])]))
    password = None if given.password is None else passwords.hashed(given.password, name)
    return here.store.accounts.change(name, here.now(), role=given.role, disabled=given.disabled, password=password)


@router.delete("/{name}", status_code=204)
def remove_user(_who: Admin, here: Here, request: Request, name: str) -> None:
    """Remove a user with all sessions and keys. The audit log keeps what it says of them."""
    tell(request, subject=f"user {name}")
    here.store.accounts.remove(name)


@router.post("/{name}/link")
def make_sign_in_link(_who: Admin, here: Here, request: Request, name: str) -> Link:
    """A link that signs this user in once, within a day; to be sent on a safe way."""
    secret(request)
    tell(request, subject=f"user {name}")
    return Link(token=here.store.accounts.link(name, here.now(), LASTS), lasts_seconds=int(LASTS.total_seconds()))
