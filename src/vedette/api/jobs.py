"""Work that takes longer than a request should: it goes on after the answer, says how far it is, and can be cancelled.

Jobs are of this process and gone with it; what they made (a file) stays.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, Literal
from uuid import uuid4

from pydantic import BaseModel

from vedette.api.problem import Problem, of

State = Literal["waiting", "running", "done", "failed", "cancelled"]
OVER: Final[frozenset[State]] = frozenset({"done", "failed", "cancelled"})
WORKERS: Final = 2
WAITING: Final = 20
"""Jobs that may wait or run; more are refused."""
KEPT: Final = 100
Progress = Callable[[float], None]


class Job(BaseModel):
    """`percent`: 0 to 100. `result`: what it made, by its name. `error`: why it failed, and `fix`: what to do about it."""

    id: str
    kind: str
    about: str
    who: str
    at: datetime
    state: State = "waiting"
    percent: int = 0
    result: str | None = None
    error: str = ""
    fix: str = ""


class Cancelled(Exception):
    """Raised in the work when somebody cancelled it."""


class Jobs:
    """All of the app."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="job")
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._stopped: set[str] = set()

    def start(self, kind: str, about: str, who: str, now: datetime, work: Callable[[Progress], str]) -> Job:
        """Have it done. `work` returns the name of what it made, and calls what it is given now and then.

        Raises:
            Problem: too many wait already.
        """
        with self._lock:
            if sum(job.state not in OVER for job in self._jobs.values()) >= WAITING:
                raise Problem(503, f"{WAITING} jobs wait already", code="busy", fix="wait, or cancel one", headers={"Retry-After": "10"})
            job = Job(id=uuid4().hex[:16], kind=kind, about=about, who=who, at=now)
            self._jobs[job.id] = job
            over = [each.id for each in self._jobs.values() if each.state in OVER]
            for old in over[: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[old]
        self._pool.submit(self._run, job.id, work)
        return job

    def all(self) -> list[Job]:
        """The newest first."""
        with self._lock:
            return list(self._jobs.values())[::-1]

    def one(self, job_id: str) -> Job | None:
        """None when there is none, or it was long ago."""
        with self._lock:
            return self._jobs.get(job_id)

    def cancel(self, job_id: str) -> Job | None:
        """Ask it to end; one that is over stays as it is."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job and job.state not in OVER:
                self._stopped.add(job_id)
                if job.state == "waiting":
                    job = self._jobs[job_id] = job.model_copy(update={"state": "cancelled"})
            return job

    def close(self) -> None:
        """Cancel all: the process ends. Returns when none runs any more."""
        with self._lock:
            self._stopped.update(job.id for job in self._jobs.values() if job.state not in OVER)
        self._pool.shutdown(cancel_futures=True)

    def _run(self, job_id: str, work: Callable[[Progress], str]) -> None:
        def progress(share: float) -> None:
            if job_id in self._stopped:
                raise Cancelled
            self._set(job_id, percent=max(0, min(99, int(100 * share))))

        try:
            if job_id in self._stopped:
                raise Cancelled
            self._set(job_id, state="running")
            made = work(progress)
            self._set(job_id, state="done", percent=100, result=made)
        except Cancelled:
            self._set(job_id, state="cancelled")
        except Exception as error:
            told = of(error).document
            self._set(job_id, state="failed", error=told["detail"], fix=told.get("fix", ""))
        finally:
            self._stopped.discard(job_id)

    def _set(self, job_id: str, **values: object) -> None:
        with self._lock:
            if job_id in self._jobs:
                self._jobs[job_id] = self._jobs[job_id].model_copy(update=values)
