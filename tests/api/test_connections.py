"""Slow and idle connections on a real server of loopback: they are ended, and others are served meanwhile."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn

from vedette.api.connections import bounded

pytestmark = pytest.mark.live
WAIT = 20.0
"""Seconds after which a test gives up; none takes this long."""
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    size = 0
    while (message := await receive())["type"] == "http.request":
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(str(size)))]})
    await send({"type": "http.response.body", "body": str(size).encode()})


@contextmanager
def served(**settings) -> Iterator[int]:
    config = uvicorn.Config(app, http=bounded(**settings), log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            thread.join(WAIT)
            assert not thread.is_alive()


def opened(stack: ExitStack, port: int, source: str = "127.0.0.1") -> socket.socket:
    return stack.enter_context(socket.create_connection(("127.0.0.1", port), WAIT, source_address=(source, 0)))


def ended(connection: socket.socket) -> bool:
    """Waits until the other side closed it."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def answers(connection: socket.socket, request: bytes = REQUEST) -> bool:
    try:
        connection.sendall(request)
        came = b""
        while not came.partition(b"\r\n\r\n")[2]:  # the head, and a body of one digit
            if not (more := connection.recv(4096)):
                return False
            came += more
        return came.startswith(b"HTTP/1.1 200")
    except (ConnectionResetError, BrokenPipeError):
        return False


def cut_off(connection: socket.socket) -> bool:
    """One more byte of a header; whether the other side has closed the connection."""
    try:
        connection.sendall(b"x")
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_head_that_does_not_come_ends_the_connection() -> None:
    with ExitStack() as stack, served(head=0.2) as port:
        silent, begun = opened(stack, port), opened(stack, port)
        begun.sendall(REQUEST[:20])
        assert ended(silent)
        assert ended(begun)


def test_bytes_one_by_one_do_not_prolong_it() -> None:
    with ExitStack() as stack, served(head=0.3) as port:
        slow = opened(stack, port)
        slow.settimeout(0.01)
        slow.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert any(cut_off(slow) for _ in range(int(WAIT * 100)))


def test_a_body_that_stops_ends_the_connection_and_one_that_goes_on_does_not() -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
    with ExitStack() as stack, served(head=0.2, silent=0.2) as port:
        stopped = opened(stack, port)
        stopped.sendall(head + b"12")
        assert ended(stopped)
        whole = opened(stack, port)
        assert answers(whole, head + b"1234")


def test_one_address_has_so_many_connections_and_others_are_served() -> None:
    with ExitStack() as stack, served(each=3) as port:
        some = [opened(stack, port) for _ in range(3)]
        assert answers(some[0])  # by then all three are taken, in their order
        assert ended(opened(stack, port))
        assert answers(opened(stack, port, "127.0.0.2")), "another address"
        some[1].close()
        assert answers(some[2])
        assert any(answers(opened(stack, port)) for _ in range(50)), "there is room again"


def test_a_proxy_brings_the_connections_of_many() -> None:
    with ExitStack() as stack, served(each=1, proxies=["127.0.0.1"]) as port:
        assert all(answers(opened(stack, port)) for _ in range(5))


def test_a_connection_is_kept_for_the_next_request() -> None:
    with ExitStack() as stack, served(head=5.0) as port:
        kept = opened(stack, port)
        assert answers(kept)
        assert answers(kept)
