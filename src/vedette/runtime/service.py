"""Signals to a stop event: SIGTERM and SIGINT end the work cleanly, a second SIGINT at once."""

import signal
import threading
from collections.abc import Callable
from types import FrameType


def until_stopped(work: Callable[[threading.Event], None]) -> None:
    """Run the work with an event that SIGTERM or SIGINT sets; the old handlers come back after it."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        work(stop)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
