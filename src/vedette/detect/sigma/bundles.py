"""Rule collections of Sigma 1: documents of one file that share parts, written out as the rules that they stand for.

    action: global          is part of every rule that follows in the file
    action: reset           until here
    action: repeat          the rule before it once more, with what is said here

Rules that have their id from a shared part get a number behind it, but for the first: ids tell rules apart.
Source: Sigma specification 1.0, "Rule Collections"; how parts join: pySigma's SigmaCollection.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from vedette.detect.sigma.documents import Document


def written_out(docs: Sequence[Document]) -> Iterator[Document]:
    """The documents of one file, without actions. One whose action is unknown, or repeats nothing, comes with a fault."""
    shared: dict[str, Any] = {}
    before: dict[str, Any] = {}
    ids: dict[str, int] = {}
    for doc in docs:
        content = dict(doc.content or {})
        action = content.pop("action", None)
        if action == "global":
            shared = before = content
        elif action == "reset":
            shared = {}
        elif action == "repeat" and before:
            before = _joined(before, content)
            yield _numbered(doc, before, content, ids)
        elif action is not None:
            fault = "there is no rule before it" if action == "repeat" else "it is none of global, reset, repeat"
            yield doc._replace(content=None, fault=f"action: {str(action)[:40]!r}: {fault}")
        elif not shared or "detection" not in _joined(content, shared) or {"correlation", "filter"} & set(content):
            before = content
            yield doc
        else:
            before = _joined(content, shared)
            yield _numbered(doc, before, content, ids)


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both, the other where they differ; mappings in them likewise."""
    both = dict(one)
    for key, value in other.items():
        mine = both.get(key)
        both[key] = _joined(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return both


def _numbered(doc: Document, content: dict[str, Any], own: dict[str, Any], ids: dict[str, int]) -> Document:
    rule_id = content.get("id")
    if isinstance(rule_id, str) and own.get("id") != rule_id:
        ids[rule_id] = ids.get(rule_id, 0) + 1
        if ids[rule_id] > 1:
            content = {**content, "id": f"{rule_id}:{ids[rule_id]}"}
    return doc._replace(content=content)
