"""The first lines of the `vedette` command."""

import signal


def main() -> None:
    """Run it. Until it can end in good order, an interrupt ends it at once and without a trace."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from vedette.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
