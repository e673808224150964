"""Reports about an incident or a span of time: made as jobs, kept as files beside the data, and downloaded."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Self

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, model_validator

from vedette.api.access import Analyst, Viewer
from vedette.api.asked import Id, Moment, utc
from vedette.api.jobs import Job, Progress
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.runtime import report
from vedette.runtime.report import Format, Span

router = APIRouter(prefix="/reports", tags=["reports"])

FOLDER: Final = "reports"
KEPT: Final = 200
"""Files; the oldest go."""
LONGEST: Final = timedelta(days=400)
MEDIA: Final[dict[str, str]] = {
    "html": "text/html; charset=utf-8", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json",
}  # fmt: skip
_NAME: Final = re.compile(r"vedette-[a-z0-9-]{1,80}\.(html|pdf|csv|json)", re.ASCII)


class Asked(BaseModel):
    """About the incident, or about a span of time: `since` (and `until`, now when it is left out), or the last `hours`."""

    format: Format = "html"
    incident: Id | None = None
    since: Moment | None = None
    until: Moment | None = None
    hours: Annotated[int, Field(ge=1, le=24 * 400)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.incident, self.since, self.hours)) != 1:
            raise ValueError("name an incident, since, or hours")
        if self.until is not None and (self.since is None or not self.since < self.until <= self.since + LONGEST):
            raise ValueError(f"until is after since, and at most {LONGEST.days} days")
        return self


class Made(BaseModel):
    """A report that can be downloaded."""

    name: str
    format: Format
    size: int
    at: datetime


@router.post("/generate", status_code=202)
def generate_report(who: Analyst, here: Here, request: Request, given: Asked) -> Job:
    """Begin to make one: a job, whose `result` is the name for /reports/download."""
    now = here.now()
    if given.incident is not None and here.store.incident(given.incident) is None:
        raise Problem(404, "no such incident", fix="GET /api/v1/incidents lists them")
    until = utc(given.until) or now
    span = Span(utc(given.since) or until - timedelta(hours=given.hours or 24), until)
    if given.incident is None and not span.since < span.until <= span.since + LONGEST:
        raise Problem(422, f"a span of time that is not empty, and at most {LONGEST.days} days", code="request", fix="change since")
    subject = f"incident-{_plain(given.incident)}" if given.incident else f"{span.since:%Y%m%dt%H%M}-{span.until:%Y%m%dt%H%M}"
    name = f"vedette-{subject}-made-{now:%Y%m%dt%H%M%S}.{given.format}"
    tell(request, subject=f"report {name}")
    listed = report.ALERTS if given.format in ("csv", "json") else 0

    def work(progress: Progress) -> str:
        progress(0.05)
        if given.incident is not None:
            facts = report.about_incident(here.store, given.incident, who.name, now)
        else:
            facts = report.about_span(here.store, span, who.name, now, listed, progress)
        progress(0.9)
        _keep(_folder(here), name, report.write(facts, given.format))
        return name

    return here.jobs.start("report", subject, who.name, now, work)


@router.get("")
def list_reports(_who: Viewer, here: Here) -> list[Made]:
    """The newest first."""
    return [_made(file) for file in _files(_folder(here))]


@router.get("/download/{name}", response_class=FileResponse)
def download_report(_who: Viewer, here: Here, name: str) -> FileResponse:
    """The file. A browser keeps it rather than showing it."""
    file = _file(here, name)
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return FileResponse(file, media_type=MEDIA[file.suffix[1:]], filename=file.name, headers=policy)


@router.delete("/{name}", status_code=204)
def remove_report(_who: Analyst, here: Here, request: Request, name: str) -> None:
    """Delete the file."""
    file = _file(here, name)
    tell(request, subject=f"report {file.name}")
    file.unlink(missing_ok=True)


def _folder(here: Place) -> Path:
    folder = here.tree.data_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _files(folder: Path) -> list[Path]:
    found = [file for file in folder.iterdir() if _NAME.fullmatch(file.name) and file.is_file() and not file.is_symlink()]
    return sorted(found, key=lambda file: (file.stat().st_mtime, file.name), reverse=True)


def _file(here: Place, name: str) -> Path:
    file = _folder(here) / name
    if not _NAME.fullmatch(name) or file.is_symlink() or not file.is_file():
        raise Problem(404, "no such report", fix="GET /api/v1/reports lists them")
    return file


def _made(file: Path) -> Made:
    known = file.stat()
    form: Format = file.suffix[1:]  # type: ignore[assignment]  # _NAME
    return Made(name=file.name, format=form, size=known.st_size, at=datetime.fromtimestamp(known.st_mtime, UTC))


def _keep(folder: Path, name: str, data: bytes) -> None:
    part = folder / f".{name}.part"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(data)
    part.replace(folder / name)
    for old in _files(folder)[KEPT:]:
        old.unlink(missing_ok=True)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "-", text.lower())[:40]
