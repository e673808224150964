"""Users, sessions, API keys and sign-in links in the state database. Of every secret only the SHA-256 is stored: they have
256 random bits, so that nothing slower is needed. Passwords come here as argon2id hashes.

The process of the API and the command line write here, never the agent.
"""

import re
import secrets
import zlib
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from vedette.model.account import ROLES, SCOPES, AccountError, NoAccountError, Role, Scope, Session, Token, User
from vedette.store import tables
from vedette.store.database import Database
from vedette.store.tables import micros, moment

PREFIX: Final = "vdt_"
"""Of an API key, so that scanners of leaked secrets know it; eight digits of CRC-32 at its end tell a typing error."""
KEY: Final = re.compile(r"vdt_([0-9a-f]{64})([0-9a-f]{8})")
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
TOUCH: Final = timedelta(minutes=1)
"""How exactly it is known when a session or key was last used: a write for every request would be a disk flush each."""
ID: Final = 16
"""Characters of the digest that are a session's or key's id."""
KEYS: Final = 100
"""Of one user that are in force."""
SESSIONS: Final = 50
"""Of one user; the one that was not used for longest makes room."""


def digest(secret: str) -> str:
    """What is stored in place of a secret."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def known(key: str) -> bool:
    """Whether a text has the form of an API key, and its checksum."""
    found = KEY.fullmatch(key)
    return bool(found) and f"{zlib.crc32(found[1].encode()):08x}" == found[2] if found else False


class Accounts:
    """Every method is one transaction, and may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- users ---

    def users(self) -> list[User]:
        """By name."""
        with self._database.read() as connection:
            return [_user(row) for row in connection.execute(sa.select(tables.users).order_by(tables.users.c.name))]

    def user(self, name: str) -> User | None:
        """One of them."""
        with self._database.read() as connection:
            return _one(connection, name)

    def password(self, name: str) -> str | None:
        """The hash of a user who may sign in with it; None of all others."""
        t = tables.users
        with self._database.read() as connection:
            return connection.execute(sa.select(t.c.password).where(t.c.name == name, t.c.disabled == 0)).scalar()

    def add(self, name: str, role: Role, password: str | None, now: datetime) -> User:
        """A new user.

        Args:
            password: its argon2id hash; without, the user can only come by a sign-in link.

        Raises:
            AccountError: the name is taken or is none.
        """
        if not NAME.fullmatch(name):
            raise AccountError(f"{name[:80]!r} is no user name", fix="lower-case letters, digits and . _ @ -, at most 64")
        with self._database.write() as connection:
            if _one(connection, name):
                raise AccountError(f"there is a user {name!r}", fix="choose another name")
            at = micros(now)
            values = {"name": name, "role": role, "password": password, "disabled": 0, "created": at, "changed": at}
            connection.execute(sa.insert(tables.users).values(**values))
            return _known(connection, name)

    def change(
        self, name: str, now: datetime, *, role: Role | None = None, disabled: bool | None = None, password: str | None = None
    ) -> User:
        """Change what is given. Sessions of the user end, so that nobody goes on with what they no longer may.

        Raises:
            AccountError: no such user, or nobody would be left to administer.
        """
        given: dict[str, Any] = {"role": role, "disabled": None if disabled is None else int(disabled), "password": password}
        with self._database.write() as connection:
            _known(connection, name)
            changes = {key: value for key, value in given.items() if value is not None}
            connection.execute(
                sa.update(tables.users).where(tables.users.c.name == name).values(**changes, changed=micros(now))
            )
            _somebody_left(connection)
            connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.user == name))
            connection.execute(sa.delete(tables.links).where(tables.links.c.user == name))
            return _known(connection, name)

    def foreign(self, subject: str, name: str, role: Role, now: datetime) -> User:
        """Whoever the issuer of single sign-on says this is, with the role that it gives; made when there was none.

        Raises:
            AccountError: disabled here, or the name is that of somebody else: it would be taken over.
        """
        t = tables.users
        with self._database.write() as connection:
            row = connection.execute(sa.select(t).where(t.c.subject == subject)).one_or_none()
            if row is None:
                if not NAME.fullmatch(name):
                    raise AccountError(f"{name[:80]!r} is no user name", fix="choose another claim: api.single_sign_on.name")
                if _one(connection, name):
                    raise AccountError(f"there is another user {name!r}", fix="an administrator removes one of the two")
                values = {"name": name, "role": role, "subject": subject, "disabled": 0, "created": micros(now), "changed": micros(now)}
                connection.execute(sa.insert(t).values(**values))
                return _known(connection, name)
            if row.disabled:
                raise AccountError("this user is disabled", fix="ask an administrator")
            if row.role != role:
                connection.execute(sa.update(t).where(t.c.subject == subject).values(role=role, changed=micros(now)))
                connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.user == row.name))
                _somebody_left(connection)
            return _known(connection, row.name)

    def rehash(self, name: str, password: str) -> None:
        """The same password, hashed with newer parameters."""
        with self._database.write() as connection:
            connection.execute(sa.update(tables.users).where(tables.users.c.name == name).values(password=password))

    def remove(self, name: str) -> None:
        """The user with all sessions and keys; what the audit log says of them stays.

        Raises:
            AccountError: as `change`.
        """
        with self._database.write() as connection:
            _known(connection, name)
            for table in (tables.sessions, tables.tokens, tables.links):
                connection.execute(sa.delete(table).where(table.c.user == name))
            connection.execute(sa.delete(tables.users).where(tables.users.c.name == name))
            _somebody_left(connection)

    # --- sign-in links ---

    def link(self, name: str, now: datetime, lasts: timedelta) -> str:
        """The secret of a link that signs this user in once.

        Raises:
            AccountError: no such user, or disabled.
        """
        secret = secrets.token_urlsafe(32)
        with self._database.write() as connection:
            if _known(connection, name).disabled:
                raise AccountError(f"{name!r} is disabled", fix=f"vedette user enable {name}")
            connection.execute(sa.delete(tables.links).where(tables.links.c.expires <= micros(now)))
            values = {"digest": digest(secret), "user": name, "expires": micros(now + lasts)}
            connection.execute(sa.insert(tables.links).values(**values))
        return secret

    def redeem(self, secret: str, now: datetime) -> User | None:
        """The user of a link, which is used up by this."""
        t = tables.links
        with self._database.write() as connection:
            used = sa.delete(t).where(t.c.digest == digest(secret), t.c.expires > micros(now)).returning(t.c.user)
            name = connection.execute(used).scalar()
            return None if name is None else _one(connection, name)

    # --- sessions ---

    def sign_in(self, name: str, how: str, now: datetime, origin: str = "", agent: str = "") -> str:
        """The secret of a new session."""
        t = tables.sessions
        secret = secrets.token_urlsafe(32)
        at = micros(now)
        values = {"digest": digest(secret), "user": name, "how": how, "created": at, "used": at}
        with self._database.write() as connection:
            connection.execute(sa.insert(t).values(**values, origin=origin[:100], agent=agent[:200]))
            newest = sa.select(t.c.digest).where(t.c.user == name).order_by(t.c.used.desc()).limit(SESSIONS)
            connection.execute(sa.delete(t).where(t.c.user == name, t.c.digest.not_in(newest)))
        return secret

    def session(
        self, secret: str, now: datetime, idle: timedelta, longest: timedelta, *, touch: bool = True
    ) -> tuple[User, Session] | None:
        """Whose session this is; None when it is over or its user disabled.

        Args:
            idle: how long it lasts without being used.
            longest: how long it lasts at all.
            touch: this is a use of it.
        """
        t = tables.sessions
        with self._database.read() as connection:
            row = connection.execute(sa.select(t).where(t.c.digest == digest(secret))).one_or_none()
            user = _one(connection, row.user) if row else None
        if row is None or user is None or user.disabled:
            return None
        if now - moment(row.used) >= idle or now - moment(row.created) >= longest:
            self.sign_out(secret)
            return None
        if touch and now - moment(row.used) >= TOUCH:
            with self._database.write() as connection:
                connection.execute(sa.update(t).where(t.c.digest == row.digest).values(used=micros(now)))
        return user, _session(row)

    def sessions(self, name: str) -> list[Session]:
        """Of a user, the last used first; also those that are over and were not looked at since."""
        t = tables.sessions
        with self._database.read() as connection:
            return [_session(row) for row in connection.execute(sa.select(t).where(t.c.user == name).order_by(t.c.used.desc()))]

    def sign_out(self, secret: str) -> None:
        """End one session."""
        with self._database.write() as connection:
            connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.digest == digest(secret)))

    def end(self, name: str, session_id: str) -> None:
        """End a session of a user, by its id.

        Raises:
            NoAccountError: there is none.
        """
        t = tables.sessions
        with self._database.write() as connection:
            found = sa.delete(t).where(t.c.user == name, sa.func.substr(t.c.digest, 1, ID) == session_id)
            if not connection.execute(found).rowcount:
                raise NoAccountError("no such session", where=session_id[:80])

    # --- API keys ---

    def new_token(
        self, owner: str, name: str, scopes: Collection[Scope], now: datetime, expires: datetime | None
    ) -> tuple[Token, str]:
        """A key and its secret, which nobody can see again.

        Raises:
            AccountError: no such user, or the key would be allowed more than its owner.
        """
        body = secrets.token_hex(32)
        secret = f"{PREFIX}{body}{zlib.crc32(body.encode()):08x}"
        hashed = digest(secret)
        with self._database.write() as connection:
            role = _known(connection, owner).role
            if not scopes or not SCOPES[role].issuperset(scopes):
                fix = f"some of: {', '.join(sorted(SCOPES[role]))}"
                raise AccountError(f"a key of {owner!r} ({role}) cannot have these scopes", fix=fix)
            t = tables.tokens
            counted = sa.select(sa.func.count()).where(
                t.c.user == owner, t.c.revoked.is_(None), sa.or_(t.c.expires.is_(None), t.c.expires > micros(now))
            )
            if connection.execute(counted).scalar_one() >= KEYS:
                raise AccountError(f"{owner!r} has {KEYS} keys in force", fix="revoke some that are not used: vedette token list")
            values = {
                "digest": hashed, "id": hashed[:ID], "hint": secret[:10], "name": name[:100], "user": owner,
                "scopes": msgspec.json.encode(sorted(scopes)).decode(), "created": micros(now),
                "expires": None if expires is None else micros(expires),
            }  # fmt: skip
            row = connection.execute(sa.insert(t).values(**values).returning(t)).one()
        return _token(row), secret

    def token(self, secret: str, now: datetime, *, touch: bool = True) -> tuple[User, Token] | None:
        """Whose key this is; None when it was revoked, has expired, or its user is disabled. `touch`: this is a use of it."""
        t = tables.tokens
        if not known(secret):
            return None
        with self._database.read() as connection:
            row = connection.execute(sa.select(t).where(t.c.digest == digest(secret))).one_or_none()
            user = _one(connection, row.user) if row else None
        if row is None or user is None or user.disabled:
            return None
        token = _token(row)
        if token.revoked or (token.expires and token.expires <= now):
            return None
        if touch and (token.used is None or now - token.used >= TOUCH):
            with self._database.write() as connection:
                connection.execute(sa.update(t).where(t.c.digest == row.digest).values(used=micros(now)))
        return user, token

    def tokens(self, owner: str | None = None) -> list[Token]:
        """Of a user, or all; the newest first."""
        t = tables.tokens
        tests = [] if owner is None else [t.c.user == owner]
        with self._database.read() as connection:
            return [_token(row) for row in connection.execute(sa.select(t).where(*tests).order_by(t.c.created.desc(), t.c.id))]

    def revoke(self, token_id: str, now: datetime, owner: str | None = None) -> Token:
        """End a key; it stays in the list.

        Args:
            owner: only if it is this user's.

        Raises:
            AccountError: there is none.
        """
        t = tables.tokens
        tests = [t.c.id == token_id, *([] if owner is None else [t.c.user == owner])]
        at = sa.func.coalesce(t.c.revoked, micros(now))
        with self._database.write() as connection:
            row = connection.execute(sa.update(t).where(*tests).values(revoked=at).returning(t)).one_or_none()
        if row is None:
            raise NoAccountError("no such API key", where=token_id[:80], fix="vedette token list")
        return _token(row)


