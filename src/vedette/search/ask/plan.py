"""A plan as a query: written in the query language, and read back as one, so that what is shown is what runs."""

from datetime import UTC, datetime, timedelta
from typing import Final

from vedette.model.query import Rows, Schema, Search, Summary
from vedette.model.question import Clause, Plan
from vedette.model.stored import About
from vedette.search.parse import search
from vedette.search.schemas import ALERTS, EVENTS, INCIDENTS

SCHEMAS: Final[dict[About, Schema]] = {"events": EVENTS, "alerts": ALERTS, "incidents": INCIDENTS}
_ESCAPED: Final = frozenset('*?\\"() ')
_SPANS: Final = (
    (timedelta(weeks=1), "w"),
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "m"),
)


def compiled(plan: Plan) -> tuple[str, Search]:
    """The query of a plan, and what it is read as.

    Raises:
        QueryError: the plan asks for what there is not; only plans of models do.
    """
    text = written(plan)
    return text, search(text, SCHEMAS[plan.about], datetime(2000, 1, 1, tzinfo=UTC))


def written(plan: Plan) -> str:
    """In the query language."""
    begin, end = SCHEMAS[plan.about].time
    parts = [_clause(clause) for clause in plan.clauses]
    if plan.since is not None:
        parts.append(f"{end} >= {time(plan.since)}")
    if plan.until is not None:
        parts.append(f"{begin} < {time(plan.until)}")
    tail = f"| {_then(plan.then)}" if plan.then is not None else ""
    return " ".join(filter(None, (" and ".join(parts), tail)))


def time(at: datetime) -> str:
    """UTC; a day when it begins one."""
    at = at.astimezone(UTC)
    if at == at.replace(hour=0, minute=0, second=0, microsecond=0):
        return f"{at:%Y-%m-%d}"
    return at.replace(tzinfo=None).isoformat() + "Z"


def literal(text: str) -> str:
    """As part of a pattern of `like` that means exactly it."""
    return "".join("\\" + c if c in "*?\\" else c for c in text)


def _clause(clause: Clause) -> str:
    if clause.op in ("<", "<=", ">", ">="):
        tests = [f"{field} {clause.op} {value}" for field in clause.fields for value in clause.values]
    elif not clause.fields:
        tests = [
            '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if _quoted(value) else value
            for value in clause.values
        ]
    elif not clause.values:
        tests = [f"{field}:*" for field in clause.fields]
    else:
        values = [_value(clause, value) for value in clause.values]
        inner = values[0] if len(values) == 1 else f"({' or '.join(values)})"
        tests = [f"{field}:{inner}" for field in clause.fields]
    joined = tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"
    return f"not {joined}" if clause.negated else joined


def _quoted(value: str) -> bool:
    """Whether a text is looked for exactly. A plain word is found in any case."""
    return not value.isalnum() or value.lower() in ("and", "or", "not")


def _value(clause: Clause, value: str) -> str:
    if clause.op == "matches":
        return "/" + value.replace("/", "\\/") + "/"
    if clause.op == "like":
        return "".join("\\" + c if c in ' ()"' else c for c in value)
    if not value or value.lower() in ("and", "or", "not") or any(c.isspace() and c != " " for c in value):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = "".join("\\" + c if c in _ESCAPED else c for c in value)
    return "\\" + text if value.startswith("/") and value.endswith("/") else text


def _then(then: Summary | Rows) -> str:
    if isinstance(then, Rows):
        return f"{'newest' if then.newest else 'oldest'} {then.limit}"
    parts = [then.measure, then.field]
    if then.by:
        parts.append(f"by {', '.join(then.by)}")
    if then.every is not None:
        length, unit = next((each for each in _SPANS if then.every % each[0] == timedelta(0)), _SPANS[-1])
        parts.append(f"per {then.every // length}{unit}")
    if then.having is not None:
        parts.append(f"having {then.having[0]} {then.having[1]}")
    if then.first is not None:
        parts.append(f"{'bottom' if then.least else 'top'} {then.first}")
    if then.compare is not None:
        parts.append(f"compare {time(then.compare[0])} to {time(then.compare[1])}")
    return " ".join(filter(None, parts))
