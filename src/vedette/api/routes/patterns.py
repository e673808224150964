"""What recurs among events or alerts."""

from typing import Annotated

from fastapi import APIRouter, Query

from vedette.api.access import Viewer
from vedette.api.asked import Text, Zone, local, meant
from vedette.api.documents import PatternsShown
from vedette.api.place import Here
from vedette.runtime.patterns import AHEAD, BY, DAYS, SHOWN, About, Asked, ended, patterns

router = APIRouter(tags=["overview"])

Days = Annotated[int, Query(ge=DAYS[0], le=DAYS[1], description="Whole days that are looked at.")]
Ahead = Annotated[int, Query(ge=AHEAD[0], le=AHEAD[1], description="Days that are foretold.")]
Shown = Annotated[int, Query(ge=SHOWN[0], le=SHOWN[1], description="Of each list the first so many.")]
By = Annotated[str, Query(max_length=200, description="The field whose values are counted; rule.name or event.action when left out.")]


@router.get("/patterns")
def get_patterns(
    _who: Viewer, here: Here, about: About = "alerts", by: By = "", q: Text = "", days: Days = 28, ahead: Ahead = 3, limit: Shown = 20,
    zone: Annotated[Zone, Query()] = "UTC",
) -> PatternsShown:  # fmt: skip
    """What comes again and again, how much of it is expected in the next days, what is new, and what is rare. Of a recording, its
    last days."""
    now = local(here, zone)
    until = ended(here.store.status(now).newest, now, days, zone)
    return patterns(here.store, Asked(about, by or BY[about], until, zone, days, meant(here, about, q), limit, ahead))
