"""A browser, where there is one of the person who asks."""

import os
import sys
import threading

from vedette.cli.main import say


def browse(link: str) -> threading.Thread:
    """Open it, and say so; nothing without a screen. In a thread: some browsers last as long as they are open."""
    opening = threading.Thread(target=_open if there() else str, args=(link,), name="browser", daemon=True)
    opening.start()
    return opening


def there() -> bool:
    """Whether a browser would be this person's: not over SSH, not without a screen."""
    screen = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(screen) and "SSH_CONNECTION" not in os.environ


def _open(link: str) -> None:
    import webbrowser

    say("vedette: opening a browser" if webbrowser.open(link) else "vedette: no browser could be opened: use the link")