def _one(connection: sa.Connection, name: str) -> User | None:
    row = connection.execute(sa.select(tables.users).where(tables.users.c.name == name)).one_or_none()
    return None if row is None else _user(row)


def _known(connection: sa.Connection, name: str) -> User:
    user = _one(connection, name)
    if user is None:
        raise NoAccountError(f"no user {name[:80]!r}", fix="vedette user list")
    return user


def _somebody_left(connection: sa.Connection) -> None:
    """Without an administrator who may come in, nobody could ever change anything again."""
    t = tables.users
    if not connection.execute(sa.select(t.c.name).where(t.c.role == ROLES[-1], t.c.disabled == 0).limit(1)).scalar():
        raise AccountError("this is the last administrator", fix="make another user admin first")


def _user(row: Any) -> User:
    times = (moment(row.created), moment(row.changed))
    return User(row.name, row.role, row.password is not None, bool(row.disabled), row.subject is not None, *times)


def _session(row: Any) -> Session:
    return Session(row.digest[:ID], row.user, row.how, moment(row.created), moment(row.used), row.origin, row.agent)


def _token(row: Any) -> Token:
    scopes = msgspec.json.decode(row.scopes, type=tuple[Scope, ...])
    times = (None if value is None else moment(value) for value in (row.expires, row.used, row.revoked))
    return Token(row.id, row.hint, row.name, row.user, scopes, moment(row.created), *times)
