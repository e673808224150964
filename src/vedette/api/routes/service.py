"""How the service and the agent are: beside /api/v1, for load balancers, monitoring and people."""

from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response

from vedette.api.access import Anybody, Viewer
from vedette.api.place import Here, Place
from vedette.runtime import metrics

PREFIX: Final = ""
router = APIRouter(tags=["service"])


@router.get("/healthz")
def get_healthz(_who: Anybody) -> dict[str, str]:
    """Whether this process answers; says nothing else, since anybody may ask."""
    return {"status": "ok"}


@router.get("/api/v1/status", name="get_agent_status")
@router.get("/status")
def get_status(_who: Viewer, here: Here) -> dict[str, Any]:
    """What the agent is doing and what is kept, as `vedette status --format json` says it."""
    return status(here)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def get_metrics(_who: Viewer, here: Here) -> Response:
    """What the agent says of itself, for Prometheus; with an API key as its bearer token."""
    return Response(metrics.text(here.agent() or {}), media_type=metrics.MEDIA)


@router.get("/api/v1/openapi.json", include_in_schema=False)
def get_openapi(_who: Anybody, request: Request) -> dict[str, Any]:
    """This API."""
    document: dict[str, Any] = request.app.openapi()
    return document


@router.get("/api/v1/system/health")
def get_system_health(_who: Viewer, here: Here) -> dict[str, Any]:
    """Whether all is well: `ok`, and what is not."""
    facts = status(here)
    faults = faults_of(facts)
    return {"ok": not faults, "faults": faults, **facts}


def status(here: Place) -> dict[str, Any]:
    """`agent` is null when none ever ran."""
    kept = msgspec.to_builtins(here.store.status(here.now())._asdict())
    return {"data_dir": str(here.tree.data_dir), "agent": here.agent(), "store": kept}


def faults_of(facts: dict[str, Any]) -> list[str]:
    """What is not well, of what `status` says."""
    agent, store = facts["agent"], facts["store"]
    found = [f"{store['damaged']} segments are damaged"] if store["damaged"] else []
    if not (agent and agent["running"]):
        return [*found, "no agent runs"]
    found += [f"nothing is read: {agent['blocked']}"] if agent.get("blocked") else []
    interfaces = agent.get("network", {}).get("interfaces", {})
    for kind, each in (("source", agent.get("sources", {})), ("interface", interfaces)):
        found += [f"{kind} {name}: {one['fault']}" for name, one in each.items() if one.get("fault")]
    blocking = agent.get("blocking", {})
    return found + ([f"blocking: {blocking['fault']}"] if blocking.get("fault") else [])
