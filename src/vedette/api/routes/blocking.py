"""What is done about attackers, and whom nothing may be done about. The agent decides; who asks hears what it did."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from vedette.api.access import Responder, Viewer
from vedette.api.asked import Why
from vedette.api.documents import ActionShown, AllowedShown
from vedette.api.pages import Limit, Page
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.model.action import Action, Allowed, Entry, Kind, Network
from vedette.model.stored import ActionQuery
from vedette.respond.block import table
from vedette.runtime.networks import network_of, not_too_wide, source_of
from vedette.runtime.requests import ALLOW, BLOCK, DISALLOW, LONGEST, UNBLOCK
from vedette.runtime.surroundings import surroundings

router = APIRouter(tags=["blocking"])

Net = Annotated[str, Field(min_length=2, max_length=64)]
Named = Annotated[str, Query(min_length=2, max_length=64, description="An address or network.")]
Reason = Annotated[str, Query(min_length=1, max_length=2000, pattern=r"\S")]


class NewBlock(BaseModel):
    """`seconds` from now; null: until somebody lifts it."""

    network: Net
    kind: Literal["drop", "limit"] = "drop"
    seconds: Annotated[int, Field(gt=0, le=LONGEST)] | None = 3600
    why: Why


class NewAllowed(BaseModel):
    """A network that is never acted against from now on."""

    network: Net
    why: Why


class Preview(BaseModel):
    """What a block would be. `network`: what it would be about. `never`: why it would be refused. `in_force`: what is done
    about it already. `lines`: for the kernel, in the words of nft(8), also where ours goes there by netlink."""

    network: str
    never: list[AllowedShown]
    in_force: list[ActionShown]
    mode: str
    lines: list[str]


@router.get("/blocklist")
def list_blocks(
    _who: Viewer, here: Here, limit: Limit = 100, skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    network: Annotated[str | None, Query(max_length=64, description="Only what is about all of it.")] = None,
    kind: Kind | None = None, over: Annotated[bool, Query(description="Also what is over.")] = False,
) -> Page[ActionShown]:  # fmt: skip
    """What is in force, the newest first, each with its reason and what undoes it: DELETE with its id."""
    around = None if network is None else str(source_of(network_of(network)))
    active = None if over else here.now()
    found = here.store.actions(ActionQuery(active=active, around=around, kind=kind, limit=limit, skip=skip))
    return Page(items=found)


@router.post("/blocklist", status_code=201)
def block(who: Responder, here: Here, request: Request, given: NewBlock) -> list[ActionShown]:
    """Block or limit a network; 202 when no agent does it now, 409 when it must not be blocked."""
    network = not_too_wide(source_of(network_of(given.network)))
    tell(request, subject=f"network {network}", detail=f"{given.kind}: {given.why[:200]}")
    done = here.ask(BLOCK, {"network": str(network), "kind": given.kind, "seconds": given.seconds, "why": given.why}, who)
    return msgspec.convert(done["actions"], list[Action])


@router.post("/blocklist/preview")
def preview_block(_who: Viewer, here: Here, given: NewBlock) -> Preview:
    """What the same request to /blocklist would do."""
    network = not_too_wide(source_of(network_of(given.network)))
    until = None if given.seconds is None else here.now() + timedelta(seconds=given.seconds)
    never = [each for each in _allowed(here) if network_of(each.network).overlaps(network)]
    active = here.store.actions(ActionQuery(active=here.now(), around=str(network)))
    lines = [] if never else [_line(given.kind, network, given.seconds, until)]
    return Preview(network=str(network), never=never, in_force=active, mode=here.tree.blocking.mode, lines=lines)


@router.delete("/blocklist")
def unblock_network(who: Responder, here: Here, request: Request, network: Named, why: Reason) -> list[ActionShown]:
    """Undo before its time all that is done about exactly this network."""
    meant = source_of(network_of(network))
    if not here.store.actions(ActionQuery(active=here.now(), network=str(meant), limit=1)):
        raise Problem(404, "nothing is done about it", where=str(meant), fix="GET /api/v1/blocklist lists what is in force")
    tell(request, subject=f"network {meant}", detail=why[:200])
    return msgspec.convert(here.ask(UNBLOCK, {"what": str(meant), "why": why}, who)["actions"], list[Action])


@router.delete("/blocklist/{action_id}")
def unblock(who: Responder, here: Here, request: Request, action_id: str, why: Reason) -> list[ActionShown]:
    """Undo an action before its time."""
    found = here.store.action(action_id)
    if found is None:
        raise Problem(404, "no such action", fix="GET /api/v1/blocklist lists them")
    if not found.active(here.now()):
        raise Problem(409, "it is over already", code="action", fix="nothing is to be done")
    tell(request, subject=f"network {found.network}", detail=why[:200])
    return msgspec.convert(here.ask(UNBLOCK, {"what": found.id, "why": why}, who)["actions"], list[Action])


@router.get("/allowlist")
def list_allowed(_who: Viewer, here: Here) -> list[AllowedShown]:
    """Networks that are never acted against: of people, of the settings, and what this machine must reach."""
    return _allowed(here)


@router.post("/allowlist", status_code=201)
def allow(who: Responder, here: Here, request: Request, given: NewAllowed) -> AllowedShown:
    """Never act against it again; what is in force against it is lifted."""
    network = network_of(given.network)
    tell(request, subject=f"network {network}", detail=given.why[:200])
    return msgspec.convert(here.ask(ALLOW, {"network": str(network), "why": given.why}, who)["allowed"], Allowed)


@router.delete("/allowlist")
def disallow(who: Responder, here: Here, request: Request, network: Named) -> AllowedShown:
    """It may be acted against again."""
    meant = network_of(network)
    tell(request, subject=f"network {meant}")
    return msgspec.convert(here.ask(DISALLOW, {"network": str(meant)}, who)["disallowed"], Allowed)


def _allowed(here: Place) -> list[Allowed]:
    settings = [Allowed(network=str(network_of(str(each))), why="in the settings") for each in here.tree.blocking.allow]
    return [*here.store.allowed(), *settings, *surroundings()]


def _line(kind: Any, network: Network, seconds: int | None, until: datetime | None) -> str:
    entry = Entry(kind, network, None, until)
    timeout = "" if seconds is None else f" timeout {seconds}s"
    return f"add element inet {table.TABLE} {table.place(entry).name} {{ {network.network_address}{timeout} }}"
