"""What a route works with: the settings, the store, the clock, and the agent to ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Depends
from starlette.requests import HTTPConnection

from vedette.api.access import Who
from vedette.api.jobs import Jobs
from vedette.api.oidc import Begun
from vedette.api.problem import Problem
from vedette.api.rates import Backoff
from vedette.config.tree import Tree
from vedette.model.records import Json
from vedette.runtime.requests import awaited
from vedette.runtime.rulebook import Rulebook
from vedette.runtime.status import read
from vedette.store.store import LocalStore

WAIT: Final = 5.0
"""Seconds that a request waits for the agent, which looks for requests twice a second."""
Log = Callable[[str, dict[str, Any]], None]
Audit = Callable[[str, str, int, str], None]
"""Takes what, about what, the result as an HTTP status, and words."""


def _clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Place:
    """One for the whole app. `config`: the settings file, when there is one. `rules`: as their files are now."""

    tree: Tree
    store: LocalStore
    rules: Rulebook
    config: Path | None = None
    log: Log = lambda _event, _facts: None
    now: Callable[[], datetime] = field(default=_clock)
    backoff: Backoff = field(default_factory=Backoff)
    begun: Begun = field(default_factory=Begun)
    jobs: Jobs = field(default_factory=Jobs)

    def agent(self) -> dict[str, Any] | None:
        """What the agent last said of itself, with `running`; None when there never was one."""
        return read(self.tree.data_dir)

    def recent(self, span: timedelta, newest: datetime | None = None) -> tuple[datetime, datetime]:
        """The time that began `span` ago, until now; of a recording, that before its newest event. `newest`: its time, for
        who knows it already."""
        newest, until = newest or self.store.status(self.now()).newest, self.now()
        if newest is not None and newest < until - span:
            until = newest + timedelta(seconds=1)
        return until - span, until

    def ask(self, kind: str, payload: Json, who: Who) -> Mapping[str, Any]:
        """Have the agent do something that only it may (runtime.requests); what it did. Only in a route that is `def`,
        since it waits.

        Raises:
            ActionError: the agent refused.
            Problem: it has not done it yet: 202, and the request stays.
        """
        agent = self.agent()
        request = self.store.request(kind, payload, who.name, self.now())
        if not (agent and agent["running"]):
            raise Problem(202, "no agent runs: kept as a request, not done", code="waiting", fix="vedette run", request=request)
        answer = awaited(self.store, request, WAIT)
        if answer is None:
            detail = f"the agent has not answered within {WAIT:.0f} s: the request stays, not yet done"
            raise Problem(202, detail, code="waiting", fix="look again; /status says what it is busy with", request=request)
        return answer.done


    def audits(self, who: Who) -> Audit:
        """Writes into the audit log what is done for somebody beside the request itself."""

        def add(what: str, subject: str, result: int, detail: str) -> None:
            self.store.audit.add(
                self.now(), who=who.name, via=who.via, origin="", what=what, subject=subject, result=result, detail=detail
            )

        return add


async def place(connection: HTTPConnection) -> Place:
    """The app's."""
    found: Place = connection.app.state.place
    return found


Here = Annotated[Place, Depends(place)]
