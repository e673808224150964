"""The bundled recording: it is what its script writes, and the built-in rules find its story and nothing beside it."""

import importlib.util
from pathlib import Path

import pytest

from tests.rules import pack
from vedette.model.alert import LEVELS, Alert

SCRIPT = Path(__file__).parents[2] / "bench" / "make_demo.py"
INTRUDER, LISTENER, SCANNER = "203.0.113.45", "198.51.100.77", "203.0.113.99"
GUESSER, KNOCKER = "198.51.100.7", "203.0.113.150"


@pytest.fixture(scope="module")
def found() -> list[tuple[str, Alert]]:
    paths = {rule.id: rule.path.removesuffix(".yml") for rule in pack.whole().rules}
    alerts = pack.alerts(sorted(pack.RECORDING.iterdir()))
    return [(paths[alert.rule_id], alert) for alert in alerts]


def test_recording_is_what_its_script_writes(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("make_demo", SCRIPT)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    monkeypatch.setattr(made, "FOLDER", tmp_path)
    made.main()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        path.name: path.read_text() for path in pack.RECORDING.iterdir()
    }


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        ("authentication/brute_force", INTRUDER),
        ("authentication/brute_force_success", INTRUDER),
        ("authentication/brute_force", GUESSER),
        ("web/attack_tool_user_agent", SCANNER),
        ("web/probing", SCANNER),
        ("web/content_scan", SCANNER),
        ("web/attack_series", SCANNER),
        ("network/port_scan", KNOCKER),
    ],
)
def test_offenders_are_found(found, rule, source):
    assert source in {alert.source_ip for path, alert in found if path == rule}


@pytest.mark.parametrize(
    "rule",
    [
        "linux/sudo_log_shell_escape",
        "linux/credential_files_read",
        "linux/download_to_temporary",
        "linux/reverse_shell",
        "authentication/account_added_and_raised",
        "linux/data_sent_out",
        "linux/history_cleared",
        "network/backdoor_port",
    ],
)
def test_what_the_intruder_did_is_found(found, rule):
    assert rule in {path for path, _ in found}


def test_seven_failures_are_counted(found):
    (alert,) = [alert for path, alert in found if path == "authentication/brute_force" and alert.source_ip == GUESSER]
    assert alert.count == 7


def test_nothing_else_is_loud(found):
    """Staff, visitors and the noise of the internet stay at low; what the intruder did carries no other address."""
    story = {None, INTRUDER, LISTENER, SCANNER, GUESSER, KNOCKER, "192.0.2.10"}
    loud = [alert for _, alert in found if LEVELS.index(alert.level) > LEVELS.index("low")]
    assert [(alert.rule_name, alert.source_ip) for alert in loud if alert.source_ip not in story] == []
