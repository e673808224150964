"""The report for people: what it shows must let them tell files and events apart, and what was lost from what was empty."""

from vedette.model.findings import Findings, Input, Skipped, Summary
from vedette.report.table import _end, _telling, render


def shown(summary):
    return "".join(render(Findings([], [], summary)))


def test_what_was_lost_is_never_buried_under_what_was_empty():
    empty = [Skipped(f"/e/{n}", "empty", "nothing to do", kind="empty") for n in range(300)]
    lost = [Skipped(f"/l/{n}", "permission denied", "ask", kind="lost") for n in range(30)]
    text = shown(Summary(inputs=[Input(path="/a", records=1)], skipped=[*empty, *lost]))
    assert all(f"/l/{n}: not read: permission denied (ask)" in text for n in range(30))
    assert "300 more inputs with nothing to read" in text
    few = shown(Summary(skipped=empty[:3]))
    assert "/e/2" in few
    assert "more input" not in few


def test_a_path_is_cut_at_its_beginning():
    assert _end("/" + "long/" * 40 + "auth.log").endswith("/auth.log")
    assert _end("/var/log/auth.log") == "/var/log/auth.log"
    assert "\x1b" not in _end("/" + "x" * 90 + "\x1b[31m")


def test_a_windows_event_is_shown_from_its_data_on():
    event = '{"Event":{"#attributes":{"xmlns":"http://x"},"System":{"EventID":1},"EventData":{"Image":"a.exe"}}}'
    assert _telling(event) == '…"EventData":{"Image":"a.exe"}}}'
    assert _telling("plain line") == "plain line"
