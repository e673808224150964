"""Who rang, from the events that the agent has stored: GET /api/v1/doorbell."""

from fastapi import APIRouter

from vedette.api.access import Viewer
from vedette.api.place import Here
from vedette.model.stored import AlertQuery

router = APIRouter(prefix="/doorbell", tags=["doorbell"])


@router.get("")
def list_unlockers(_who: Viewer, here: Here) -> list[str]:
    """Addresses that spoke to the unlock port."""
    alerts = here.store.alerts(AlertQuery(rule_id="doorbell-unlock", limit=1000))
    return sorted({alert.source_ip for alert in alerts if alert.source_ip})
