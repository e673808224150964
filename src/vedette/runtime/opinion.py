"""A model's opinion of an analysis: redact, pack, rename, count the money, write down, ask, check, write down.

Nothing here changes an incident, a rule, a block or a setting: what comes back is an `Opinion` to look at.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from vedette.ai import tokens
from vedette.ai.compress import compress
from vedette.ai.model import client
from vedette.ai.model.answer import Answer, Spoken, check
from vedette.ai.model.pseudonyms import Pseudonyms
from vedette.ai.model.redact import redact
from vedette.ai.model.request import Request, build
from vedette.ai.model.settings import Ai, ModelError
from vedette.model.analysis import Analysis, Opinion
from vedette.runtime.analyze import Looked, Tell
from vedette.runtime.spending import spent

CACHED: Final = 100
KEPT: Final = 3600.0
"""Seconds for which an answer is remembered: in memory only (docs/decisions/0013-answers-are-not-stored.md)."""
TOLD: Final = 1800

Hear = Callable[[str], None]
Audit = Callable[[str, str, int, str], None]
"""Takes what, about what, the result as an HTTP status, and words; durable when it returns."""

_cache: OrderedDict[bytes, tuple[float, Opinion]] = OrderedDict()
_lock: Final = threading.Lock()


class Prepared:
    """What would be sent, and how to read what comes back."""

    def __init__(self, settings: Ai, looked: Looked) -> None:
        texts, self.redacted = redact(looked.texts)
        evidence = {e.original for finding in looked.analysis.findings for e in finding.evidence}
        first = looked.texts.is_in(list(evidence)).arg_true().to_list() if evidence and len(texts) else []
        pack = compress(texts, budget=settings.tokens, first=first) if len(texts) else None
        found = {kind: set(values) for kind, values in (pack.found if pack else {}).items()}
        for finding in looked.analysis.findings:
            for each in finding.indicators:
                found.setdefault(each.type, set()).add(each.value)
                if each.type == "user" and "@" in each.value:
                    user, _, host = each.value.rpartition("@")
                    found["user"].add(user)
                    found.setdefault("host", set()).add(host)
        self.names = Pseudonyms(found) if settings.pseudonyms else Pseudonyms({})
        self.request: Request = build(looked.analysis, pack, self.names.there)
        self.redacted += self.request.redacted


def shown(settings: Ai, looked: Looked) -> str:
    """The whole of what would be sent, as text."""
    request = Prepared(settings, looked).request
    return f"to {settings.provider or 'nobody: ai.provider is not set'} {settings.model}\n\n{request.instructions}\n{request.text}\n"


def with_opinion(
    looked: Looked, settings: Ai, directory: Path, audit: Audit, tell: Tell = lambda _what, _share: None, hear: Hear | None = None
) -> Analysis:
    """The analysis with a model's opinion beside it, or with the reason why there is none. Never raises for the model's sake.

    Args:
        hear: is told the model's summary while it comes, sentence by sentence, each checked.
    """
    analysis = looked.analysis
    if settings.provider is None:
        return replace(analysis, opinion=Opinion(status="none", note="No model is set up (ai.provider): this is the whole analysis."))
    if not analysis.findings:
        return replace(analysis, opinion=Opinion(status="none", model=settings.model, note="There is no finding to ask a model about."))
    try:
        opinion = _opinion(looked, settings, directory, audit, tell, hear)
    except ModelError as error:
        note = f"The model was not heard: {error.what}. The analysis stands without it." + (f" ({error.fix})" if error.fix else "")
        audit("askModel", f"{settings.provider} {settings.model}", 502, note)
        opinion = Opinion(status="none", model=settings.model, note=note)
    return replace(analysis, opinion=opinion)


def _opinion(looked: Looked, settings: Ai, directory: Path, audit: Audit, tell: Tell, hear: Hear | None) -> Opinion:
    key = settings.key()
    tell("ask", 0.0)
    prepared = Prepared(settings, looked)
    request = prepared.request
    if key and key in request.text:
        raise ModelError("the key itself stands in what would be sent", fix="change the key: it is in a log")
    digest = _digest(settings, prepared)
    if (cached := _remembered(digest)) is not None:
        return replace(cached, status="cached", cost_usd=0.0, requests=0)
    size = tokens.count(request.instructions + request.text)
    began = time.monotonic()

    def send() -> client.Said[Answer]:
        audit(
            "askModel", f"{settings.provider} {settings.model}", 200,
            f"sent {size:,} tokens, sha256 {request.digest}, {prepared.redacted:,} texts with secrets taken out, "
            f"{len(prepared.names):,} pseudonyms, "
            f"evidence {', '.join(request.evidence.values())}"[:TOLD],
        )  # fmt: skip
        spoken = Spoken(request, key, lambda text: hear(prepared.names.back(text))) if hear else None
        return client.ask(settings, key, request, spoken)

    said, cost = spent(settings, directory, size, settings.answer_tokens, send)
    opinion = replace(
        check(said.answer, looked.analysis, request, key), model=f"{settings.provider} {settings.model}", requests=said.requests,
        tokens_in=said.tokens_in, tokens_out=said.tokens_out, cost_usd=round(cost, 6), seconds=round(time.monotonic() - began, 2),
    )  # fmt: skip
    if opinion.struck:
        audit("modelStruck", f"{settings.provider} {settings.model}", 200, "; ".join(opinion.struck)[:TOLD])
    back = prepared.names.back
    opinion = replace(opinion, summary=back(opinion.summary), remarks=tuple(replace(r, text=back(r.text)) for r in opinion.remarks))
    with _lock:
        _cache[digest] = time.monotonic(), opinion
        _cache.move_to_end(digest)
        while len(_cache) > CACHED:
            _cache.popitem(last=False)
    return opinion


def _digest(settings: Ai, prepared: Prepared) -> bytes:
    """Of whom was asked, what he was sent, and what his answer is read with: what two logs are sent as may be the same."""
    read = sorted(prepared.names.names.items()), sorted(prepared.request.evidence.items())
    parts = [settings.provider, settings.model, settings.base_url, prepared.request.digest, read]
    return sha256(msgspec.json.encode(parts)).digest()


def _remembered(digest: bytes) -> Opinion | None:
    oldest = time.monotonic() - KEPT
    with _lock:
        while _cache and next(iter(_cache.values()))[0] < oldest:
            _cache.popitem(last=False)
        found = _cache.get(digest)
    return found[1] if found else None
