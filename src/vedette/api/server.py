"""`vedette serve`: where it listens, whom it lets in first, and how it ends."""

import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import uvicorn

from vedette.api.app import create
from vedette.api.connections import bounded
from vedette.api.place import Log
from vedette.collect.listening import is_loopback, listener, split
from vedette.config.tree import Tree
from vedette.model.account import AccountError
from vedette.model.errors import ConfigError
from vedette.runtime import console
from vedette.store.accounts import Accounts
from vedette.store.store import LocalStore, opened

LASTS: Final = timedelta(minutes=15)
"""Of a sign-in link that is printed."""
FIRST: Final = "admin"
"""The user that is made when there is none. It has no password: it comes by a link and sets one."""
ENDING: Final = 5
"""Seconds that requests have to end in."""
CONNECTIONS: Final = 512


def serve(tree: Tree, config: Path | None, log: Log, ready: Callable[[str, str], None], *, link: str | None, parent: bool) -> None:
    """Serve until SIGTERM, SIGINT, or with `parent` the end of standard input.

    Args:
        ready: takes the address, and a sign-in link or "", for the person who watches.
        link: make a sign-in link, to this page of the dashboard; None: only for the first start.

    Raises:
        ConfigError: it would listen where it must not.
        SourceError: the port is taken, or a certificate cannot be used.
        StoreError: there is no store, or it is of another version and an agent holds it.
    """
    if tree.api.listen is None:
        raise ConfigError(["api.listen is null: the service is switched off"], fix="set api.listen, such as 127.0.0.1:8765")
    os.umask(0o077)
    with opened(tree.data_dir) as store:
        name = administrator(store.accounts)
        check(tree, store.accounts)
        app = create(tree, store, config=config, log=log)
        context = tree.api.tls.context() if tree.api.tls else None
        bound = listener(tree.api.listen, socket.SOCK_STREAM)
        url = address(tree, bound.getsockname()[1])
        settings = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            http=bounded(tree.api.proxies if tree.api.behind_proxy else ()),
            ws="websockets-sansio",
            ws_max_size=4096,  # nothing is taken from a client
            proxy_headers=tree.api.behind_proxy,
            forwarded_allow_ips=list(tree.api.proxies),
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=ENDING,
            ssl_context_factory=(lambda _config, _default: context) if context else None,
        )
        server = uvicorn.Server(settings)
        _logged(log)
        console.tell(tree.data_dir, url)
        first = not any(user.password for user in store.accounts.users())
        if "JOURNAL_STREAM" in os.environ:  # systemd: more people read the journal than the data directory
            log("first start" if first else "ready", {"fix": "vedette open prints a sign-in link"})
            link, first = None, False
        ready(url, signing_in(store, name, url + (link or "")) if first or link is not None else "")
        log("serving", {"url": url, "pid": os.getpid()})
        if parent:
            threading.Thread(target=_with_parent, args=(server,), name="parent", daemon=True).start()
        with suppress(KeyboardInterrupt):  # which is how the signal that ended it is passed on
            server.run([bound])
        app.state.place.jobs.close()
        log("served", {"url": url})


def administrator(accounts: Accounts) -> str:
    """The user that a sign-in link is for: the first administrator; made when there are no users at all.

    Raises:
        AccountError: there are users, but nobody among them administers.
    """
    users = accounts.users()
    if not users:
        with suppress(AccountError):  # somebody else was first
            accounts.add(FIRST, "admin", None, datetime.now(UTC))
        return FIRST
    name = next((user.name for user in users if user.role == "admin" and not user.disabled), None)
    if name is None:
        raise AccountError("no enabled user is an administrator", fix="vedette user role NAME admin, or vedette user enable NAME")
    return name


def check(tree: Tree, accounts: Accounts) -> None:
    """Other machines are let in only where somebody can sign in.

    Raises:
        ConfigError: nobody has a password.
    """
    if tree.api.listen and not is_loopback(tree.api.listen) and not any(u.password and not u.disabled for u in accounts.users()):
        fault = f"api.listen: other machines can reach {tree.api.listen}, and no user has a password"
        raise ConfigError([fault], fix="vedette user add NAME --role admin")


def address(tree: Tree, port: int) -> str:
    """As a browser writes it."""
    host = split(tree.api.listen or "")[0]
    name = tree.api.hosts[0] if tree.api.hosts else {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not bound
    if tree.api.behind_proxy and tree.api.hosts:
        return f"https://{name}/"
    return f"{'https' if tree.api.tls else 'http'}://{f'[{name}]' if ':' in name else name}:{port}/"


def signing_in(store: LocalStore, name: str, url: str) -> str:
    """A one-time link. What stands behind # is not sent, so that it is in no log of a proxy and no Referer."""
    return f"{url}#link={store.accounts.link(name, datetime.now(UTC), LASTS)}"


def _with_parent(server: uvicorn.Server) -> None:
    with suppress(OSError, ValueError):
        sys.stdin.buffer.read()
    server.should_exit = True


class _Passed(logging.Handler):
    """What the server says, in our log."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log("server", {"text": record.getMessage(), "of": record.name})


def _logged(log: Log) -> None:
    for name in ("uvicorn", "uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], False
    logging.getLogger("uvicorn").addHandler(_Passed(log))
    logging.getLogger("uvicorn.error").propagate = True
