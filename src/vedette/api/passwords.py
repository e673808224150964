"""Passwords: argon2id with the library's parameters (RFC 9106, low memory), at most two at once: each takes 64 MiB."""

import secrets
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vedette.api.problem import Problem
from vedette.model.account import AccountError

SHORTEST: Final = 10
LONGEST: Final = 1000
AT_ONCE: Final = 2
WAIT: Final = 5.0
"""Seconds that a sign-in waits for its turn."""
_FIX: Final = "a few words that do not belong together"

_turn = BoundedSemaphore(AT_ONCE)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys() -> str:
    """The hash that is looked at for a user whom there is not: the answer takes as long."""
    return _hasher().hash(secrets.token_hex(32))


def hashed(password: str, name: str = "") -> str:
    """What is stored.

    Raises:
        AccountError: it is too short, or as easy to guess as the name.
    """
    if len(password) < SHORTEST or len(set(password)) < 4:
        raise AccountError(f"a password has {SHORTEST} characters or more, and not the same few", fix=_FIX)
    if len(password) > LONGEST:
        raise AccountError(f"longer than {LONGEST} characters", fix="choose a shorter one")
    if name and name.casefold() in password.casefold() and len(password) < SHORTEST + len(name):
        raise AccountError("the name with little more is no password", fix=_FIX)
    with _Turn():
        return _hasher().hash(password)


def right(stored: str | None, password: str) -> bool:
    """Whether this is the password. None, for a user who has none or whom there is not, is never right and takes as long."""
    with _Turn():
        try:
            return _hasher().verify(stored or _nobodys(), password[:LONGEST]) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(stored: str) -> bool:
    """Whether it was hashed with parameters of before."""
    return _hasher().check_needs_rehash(stored)


class _Turn:
    def __enter__(self) -> None:
        if not _turn.acquire(timeout=WAIT):
            raise Problem(503, "too many sign-ins at once", code="busy", fix="try again", headers={"Retry-After": "5"})

    def __exit__(self, *_: object) -> None:
        _turn.release()
