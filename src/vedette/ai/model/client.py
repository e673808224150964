"""The one place from which something leaves: a request to a model, by pydantic-ai and the provider's own client."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from typing import Any, Final, Generic, NamedTuple, TypeVar

from vedette.ai.model.answer import Answer
from vedette.ai.model.request import Request
from vedette.ai.model.settings import Ai, ModelError
from vedette.ai.model.translator import Query
from vedette.model.text import safe

EXTRA: Final = "pip install 'vedette[ai]'"
HEARD: Final = 20_000
"""Characters of an answer that is listened to while it comes: each piece is read with all before it."""
T = TypeVar("T")


Hear = Callable[[str], None]


class Said(NamedTuple, Generic[T]):
    """`cost` in dollars; None where the price is not known."""

    answer: T
    requests: int
    tokens_in: int
    tokens_out: int
    cost: float | None


def ask(settings: Ai, key: str, request: Request, hear: Hear | None = None) -> Said[Answer]:
    """Send it and wait for a whole answer. A wrong schema or evidence that does not exist is sent back once.

    Args:
        hear: is given the summary as far as it came, unchecked, as often as more of it comes. The answer is streamed then.

    Raises:
        ModelError: no answer that can be used; says why, never with the key in it.
    """

    def wrong(answer: Answer, tried: int) -> str:
        unknown = [each for remark in answer.remarks for each in remark.evidence if each not in request.evidence]
        return f"these evidence ids do not exist: {unknown[:5]}" if unknown and not tried else ""

    return _answered(settings, key, Answer, request.instructions, request.text, wrong, hear)


def translate(settings: Ai, key: str, instructions: str, text: str, check: Callable[[Query], str]) -> Said[Query]:
    """A question as a query. What `check` finds wrong is sent back once.

    Raises:
        ModelError: as for `ask`.
    """
    return _answered(settings, key, Query, instructions, text, lambda said, _tried: check(said))


def _answered(
    settings: Ai, key: str, schema: type[T], instructions: str, text: str, wrong: Callable[[T, int], str], hear: Hear | None = None
) -> Said[T]:
    try:
        return asyncio.run(_sent(settings, key, schema, instructions, text, wrong, hear))
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(_why(error, key), fix=_fix(error)) from None


async def _sent(
    settings: Ai, key: str, schema: type[T], instructions: str, text: str, wrong: Callable[[T, int], str], hear: Hear | None = None
) -> Said[T]:
    try:
        from pydantic_ai import Agent, ModelRetry, RunContext
        from pydantic_ai.usage import UsageLimits

        from vedette.ai.model import wire
    except ImportError:
        raise ModelError("the library for language models is not installed", fix=EXTRA) from None
    http = wire.client(settings.timeout.total_seconds(), settings.answer_tokens)
    agent: Any = Agent(
        _model(settings, key, http),
        output_type=schema,
        instructions=instructions,
        retries=1,
        model_settings={"max_tokens": settings.answer_tokens, "timeout": settings.timeout.total_seconds()},
    )

    def checked(context: RunContext[Any], answer: T) -> T:
        if complaint := wrong(answer, context.retry):
            raise ModelRetry(complaint)
        return answer

    agent.output_validator(checked)
    limits = UsageLimits(request_limit=3, tool_calls_limit=0)
    listening = _listening(hear) if hear else None
    async with http:
        sent = agent.run(text, usage_limits=limits, event_stream_handler=listening)
        result = await asyncio.wait_for(sent, settings.timeout.total_seconds())
    usage = result.usage
    cost = price(settings.model, usage.input_tokens, usage.output_tokens)
    return Said(result.output, usage.requests, usage.input_tokens, usage.output_tokens, cost)


def _listening(hear: Hear) -> Callable[..., Awaitable[None]]:
    """Follows the arguments of the call that brings the answer, which come in pieces of JSON."""
    from pydantic_core import from_json

    async def listening(_context: Any, events: AsyncIterable[Any]) -> None:
        written = ""
        async for event in events:
            part = getattr(event, "part", None) or getattr(event, "delta", None)
            piece = getattr(part, "args", None) or getattr(part, "args_delta", None)
            if isinstance(piece, str):
                if len(written) > HEARD:
                    continue
                written = written + piece if event.event_kind == "part_delta" else piece
                try:
                    said = from_json(written, allow_partial="trailing-strings")
                except ValueError:
                    continue  # no JSON: the schema will say so
            else:
                said = piece
            if isinstance(said, dict) and isinstance(said.get("summary"), str):
                hear(said["summary"])

    return listening


def price(model: str, tokens_in: int, tokens_out: int) -> float | None:
    """Dollars by the prices that genai-prices carries; None where it knows none."""
    from genai_prices import Usage, calc_price

    try:
        return float(calc_price(Usage(input_tokens=tokens_in, output_tokens=tokens_out), model_ref=model).total_price)
    except LookupError:
        return None


def _model(settings: Ai, key: str, http: Any) -> Any:
    seconds = settings.timeout.total_seconds()
    try:
        if settings.provider == "anthropic":
            from anthropic import AsyncAnthropic
            from pydantic_ai.models.anthropic import AnthropicModel
            from pydantic_ai.providers.anthropic import AnthropicProvider

            more = {"max_retries": settings.retries, "timeout": seconds, "http_client": http}
            client = AsyncAnthropic(api_key=key, base_url=settings.base_url, **more)
            return AnthropicModel(settings.model, provider=AnthropicProvider(anthropic_client=client))
        if settings.provider == "gemini":
            from google.genai.types import HttpRetryOptions
            from pydantic_ai.models.google import GoogleModel
            from pydantic_ai.providers.google import GoogleProvider

            again = HttpRetryOptions(attempts=settings.retries + 1, initial_delay=0.5, max_delay=8.0)
            google = GoogleProvider(api_key=key, base_url=settings.base_url, retry_options=again, http_client=http)
            return GoogleModel(settings.model, provider=google)
        from openai import AsyncOpenAI
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider
    except ImportError:
        raise ModelError(f"the library for {settings.provider} is not installed", fix=EXTRA) from None
    url = settings.base_url or ("http://127.0.0.1:11434/v1" if settings.provider == "ollama" else None)
    openai = AsyncOpenAI(api_key=key or "none", base_url=url, max_retries=settings.retries, timeout=seconds, http_client=http)
    return OpenAIChatModel(settings.model, provider=OpenAIProvider(openai_client=openai))


_STATUS: Final = {
    401: "the key was refused",
    403: "the key may not do this",
    404: "there is no such model",
    429: "too many requests, or no credit left",
}


def _why(error: Exception, key: str) -> str:
    from vedette.ai.model.wire import Refused

    for cause in _causes(error):
        if isinstance(cause, Refused):
            return str(cause)
    status, kind = getattr(error, "status_code", None), type(error).__name__
    if status:
        why = _STATUS.get(status, "it has a fault" if status >= 500 else "it took the request for wrong")
        return f"the model's server answered {status}: {why}"
    # The key goes first: cut in two it would be one no more. What is left may be the server's words.
    told = str(error).replace(key, "…") if key else str(error)
    text = safe(told.partition("\n")[0], 200)
    if isinstance(error, TimeoutError) or "timed out" in text.lower() or "Timeout" in kind:
        return "the model did not answer in time"
    if "onnect" in kind or "onnection" in text:
        return "the model's server cannot be reached"
    return f"the model gave no answer that can be used ({kind}: {text})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _fix(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    if status in (401, 403):
        return "check the key that ai.key_env or ai.key_file leads to"
    return "nothing is lost: the analysis stands without it"
