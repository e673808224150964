"""Sigma rule files to a Ruleset: every document runs, or is refused with its reason and line."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from vedette.detect.sigma import patterns
from vedette.detect.sigma.aggregation import is_aggregation, rewritten
from vedette.detect.sigma.bundles import written_out
from vedette.detect.sigma.conditions import ConditionError, all_of
from vedette.detect.sigma.correlations import correlation
from vedette.detect.sigma.documents import Document, documents
from vedette.detect.sigma.metadata import DocumentError, Head, digest, head, logsource
from vedette.detect.sigma.refusals import said
from vedette.detect.sigma.rule import Filter, Node, Refused, Rule, Ruleset, atoms
from vedette.detect.sigma.sections import Placeholders, section, version
from vedette.detect.sigma.witness import price
from vedette.model.records import Logsource

__all__ = ["Ruleset", "read"]


def read(files: Iterable[tuple[str, str]], placeholders: Mapping[str, Sequence[str]] | None = None) -> Ruleset:
    """All rules of the files, given as (path, text).

    Args:
        placeholders: values for `%name%` in values with the `expand` modifier.
    """
    filled = {name: tuple(values) for name, values in (placeholders or {}).items()}
    return _Reader(filled).read([doc for path, text in files for doc in written_out(documents(path, text))])


class _Reader:
    """What is known while the documents of one set are put together."""

    def __init__(self, placeholders: Placeholders) -> None:
        self.placeholders = placeholders
        self.policy: Any = None
        self.rules: list[Rule] = []
        self.filters: list[Filter] = []
        self.refused: list[Refused] = []
        self.by_name: dict[str, int] = {}
        self.seen: dict[str, str] = {}
        self.counting: set[str] = set()  # names of correlations

    def read(self, docs: list[Document]) -> Ruleset:
        from sigma.policy import SigmaPolicy

        self.policy = SigmaPolicy(regex_engine=patterns.linear_engine())
        later: list[Document] = []
        filters: list[Document] = []
        for doc in docs:
            kind = self._kind(doc)
            if kind == "filter":
                filters.append(doc)
            elif kind == "correlation":
                later.append(doc)
                self.counting |= {str((doc.content or {}).get(key)).lower() for key in ("id", "name")} - {"none"}
            elif kind == "rule" and is_aggregation(doc.content or {}):
                self._attempt(doc, lambda old: later.append(self._aggregation(old)))
            elif kind == "rule":
                self._attempt(doc, self._rule)
        for doc in filters:
            self._attempt(doc, self._filter)
        self._correlations(later)
        return Ruleset(tuple(self.rules), tuple(self.filters), tuple(self.refused))

    def _kind(self, doc: Document) -> str:
        if doc.content is None:
            self._refuse(doc, doc.fault)
            return ""
        kinds = [kind for key, kind in KINDS.items() if key in doc.content]
        if len(kinds) != 1:
            has = "none" if not kinds else "several"
            self._refuse(doc, f"not a Sigma rule: it has {has} of detection, correlation and filter")
            return ""
        return kinds[0]

    def _attempt(self, doc: Document, make: Any) -> bool:
        from sigma.exceptions import SigmaError

        try:
            make(doc)
        except (DocumentError, ConditionError, patterns.PatternError) as error:
            self._refuse(doc, str(error))
        except SigmaError as error:
            self._refuse(doc, said(error))
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            # pySigma meets hostile shapes (a number for a mapping) with whatever Python raises there.
            self._refuse(doc, f"malformed: {type(error).__name__}: {str(error)[:120]}")
        else:
            return True
        return False

    def _refuse(self, doc: Document, reason: str) -> None:
        content = doc.content or {}
        rule_id, title = (str(content.get(key) or "")[:256] for key in ("id", "title"))
        self.refused.append(Refused(rule_id, title, doc.path, doc.line, " ".join(reason.split())[:400]))

    def _known(self, doc: Document, top: Head) -> None:
        names = [top.id, *([top.reference.lower()] if top.reference else [])]
        for name in names:
            if name.lower() in self.seen:
                raise DocumentError(f"id or name {name!r} is already used by {self.seen[name.lower()]}")
        self.seen.update((name.lower(), f"{doc.path}:{doc.line}") for name in names)

    def _add(self, rule: Rule) -> None:
        for name in filter(None, (rule.id, rule.reference)):
            self.by_name[name.lower()] = len(self.rules)
        self.rules.append(rule)

    def _rule(self, doc: Document) -> None:
        content = doc.content or {}
        top = head(content)
        if top.logsource == Logsource():
            raise DocumentError("logsource: a rule needs a category, product or service")
        tree = self._search(content, content["detection"])
        self._known(doc, top)
        fields = tuple(dict.fromkeys(atom.field for atom in atoms(tree) if atom.field))
        self._add(
            Rule(
                *top[:8], path=doc.path, line=doc.line, logsource=top.logsource, description=top.description,
                falsepositives=top.falsepositives, cost=price(tree), fields=fields, alert_class=top.alert_class,
                key=top.key, offender=top.offender, digest=digest(content, sorted(self.placeholders.items())),
                condition=tree,
            ),
        )  # fmt: skip

    def _aggregation(self, doc: Document) -> Document:
        """The correlation for an old counting rule, whose events are a rule of their own from now on."""
        events, counting = rewritten(doc)
        correlation((counting.content or {})["correlation"], lambda _: 0)  # is refused before its events are a rule
        self._rule(events)
        return counting

    def _search(self, content: dict[str, Any], part: Any) -> Node:
        return section(part, version(content), self.placeholders, self.policy)

    def _filter(self, doc: Document) -> None:
        content = doc.content or {}
        top = head(content)
        source = logsource(content)
        body = content["filter"]
        if not isinstance(body, dict) or "rules" not in body:
            raise DocumentError("filter: needs rules, a list of ids or names, or any")
        tree = self._search(content, {key: value for key, value in body.items() if key != "rules"})
        wanted = body["rules"]
        missing: tuple[str, ...] = ()
        if wanted == [] or (isinstance(wanted, str) and wanted.lower() == "any"):
            chosen = [i for i, rule in enumerate(self.rules) if _covers(source, rule.logsource)]
        else:
            names = wanted if isinstance(wanted, list) else [wanted]
            found = [self.by_name[str(name).lower()] for name in names if str(name).lower() in self.by_name]
            missing = tuple(str(name)[:256] for name in names if str(name).lower() not in self.by_name)
            if counting := next((one for one in missing if one.lower() in self.counting), ""):
                raise DocumentError(f"filter: {counting!r} is a correlation: name the rules that it looks at")
            if not found:
                raise DocumentError("filter: none of the rules that it names is loaded")
            chosen = [i for i in dict.fromkeys(found) if _covers(source, self.rules[i].logsource)]
            if len(chosen) < len(set(found)):
                other = next(self.rules[i].name for i in found if i not in chosen)
                raise DocumentError(f"filter: its log source is not that of the rule {other!r} that it names")
        self._known(doc, top)
        for i in chosen:
            rule = self.rules[i]
            joined = all_of([rule.condition, tree]) if rule.condition else tree
            fields = dict.fromkeys((*rule.fields, *(atom.field for atom in atoms(tree) if atom.field)))
            self.rules[i] = rule._replace(
                condition=joined, cost=price(joined), fields=tuple(fields), digest=digest(rule.digest, content)
            )
        self.filters.append(Filter(top.id, top.name, doc.path, doc.line, tuple(chosen), missing))

    def _correlations(self, docs: list[Document]) -> None:
        """Inner ones first: a correlation may look at others, in any order of files, but not in a circle."""
        waiting = docs
        while waiting:
            names = {
                str(doc.content.get(key)).lower() for doc in waiting if doc.content for key in ("id", "name")
            } - {"none"}  # fmt: skip
            ready = [doc for doc in waiting if not named(doc.content or {}) & names]
            if not ready:
                for doc in waiting:
                    self._refuse(doc, "correlation: it refers to itself, directly or through others")
                return
            for doc in ready:
                self._attempt(doc, self._correlation)
            waiting = [doc for doc in waiting if doc not in ready]

    def _find(self, name: str) -> int:
        if name.lower() not in self.by_name:
            raise DocumentError(f"correlation: the rule {name!r} that it refers to is not loaded")
        return self.by_name[name.lower()]

    @staticmethod
    def _check_chain(inner: Rule, fields: tuple[str, ...]) -> None:
        """What comes out of a correlation has the fields that it groups by, and no others."""
        if inner.correlation and (missing := [name for name in fields if name not in inner.correlation.group_by]):
            raise DocumentError(
                f"correlation: {inner.name!r} does not group by {missing[0]!r}, which this one asks for"
            )

    def _correlation(self, doc: Document) -> None:
        content = doc.content or {}
        top = head(content)
        body = content["correlation"]
        version(content)
        what = correlation(body, self._find)
        for reference in what.references:
            self._check_chain(self.rules[reference.rule], (*reference.group_by, *reference.fields))
        self._known(doc, top)
        referred = [self.rules[reference.rule] for reference in what.references]
        fields = dict.fromkeys(name for ref in what.references for name in (*ref.group_by, *ref.fields))
        source = top.logsource if any(top.logsource) else referred[0].logsource
        self._add(
            Rule(
                *top[:8], path=doc.path, line=doc.line, logsource=source, description=top.description,
                falsepositives=top.falsepositives, cost=sum({rule.id: rule.cost for rule in referred}.values()),
                fields=tuple(fields), alert_class=top.alert_class, key=top.key, offender=top.offender,
                digest=digest(content, [rule.digest for rule in referred]), correlation=what,
            ),
        )  # fmt: skip
        if not body.get("generate", False):
            for reference in what.references:
                self.rules[reference.rule] = self.rules[reference.rule]._replace(raises=False)


KINDS: Final = {"correlation": "correlation", "filter": "filter", "detection": "rule"}


def named(content: Mapping[str, Any]) -> set[str]:
    """Ids and names, in lower case, of the rules that a correlation or filter is about."""
    body = content.get("correlation", content.get("filter"))
    if not isinstance(body, dict):
        return set()
    rules, condition = body.get("rules"), body.get("condition")
    names = rules if isinstance(rules, list) else [rules]
    words = re.findall(r"[A-Za-z0-9_.-]+", condition) if isinstance(condition, str) and not rules else []
    return {str(name).lower() for name in (*names, *words)}


def _covers(outer: Logsource, inner: Logsource) -> bool:
    return all(want is None or want == have for want, have in zip(outer, inner, strict=True))
