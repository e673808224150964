"""What a Sigma rule is once it has been read: plain data, and the reasons for which others were refused.

Source: Sigma specification 2.1.0 (rules, correlation and filter documents).
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from vedette.model.alert import Class, Level
from vedette.model.records import Logsource

LITERAL: Final = frozenset({"eq", "contains", "startswith", "endswith"})
REFERENCE: Final = frozenset({"ref-eq", "ref-contains", "ref-startswith", "ref-endswith"})


class Atom(NamedTuple):
    """One test of one value. What holds for every atom, so that all engines agree:

    - Absent, null and a column that the batch does not have are the same: only `null` is true of them.
      The empty string is a value: `''` matches it, `null` does not.
    - Every value is compared as text: 4625 in a rule equals "4625" in an event, true equals "true".
    - Text is compared after Unicode lower-casing on both sides unless `cased`; `re` is always cased
      (its own flags decide) and linear (Rust regex: no look-around, no back-references).
    - Of a list every test is asked of its text as a whole and of its members, and holds if it holds of one of them.
    - Order comparisons hold only where the value is a decimal number; time parts only where it is an ISO 8601
      time, read as UTC when it names no zone.

    Attributes:
        op: one of LITERAL, REFERENCE, glob, re, cidr, present, null, lt, lte, gt, gte, each, or a part of a time:
            minute, hour, day, week, month, year.
        field: Sigma field name, later the column; "" means keyword: any of the columns that plan.hay() lists.
        value: lowered unless `cased`. glob: a pattern in which * and ? are wildcards and a backslash escapes them.
            each: any, all, all_or_empty, or the number of a member.
        part: for lt..gte on a time part, which part; else "".
        inner: for each, what is asked of members, whose fields are named from there; "." is the member itself.
    """

    field: str
    op: str
    value: str = ""
    cased: bool = False
    part: str = ""
    inner: "Node | None" = None


class AllOf(msgspec.Struct, frozen=True, tag="all"):
    """Every one of `nodes` holds; true when there are none."""

    nodes: "tuple[Node, ...]"


class AnyOf(msgspec.Struct, frozen=True, tag="any"):
    """At least one of `nodes` holds; false when there are none."""

    nodes: "tuple[Node, ...]"


class Not(msgspec.Struct, frozen=True, tag="not"):
    """`node` does not hold. Two-valued: a test of an absent field is false, so its negation is true."""

    node: "Node"


Node = Atom | AllOf | AnyOf | Not


def atoms(node: Node) -> Iterator[Atom]:
    """Every atom below a node, left to right."""
    if isinstance(node, Atom):
        yield node
    elif isinstance(node, Not):
        yield from atoms(node.node)
    else:
        for child in node.nodes:
            yield from atoms(child)


Threshold = tuple[Literal["lt", "lte", "gt", "gte", "eq", "neq"], int | float]


class Reference(NamedTuple):
    """A rule that a correlation looks at.

    Attributes:
        rule: its index in Ruleset.rules.
        name: how the correlation's condition calls it.
        fields: where this rule's events keep each of the correlation's `group_by` and `fields`, after aliases.
    """

    rule: int
    name: str
    group_by: tuple[str, ...]
    fields: tuple[str, ...]


class Correlation(NamedTuple):
    """A condition over the events of other rules within a sliding span of event time.

    Attributes:
        kind: event_count, value_count, value_sum, value_avg, value_percentile, temporal or temporal_ordered.
        span: microseconds; a window holds events whose times differ by less than that.
        thresholds: all must hold (a range has two). For temporal: of the number of rules seen.
        percentile: for value_percentile, 0-100.
        expression: temporal conditions written as text: a tree over indexes into `references`, else None.
    """

    kind: str
    references: tuple[Reference, ...]
    group_by: tuple[str, ...]
    span: int
    thresholds: tuple[Threshold, ...] = ()
    percentile: float = 50.0
    expression: Node | None = None

    @property
    def repeats_add_nothing(self) -> bool:
        """Whether an event that says the same as the one before it can never be what meets the condition."""
        if any(operator not in ("gt", "gte") for operator, _ in self.thresholds) or self.expression is not None:
            return False
        different = len({reference.rule for reference in self.references}) == len(self.references)
        return self.kind == "value_count" or (self.kind.startswith("temporal") and different)


class Rule(NamedTuple):
    """A rule that runs.

    Attributes:
        id: its UUID, or where it has none its Sigma name or title.
        name: the title.
        reference: the Sigma `name` by which correlations and filters may call it, else "".
        level: `informational` when the rule has none: it is recorded, and never a reason to act.
        line: of its document in the file, from 1.
        cost: relative price of one event that may match: 1 per plain text test, more for patterns, tenfold where the
            rule has no literal that could be searched for and so looks at every event of its log source.
        fields: Sigma field names it tests or groups by.
        key: fields whose values group its alerts; () means: source.ip, or else host.name and user.name.
        offender: fields of which the first with a value names the address that the match counts against; () none.
        digest: of its content with all that it refers to: what was remembered for other content is void.
        condition: None for a correlation.
        raises: False when only correlations look at it.
    """

    id: str
    name: str
    reference: str
    level: Level
    status: str
    tags: tuple[str, ...]
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    path: str
    line: int
    logsource: Logsource
    description: str
    falsepositives: tuple[str, ...]
    cost: int
    fields: tuple[str, ...]
    alert_class: Class
    key: tuple[str, ...]
    offender: tuple[str, ...]
    digest: str
    condition: Node | None = None
    correlation: Correlation | None = None
    raises: bool = True


class Filter(NamedTuple):
    """A filter document that runs: its condition was joined to that of `rules` (indexes). `missing`: rules that it names
    and that are not loaded."""

    id: str
    name: str
    path: str
    line: int
    rules: tuple[int, ...]
    missing: tuple[str, ...] = ()


class Refused(NamedTuple):
    """A document that does not run, and why."""

    rule_id: str
    name: str
    path: str
    line: int
    reason: str


class Ruleset:
    """Rules that run, filters that were applied, documents that were refused; and plans made so far.

    `plans` is a memo of detect.sigma.plan, not state: dropping it costs time only.
    """

    def __init__(self, rules: tuple[Rule, ...], filters: tuple[Filter, ...], refused: tuple[Refused, ...]) -> None:
        self.rules = rules
        self.filters = filters
        self.refused = refused
        self.plans: dict[Any, Any] = {}

    @cached_property
    def correlations(self) -> tuple[tuple[int, Correlation], ...]:
        """Those that are correlations, with their numbers; inner ones come before those that look at them."""
        return tuple((i, rule.correlation) for i, rule in enumerate(self.rules) if rule.correlation is not None)

    @cached_property
    def correlated(self) -> npt.NDArray[np.bool_]:
        """Which of them correlations look at."""
        found = np.zeros(len(self.rules), np.bool_)
        for _, what in self.correlations:
            found[[reference.rule for reference in what.references]] = True
        return found

    @cached_property
    def raising(self) -> npt.NDArray[np.bool_]:
        """Which of them make alerts."""
        return np.array([rule.raises for rule in self.rules], np.bool_)
