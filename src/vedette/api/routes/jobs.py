"""Jobs: what goes on after its request was answered."""

from fastapi import APIRouter, Request

from vedette.api.access import Analyst, Viewer
from vedette.api.jobs import Job
from vedette.api.place import Here
from vedette.api.problem import Problem
from vedette.api.record import tell

router = APIRouter(prefix="/jobs", tags=["jobs"])
_NONE = "no such job: it was long ago, or of before the last start"


@router.get("")
def list_jobs(_who: Viewer, here: Here) -> list[Job]:
    """The newest first."""
    return here.jobs.all()


@router.get("/{job_id}")
def get_job(_who: Viewer, here: Here, job_id: str) -> Job:
    """How far it is."""
    job = here.jobs.one(job_id)
    if job is None:
        raise Problem(404, _NONE, fix="GET /api/v1/jobs lists them")
    return job


@router.delete("/{job_id}")
def cancel_job(who: Analyst, here: Here, request: Request, job_id: str) -> Job:
    """End it before it is done; only one's own, unless one is an administrator."""
    job = get_job(who, here, job_id)
    if job.who != who.name and not who.may("admin"):
        raise Problem(403, "this is somebody else's job", code="forbidden", fix="ask who began it, or an administrator")
    tell(request, subject=f"job {job_id}")
    return here.jobs.cancel(job_id) or job
