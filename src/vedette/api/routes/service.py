"""Whether the service is alive: beside /api/v1, for load balancers and people."""

from typing import Final

from fastapi import APIRouter

from vedette.api.access import Anybody

PREFIX: Final = ""
router = APIRouter(tags=["service"])


@router.get("/healthz")
def get_healthz(_who: Anybody) -> dict[str, str]:
    """Whether this process answers; says nothing else, since anybody may ask."""
    return {"status": "ok"}
