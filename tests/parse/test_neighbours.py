"""Times and peers from the records before: what is filled, what is not, and that cutting up changes nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parse.samples import cut, parse_all, records, rows
from vedette.parse import neighbours

STAMP = "Feb  1 10:24:12 web1"


def read(*lines: str) -> list[dict[str, Any]]:
    return rows(parse_all([records("\n".join(lines).encode() + b"\n")])[0])


def test_a_refusal_without_a_peer_gets_that_of_its_process() -> None:
    got = read(
        f"{STAMP} sshd[1]: Connection from 203.0.113.9 port 5138",
        f"{STAMP} sshd[2]: Connection from 198.51.100.7 port 5138",
        f"{STAMP} sshd[1]: Disconnecting: Too many authentication failures [preauth]",
        f"{STAMP} sshd[3]: Disconnecting: Too many authentication failures [preauth]",
        "Feb  1 10:24:12 web2 sshd[1]: Disconnecting: Too many authentication failures [preauth]",
    )
    assert [row.get("source.ip") for row in got[2:]] == ["203.0.113.9", None, None]


@pytest.mark.parametrize(
    ("opening", "refusal"),
    [
        (
            "slapd[7]: conn=12 fd=14 ACCEPT from IP=203.0.113.9:5138 (IP=0.0.0.0:389)",
            "slapd[7]: conn=12 op=0 RESULT tag=97 err=49 text=",
        ),
        (
            "charon[7]: 09[NET] <12> received packet: from 203.0.113.9[500] to 192.0.2.1[500] (76 bytes)",
            "charon[7]: 11[IKE] <vpn|12> EAP-MS-CHAPv2 verification failed, retry (1)",
        ),
    ],
)
def test_conversations_have_names_of_their_own(opening: str, refusal: str) -> None:
    got = read(f"{STAMP} {opening}", f"{STAMP} {refusal}", f"{STAMP} {refusal.replace('12', '13')}")
    assert [row.get("source.ip") for row in got[1:]] == ["203.0.113.9", None]


def test_limits_of_the_listening_process_are_about_nobody() -> None:
    got = read(
        f"{STAMP} sshd[1]: drop connection #10 from [203.0.113.9]:5138 on [192.0.2.1]:22 past MaxStartups",
        f"{STAMP} sshd[1]: error: beginning MaxStartups throttling",
    )
    assert "source.ip" not in got[1]


def test_a_record_without_a_time_has_that_of_the_one_before() -> None:
    got = read(
        "Login attempt for nonexistent user from 203.0.113.9:5138",
        "Feb 01, 2026 10:24:12 AM org.example.Auth login",
        'WARNING: Authentication attempt from 203.0.113.9 for user "bob" failed.',
    )
    above = datetime(2026, 2, 1, 10, 24, 12, tzinfo=UTC)
    assert [row.get("@timestamp") for row in got] == [None, above, above]


talk = st.lists(
    st.one_of(
        st.builds(
            "Feb  1 10:24:{:02} web1 sshd[{}]: Connection from 203.0.113.{} port 22".format,
            st.integers(0, 59),
            st.integers(1, 4),
            st.integers(1, 9),
        ),
        st.builds("web1 sshd[{}]: Disconnecting: Too many authentication failures [preauth]".format, st.integers(1, 4)),
    ),
    min_size=4,
    max_size=20,
)


@settings(max_examples=40, deadline=None)
@given(talk, st.lists(st.integers(1, 5), max_size=8), st.integers(1, 5))
def test_cutting_changes_nothing_and_memory_is_bounded(lines: list[str], sizes: list[int], kept: int) -> None:
    batch = records("\n".join(lines).encode() + b"\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "KEPT", kept)
        whole, carry = parse_all([batch])
        parts, _ = parse_all(cut(batch, sizes))
    assert rows(parts) == rows(whole)
    assert len(carry["neighbours"].get("peers", [])) <= kept


CALL = (
    'SYSCALL msg=audit(1769941453.200:{0}): arch=c000003e syscall=59 success=yes ppid=900 pid={0} auid=1000 comm="sh"'
    ' exe="/usr/bin/dash" key="exec"'
)
SAID = (
    CALL,
    'EXECVE msg=audit(1769941453.200:{0}): argc=2 a0="cat" a1="/etc/shadow"',
    'CWD msg=audit(1769941453.200:{0}): cwd="/root"',
    'PATH msg=audit(1769941453.200:{0}): item=0 name="/usr/bin/cat" inode=1',
    'PROCTITLE msg=audit(1769941453.200:{0}): proctitle="cat"',
)


def test_later_records_of_a_serial_know_who_did_it_and_each_stays_what_it_was() -> None:
    got = read(*(f"type={said.format(7)}" for said in SAID), f"type={SAID[1].format(8)}")
    assert [row["type"] for row in got] == ["SYSCALL", "EXECVE", "CWD", "PATH", "PROCTITLE", "EXECVE"]
    assert [row.get("process.pid") for row in got] == [7] * 5 + [None]
    assert [row.get("user.id") for row in got] == ["1000"] * 5 + [None]
    assert [row.get("process.executable") for row in got] == ["/usr/bin/dash"] * 5 + [None]
    assert [row.get("process.working_directory") for row in got] == [None, None, "/root", "/root", "/root", None]
    commands = [row.get("process.command_line") for row in got]
    assert commands == [None, "cat /etc/shadow", None, None, "cat", "cat /etc/shadow"], "said once, by those who said it"
    assert [("exe" in row, "a1" in row, "name" in row) for row in got[:4]] == [
        (True, False, False), (False, True, False), (False, False, False), (False, False, True),
    ]  # fmt: skip
    assert [row.get("key") for row in got[:2]] == ["exec", None]


def test_records_of_another_machine_or_behind_another_serial_are_strangers() -> None:
    others = read(
        f"node=web1 type={SAID[0].format(7)}",
        f"node=web2 type={SAID[1].format(7)}",
        f"node=web1 type={SAID[1].format(7)}",
    )
    assert [row.get("process.pid") for row in others] == [7, None, None]


said = st.builds(
    "type={}".format, st.builds(lambda text, n: text.format(n), st.sampled_from(SAID), st.integers(1, 2))
) | st.just("Feb  1 10:24:12 web1 sshd[1]: Connection from 203.0.113.9 port 22")


@settings(max_examples=40, deadline=None)
@given(st.lists(said, min_size=4, max_size=20), st.lists(st.integers(1, 5), max_size=8))
def test_cutting_between_records_of_a_serial_changes_nothing(lines: list[str], sizes: list[int]) -> None:
    batch = records("\n".join(lines).encode() + b"\n")
    assert rows(parse_all(cut(batch, sizes))[0]) == rows(parse_all([batch])[0])
