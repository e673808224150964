"""The audit log; for administrators."""

from fastapi import APIRouter
from pydantic import BaseModel

from vedette.api.access import Admin
from vedette.api.pages import Cursor, Limit, Page, cursor, position
from vedette.api.place import Here
from vedette.model.account import Entry

router = APIRouter(prefix="/audit", tags=["audit"])


class Verified(BaseModel):
    """`entries` that are right, the digest of the last of them, and what is wrong after it."""

    good: bool
    entries: int
    digest: str
    fault: str


@router.get("")
def list_audit(
    _who: Admin, here: Here, limit: Limit = 100, after: Cursor = None, who: str | None = None, what: str | None = None
) -> Page[Entry]:
    """The newest first; `who` did it, `what` is the name of the operation."""
    begin = position(after, int)
    found = here.store.audit.entries(begin[0] if begin else None, limit + 1, who, what)
    return Page(items=found[:limit], next=cursor(found[limit - 1].number) if len(found) > limit else None)


@router.get("/verify")
def verify_audit(_who: Admin, here: Here) -> Verified:
    """Recompute the chain of digests."""
    entries, digest, fault = here.store.audit.verify()
    return Verified(good=not fault, entries=entries, digest=digest, fault=fault)
