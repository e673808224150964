"""Sources: what the agent reads, and how that goes. They are set up in the configuration (/config)."""

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel

from vedette.api.access import Viewer
from vedette.api.place import Here

router = APIRouter(prefix="/sources", tags=["sources"])

_TOLD: Final = frozenset({"records", "records_per_second", "last", "lag_bytes", "failures", "fault", "problem"})


class Source(BaseModel):
    """Since the agent began. `last`: when a record last came; `lag_bytes`: what waits to be read, null where nobody knows;
    `failures`: how often it had to be opened again; `fault`: why it cannot be read just now, or what is wrong with a part of
    it, or empty; `more`: what only sources of its kind tell."""

    name: str
    records: int
    records_per_second: float
    last: datetime | None
    lag_bytes: int | None
    failures: int
    fault: str
    more: dict[str, Any]


class Sources(BaseModel):
    """`running`: whether the agent does; otherwise this is what it told last."""

    running: bool
    items: list[Source]


@router.get("")
def list_sources(_who: Viewer, here: Here) -> Sources:
    """By name."""
    agent = here.agent() or {}
    items = [
        Source(
            name=name, records=told.get("records", 0), records_per_second=told.get("records_per_second", 0.0), last=told.get("last"),
            lag_bytes=told.get("lag_bytes"), failures=told.get("failures", 0), fault=told.get("fault") or told.get("problem") or "",
            more={key: value for key, value in told.items() if key not in _TOLD},
        )
        for name, told in sorted(agent.get("sources", {}).items())
    ]  # fmt: skip
    return Sources(running=bool(agent.get("running")), items=items)
