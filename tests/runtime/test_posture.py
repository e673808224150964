"""Doors of a machine that stand open, on made-up file trees."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from vedette.runtime.posture import WALKED, posture

NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def root(tmp_path):
    """A machine in order."""
    write(tmp_path, "etc/passwd", "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n")
    write(tmp_path, "etc/shadow", "root:*:19000:0:99999:7:::\nann:$y$j9T$x$y:19000:0:99999:7:::\n", 0o600)
    write(tmp_path, "etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nPasswordAuthentication no\n")
    write(tmp_path, "etc/sudoers", "root ALL=(ALL:ALL) ALL\n# ann ALL=(ALL) NOPASSWD: ALL\n", 0o440)
    write(tmp_path, "etc/cron.d/backup", "0 1 * * * root /usr/local/bin/backup\n")
    write(tmp_path, "home/ann/.ssh/id_ed25519", "key", 0o600)
    write(tmp_path, "home/ann/.ssh/id_ed25519.pub", "key")
    write(tmp_path, "proc/sys/kernel/randomize_va_space", "2\n")
    write(tmp_path, "var/lib/apt/lists/x_InRelease", "x")
    os.utime(tmp_path / "var/lib/apt/lists/x_InRelease", (NOW.timestamp(), NOW.timestamp() - 3600))
    for folder in ("etc/apt", "tmp", "run/systemd/journal", "var/log/journal"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def write(root, name, text, mode=0o644) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def told(root, listening=(), now=NOW):
    return {check.what: check for check in posture(listening, root, now)}


def test_a_machine_in_order(root) -> None:
    found = told(root)
    assert {what for what, check in found.items() if check.verdict != "ok"} == set()
    assert set(found) == {
        "ssh root", "ssh password", "root", "passwords", "sudo", "files of root", "keys", "setuid", "preload", "kernel", "services",
        "updates", "logs",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "mode", "what", "verdict", "said"),
    [
        ("etc/ssh/sshd_config.d/a.conf", "PermitRootLogin yes\n", 0o644, "ssh root", "fail", "root may log in"),
        ("etc/ssh/sshd_config.d/a.conf", "passwordauthentication=YES\n", 0o644, "ssh password", "warn", "guessed"),
        ("etc/ssh/sshd_config", "PermitEmptyPasswords yes\n", 0o644, "ssh password", "fail", "without a password"),
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n", 0o644, "root", "fail", "toor: has all rights"),
        ("etc/passwd", "root::0:0::/root:/bin/sh\n", 0o644, "passwords", "fail", "root: has none"),
        ("etc/shadow", "root:*:1::::::\nann::1::::::\n", 0o600, "passwords", "fail", "ann: has none"),
        ("etc/sudoers.d/x", "ann ALL=(ALL) NOPASSWD: ALL\n", 0o440, "sudo", "fail", "no password: ann"),
        ("etc/shadow", "root:*:1::::::\n", 0o644, "files of root", "fail", "/etc/shadow"),
        ("etc/cron.d/backup", "x", 0o666, "files of root", "fail", "/etc/cron.d/backup"),
        ("home/ann/.ssh/id_rsa", "key", 0o644, "keys", "fail", "/home/ann/.ssh/id_rsa"),
        ("tmp/a/b", "x", 0o4755, "setuid", "fail", "/tmp/a/b"),
        ("etc/ld.so.preload", "/tmp/evil.so\n", 0o644, "preload", "warn", "/tmp/evil.so"),
        ("proc/sys/kernel/randomize_va_space", "0\n", 0o644, "kernel", "warn", "kernel.randomize_va_space = 0"),
        ("run/reboot-required", "", 0o644, "restart", "warn", "wait for a restart"),
    ],
)  # fmt: skip
def test_an_open_door_is_told(root, name, text, mode, what, verdict, said) -> None:
    write(root, name, text, mode)
    found = told(root)
    assert (found[what].verdict, said in found[what].said, bool(found[what].fix)) == (verdict, True, True), found[what]
    assert {each for each, check in found.items() if check.verdict != "ok"} == {what}


def test_what_we_may_not_read_is_not_called_well(root, monkeypatch) -> None:
    may = os.access
    shut = {root / "etc/shadow", root / "etc/sudoers", root / "home/ann"}
    monkeypatch.setattr(os, "access", lambda path, mode: path not in shut and may(path, mode))
    write(root, "home/ann/x", "")
    found = told(root)
    assert {what for what, check in found.items() if check.verdict != "ok"} == {"passwords", "sudo", "keys"}
    assert found["sudo"].said == "cannot be read, so not looked at: /etc/sudoers"
    assert found["sudo"].fix == "run it as root"


def test_the_first_value_counts_and_those_for_some_do_not(root) -> None:
    write(root, "etc/ssh/sshd_config", "PasswordAuthentication no\nPasswordAuthentication yes\nMatch User git\nPermitRootLogin yes\n")
    assert {what for what, check in told(root).items() if check.verdict != "ok"} == set()


def test_files_that_include_each_other_come_to_an_end(root) -> None:
    write(root, "etc/ssh/sshd_config.d/a.conf", "Include /etc/ssh/sshd_config.d/*.conf\nInclude /etc/ssh/sshd_config\n")
    assert told(root)["ssh password"].verdict == "ok"


def test_services_that_listen_to_everybody(root) -> None:
    def one(port, address, protocol="tcp"):
        return {"port": port, "address": address, "protocol": protocol}

    mine = [one(6379, "127.0.0.1"), one(5432, "::1"), one(22, "0.0.0.0"), one(514, "0.0.0.0", "udp")]
    assert told(root, mine)["services"].verdict == "ok"
    found = told(root, [*mine, one(6379, "::"), one(23, "0.0.0.0")])["services"]
    assert (found.verdict, found.said) == ("warn", "listens to everybody: Redis on port 6379, Telnet on port 23")


def test_updates_and_logs_that_are_missed(root) -> None:
    assert told(root, now=NOW + timedelta(days=20))["updates"].said == "package lists are 20 days old"
    write(root, "etc/apt/apt.conf.d/20auto", 'APT::Periodic::Unattended-Upgrade "1";\n')
    assert told(root)["updates"].said == "security updates come by themselves"
    (root / "var/lib/apt/lists/x_InRelease").unlink()
    assert told(root)["updates"].verdict == "warn"
    (root / "var/log/journal").rmdir()
    assert told(root)["logs"].verdict == "warn"
    write(root, "var/log/syslog", "x")
    assert told(root)["logs"].verdict == "ok"


def test_names_of_others_are_text_and_few(root) -> None:
    for number in range(9):
        write(root, f"tmp/\x1b[31m{number}", "x", 0o4755)
    found = told(root)["setuid"]
    assert "\x1b" not in found.said
    assert found.said.endswith("and 6 more")


def test_what_is_not_there_says_nothing(tmp_path) -> None:
    assert set(told(tmp_path)) == {"sudo", "files of root", "keys", "setuid", "preload", "kernel", "services"}


def test_no_more_files_are_looked_at_than_a_bound(root, monkeypatch) -> None:
    monkeypatch.setattr("vedette.runtime.posture.WALKED", 3)
    for number in range(9):
        write(root, f"tmp/{number}", "x", 0o4755)
    assert "more" not in told(root)["setuid"].said
    assert WALKED > 3
