"""Loopback servers that speak the wire of OpenAI, Anthropic and Gemini, with a script of what they answer."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = "int | str | bytes | dict[str, Any] | Callable[[str], dict[str, Any]]"


class Wire:
    """`asked`: (path, headers, body as text) of each request. `script`: what the next requests get; the last one stays.

    A number is that status, a dict an answer in our schema, a function makes one from what was asked, text is prose in place
    of the schema, bytes are sent as they are and the connection ends.

    Who asks for a stream gets pieces; `between` is called when half of them were sent; on False the others are not.
    `raw`, where it is set, answers in place of all that: it is given the handler, and the connection ends after it.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.script: list[Any] = []
        self.url = ""
        self.between: Callable[[], object] = lambda: None
        self.raw: Callable[[BaseHTTPRequestHandler], None] | None = None

    def next(self) -> Any:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@contextmanager
def serving(kind: str) -> Iterator[Wire]:
    wire = Wire()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            wire.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if wire.raw:
                with suppress(ConnectionError):  # who asked has gone
                    wire.raw(self)
                self.close_connection = True
                return
            reply = wire.next()
            if callable(reply):
                reply = reply(body)
            if isinstance(reply, bytes):
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(reply) + 100))
                self.end_headers()
                self.wfile.write(reply)
                self.close_connection = True
                return
            if isinstance(reply, float):
                time.sleep(reply)
                reply = {}
            if not isinstance(reply, int) and ('"stream":true' in body.replace(" ", "") or "streamGenerate" in self.path):
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("connection", "close")
                self.end_headers()
                pieces = STREAMS[kind](reply, body)
                for number, piece in enumerate(pieces):
                    if number == len(pieces) // 2 and wire.between() is False:
                        break
                    event = f"event: {piece['type']}\n" if "type" in piece else ""
                    self.wfile.write(f"{event}data: {json.dumps(piece)}\n\n".encode())
                    self.wfile.flush()
                else:
                    self.wfile.write(b"data: [DONE]\n\n" if kind == "openai" else b"")
                self.close_connection = True
                return
            status, out = (
                (reply, {"error": {"message": "no", "type": "error", "code": reply, "status": "X"}})
                if isinstance(reply, int)
                else (200, WIRES[kind](reply, body))
            )
            data = json.dumps(out).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            if status == 429:
                self.send_header("retry-after", "0")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    wire.url = f"http://127.0.0.1:{server.server_port}" + ("/v1" if kind == "openai" else "")
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()


def _openai(reply: Any, body: str) -> dict[str, Any]:
    asked = json.loads(body)
    if isinstance(reply, dict):
        name = asked["tools"][0]["function"]["name"]
        call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": json.dumps(reply)}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    else:
        message = {"role": "assistant", "content": reply}
    usage = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": asked["model"],
        "choices": [choice],
        "usage": usage,
    }


def _anthropic(reply: Any, body: str) -> dict[str, Any]:
    asked = json.loads(body)
    content = {"type": "text", "text": reply}
    if isinstance(reply, dict):
        content = {"type": "tool_use", "id": "toolu_1", "name": asked["tools"][0]["name"], "input": reply}
    usage = {"input_tokens": 1000, "output_tokens": 200}
    return {
        "id": "m", "type": "message", "role": "assistant", "model": asked["model"], "content": [content], "stop_reason": "tool_use",
        "stop_sequence": None, "usage": usage,
    }  # fmt: skip


def _gemini(reply: Any, body: str) -> dict[str, Any]:
    asked = json.loads(body)
    part: dict[str, Any] = {"text": reply}
    if isinstance(reply, dict):
        part = {"functionCall": {"name": asked["tools"][0]["functionDeclarations"][0]["name"], "args": reply}}
    usage = {"promptTokenCount": 1000, "candidatesTokenCount": 200, "totalTokenCount": 1200}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash"}


WIRES = {"openai": _openai, "anthropic": _anthropic, "gemini": _gemini}


def _cut(text: str, size: int = 20) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _openai_stream(reply: Any, body: str) -> list[dict[str, Any]]:
    whole = _openai(reply, body)
    message = whole["choices"][0]["message"]
    deltas: list[dict[str, Any]] = [{"role": "assistant"}]
    if isinstance(reply, dict):
        call = {**message["tool_calls"][0], "index": 0}
        name = call["function"]["name"]
        deltas.append({"tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]})
        deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in _cut(json.dumps(reply))]
    else:
        deltas += [{"content": piece} for piece in _cut(reply)]
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": whole["model"]}
    out = [{**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    out.append({**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return [*out, {**chunk, "choices": [], "usage": whole["usage"]}]


def _anthropic_stream(reply: Any, body: str) -> list[dict[str, Any]]:
    whole = _anthropic(reply, body)
    block = whole["content"][0]
    if isinstance(reply, dict):
        begin = {**block, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in _cut(json.dumps(reply))]
    else:
        begin = {**block, "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in _cut(reply)]
    return [
        {"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": begin},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 200}},
        {"type": "message_stop"},
    ]


STREAMS = {
    "openai": _openai_stream,
    "anthropic": _anthropic_stream,
    "gemini": lambda reply, body: [_gemini(reply, body)],  # it sends the arguments of a call in one piece
}
