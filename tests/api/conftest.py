"""The API in this process, on a store of its own, with a user of every role and a clock that tests set."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from vedette.api import passwords
from vedette.api.app import create
from vedette.config.tree import Api, Blocking, Intel, Tree
from vedette.model.account import ROLES, SCOPES
from vedette.store.store import open_store

PASSWORD = "four words nobody joins"
NO_LISTS = Intel()
OWN = {"Origin": "http://localhost"}


@pytest.fixture(scope="session")
def hashed() -> str:
    return passwords.hashed(PASSWORD)


class Service:
    """`app` and its `store`; `now` moves on by hand."""

    def __init__(self, directory: Path, hashed: str, config: Path | None, intel: Intel, **settings: object) -> None:
        self.now = datetime(2026, 2, 1, 12, tzinfo=UTC)
        self.said: list[tuple[str, dict]] = []
        tree = Tree(data_dir=directory, api=Api(**settings), blocking=Blocking(mode="off"), intel=intel)
        open_store(directory).close()
        self.store = open_store(directory, writer=False)
        self.app = create(tree, self.store, config=config, log=lambda event, facts: self.said.append((event, facts)), now=lambda: self.now)
        for role in ROLES:
            self.store.accounts.add(role, role, hashed, self.now)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def client(self, address: str = "203.0.113.5", base: str = "http://localhost") -> TestClient:
        return TestClient(self.app, base, raise_server_exceptions=False, client=(address, 40000))

    def signed_in(self, name: str, **more: str) -> TestClient:
        client = self.client(**more)
        client.cookies.set("vedette", self.store.accounts.sign_in(name, "password", self.now))
        client.headers.update(OWN)
        return client

    def keyed(self, role: str, scopes=None, days: int = 1) -> TestClient:
        _, secret = self.store.accounts.new_token(role, "test", scopes or SCOPES[role], self.now, self.now + timedelta(days=days))
        client = self.client()
        client.headers["X-API-Key"] = secret
        return client


@pytest.fixture
def make(tmp_path, hashed):
    made = []

    def service(config: Path | None = None, intel: Intel = NO_LISTS, **settings: object) -> Service:
        made.append(Service(tmp_path / f"data{len(made)}", hashed, config, intel, **settings))
        return made[-1]

    yield service
    for each in made:
        each.store.close()


@pytest.fixture
def service(make) -> Service:
    return make()
