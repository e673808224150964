"""Where alerts go: how each channel does, and whether it works."""

import os
import time
from datetime import datetime
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import BaseModel

from vedette import registry
from vedette.api.access import Admin
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.config import edit
from vedette.config.load import load
from vedette.config.tree import ChannelEntry
from vedette.model.alert import Level
from vedette.model.stored import ChannelStatus, DeliveryState
from vedette.respond.outcome import Delivered
from vedette.runtime.delivery import channels_of

router = APIRouter(prefix="/channels", tags=["channels"])


class Channel(BaseModel):
    """`settings`: secrets hidden. `deliveries`: by their state. `last`: when one arrived. `error`: the latest of what did not."""

    name: str
    type: str
    min_level: Level
    settings: dict[str, Any]
    deliveries: dict[DeliveryState, int]
    last: datetime | None
    error: str


class Tested(BaseModel):
    """`said`: why it was not delivered."""

    delivered: bool
    said: str
    milliseconds: int


@router.get("")
def list_channels(_who: Admin, here: Here) -> list[Channel]:
    """Those of the settings, in their order."""
    known, nothing = here.store.channels(), ChannelStatus({}, None, "")
    return [
        Channel(
            name=name, type=entry.type, min_level=entry.min_level,
            settings=edit.hidden(entry.settings.model_dump(mode="json"), ("channels",)),
            **known.get(name, nothing)._asdict(),
        )
        for name, entry in _channels(here).items()
    ]  # fmt: skip


@router.post("/{name}/test")
def test_channel(who: Admin, here: Here, request: Request, name: str) -> Tested:
    """Send one notice, marked as a test, now and from this process."""
    entry = _channels(here).get(name)
    if entry is None:
        raise Problem(404, "no such channel", fix="GET /api/v1/channels lists them")
    notice = {
        "@timestamp": here.now().isoformat(), "alert.id": f"test-{uuid4().hex[:12]}", "test": True, "rule.id": "test",
        "rule.name": "Test of a channel", "rule.level": entry.min_level, "message": f"{who.name} tests the channel {name}",
    }  # fmt: skip
    began = time.monotonic()
    try:
        outcome = registry.load("notify", entry.type).deliver(entry.settings, notice, notice["alert.id"])
    except Exception as error:  # of a third party's channel
        delivered, said = False, f"{type(error).__name__}: {error}"[:500]
    else:
        delivered, said = isinstance(outcome, Delivered), getattr(outcome, "reason", "")
    tell(request, subject=f"channel {name}", detail="delivered" if delivered else f"not delivered: {said[:150]}")
    return Tested(delivered=delivered, said=said, milliseconds=int((time.monotonic() - began) * 1000))


def _channels(here: Place) -> dict[str, ChannelEntry]:
    tree = load(here.config, os.environ) if here.config else here.tree
    return {entry.name or entry.type: entry for entry in channels_of(tree)}
