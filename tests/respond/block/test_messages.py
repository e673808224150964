"""What is sent to nf_tables, and how its answers are read, without a kernel."""

import struct
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.model.action import HOST6, ActionError, Entry, Rates
from vedette.respond.block import elements, netlink, table
from vedette.respond.block.firewall import check_rates, compare

NOW = datetime(2026, 2, 1, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
v4 = st.builds(lambda n, p: IPv4Network((n, p), strict=False), st.integers(0, 2**32 - 1), st.integers(0, 32))
v6 = st.builds(lambda n, p: IPv6Network((n, p), strict=False), st.integers(0, 2**128 - 1), st.integers(0, 128))


def test_an_attribute_has_a_length_and_is_padded():
    assert netlink.attribute(3, b"abcde") == struct.pack("=HH", 9, 3) + b"abcde\0\0\0"
    assert netlink.u32(1, -3) == struct.pack("=HH", 8, 1) + b"\xff\xff\xff\xfd"
    assert list(netlink.each(netlink.nest(2, netlink.text(1, "a"), netlink.u64(7, 5)))) == [
        (2, netlink.text(1, "a") + netlink.u64(7, 5))
    ]


@given(st.lists(st.tuples(st.integers(0, 0x3FFF), st.binary(max_size=40)), min_size=1, max_size=10), st.integers(1, 30))
def test_attributes_come_back_and_what_is_cut_off_is_left_out(parts, cut):
    data = b"".join(netlink.attribute(kind, value) for kind, value in parts)
    assert list(netlink.each(data)) == parts
    found = list(netlink.each(data[:-cut]))
    assert found == parts[: len(found)]


@given(st.binary(max_size=200))
def test_any_answer_is_read_to_its_end(data):
    assert sum(16 + len(rest) for *_, rest in netlink.split(data)) <= len(data)
    assert len(list(netlink.each(data))) <= len(data) // 4
    for found in elements.read([netlink.attribute(1, netlink.attribute(1, netlink.attribute(1, data)))]):
        assert found.key == data


def test_a_batch_is_one_transaction_and_its_last_message_asks_for_an_answer():
    messages = [netlink.Message(0, b"", netlink.CREATE), netlink.Message(12, netlink.text(1, "t"))]
    parts = list(netlink.split(netlink.batch(messages, 7)))
    assert [(kind, flags, sequence) for kind, flags, sequence, _ in parts] == [
        (16, 1, 7), (10 << 8, 0x401, 8), (10 << 8 | 12, 5, 9), (17, 1, 10)
    ]  # fmt: skip
    assert parts[0][3] == parts[3][3] == b"\0\0\0\x0a"
    assert parts[2][3] == b"\x01\0\0\0" + netlink.text(1, "t")
    checked = netlink.batch(messages, 7, commit=False)
    assert [kind for kind, *_ in netlink.split(checked)] == [16, 10 << 8, 10 << 8 | 12]


def test_many_elements_are_several_messages_of_a_length_that_attributes_can_have():
    items = [elements.element(n.to_bytes(4, "big"), 1000) for n in range(10_000)]
    messages = list(table.elements(table.NEWELEMENT, "drop4_32", items))
    assert len(messages) > 1
    inside = [dict(netlink.each(message.body))[3] for message in messages]
    assert all(len(data) + 4 < 1 << 16 for data in inside)
    assert b"".join(inside) == b"".join(items)


@given(st.sampled_from((4, 16, 8, 20)), st.none() | st.integers(-5, 10**18))
def test_an_element_is_read_as_it_was_made(size, milliseconds):
    key = bytes(range(size))
    (found,) = netlink.each(elements.element(key, milliseconds))
    parts = dict(netlink.each(found[1]))
    assert dict(netlink.each(parts[1]))[1] == key
    expected = None if milliseconds is None else min(max(milliseconds, 1), elements.LONGEST)
    assert (netlink.number(parts[4]) if 4 in parts else None) == expected


def dumped(key, *, seconds=None, counts=None, several=False, end=False):
    """As the kernel gives it: without the flag of nested attributes, and with the time that is left."""
    parts = netlink.attribute(1, netlink.attribute(1, key))
    if counts:
        counter = netlink.text(1, "counter") + netlink.attribute(
            2, netlink.u64(1, counts[1]) + netlink.u64(2, counts[0])
        )
        limit = netlink.text(1, "limit") + netlink.attribute(2, netlink.u64(1, 5))
        both = netlink.attribute(1, limit) + netlink.attribute(1, counter)
        parts += netlink.attribute(11, both) if several else netlink.attribute(7, counter)
    if end:
        parts += netlink.u32(3, 1)
    if seconds is not None:
        parts += netlink.u64(4, 10**6) + netlink.u64(5, int(seconds * 1000))
    return netlink.attribute(1, parts)


rows = st.tuples(
    st.binary(min_size=4, max_size=4),
    st.none() | st.integers(0, 10**6),
    st.none() | st.tuples(st.integers(0, 2**63), st.integers(0, 2**63)),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(rows, max_size=30))
def test_elements_of_every_form_are_read_in_any_mixture(rows):
    data = b"".join(dumped(k, seconds=s, counts=c, several=m, end=e) for k, s, c, m, e in rows)
    expected = [(k, e, s, *(c or (None, None))) for k, s, c, m, e in rows]
    assert [tuple(found) for found in elements.read([data, b""])] == expected


@given(st.lists(v4 | v6, max_size=20), st.integers(0, 2**32 - 1), st.integers(0, 2**128 - 1))
def test_allowed_is_what_is_in_one_of_the_networks(networks, four, six):
    for version, number, top in ((4, four, 2**32), (6, six, 2**128)):
        bounds = table.allow_intervals(networks, version)
        ranges = [(int.from_bytes(a, "big"), top if b is None else int.from_bytes(b, "big")) for a, b in bounds]
        assert all(low < high for low, high in ranges)
        assert all(before[1] < after[0] for before, after in pairwise(ranges)), "none touches another"
        edges = {number, 0, top - 1, *(edge + d for r in ranges for edge in r for d in (-1, 0))} - {-1, top}
        for value in edges:
            address = ip_address(value) if version == 4 else IPv6Network(value).network_address
            wanted = any(address in network for network in networks if network.version == version)
            assert any(low <= value < high for low, high in ranges) == wanted


entries = st.builds(Entry, st.sampled_from(("drop", "limit")), v4 | v6, st.none()) | st.builds(
    Entry, st.just("guard"), (v4 | v6).map(lambda n: ip_network(n.network_address)), st.integers(0, 255)
)


@given(entries)
def test_a_place_and_a_key_stand_for_one_entry(entry):
    where, key = table.place(entry), table.key(entry)
    assert table.PLACES[where.name] == where
    assert len(key) == where.key_size
    assert table.of_key(where, key) == (entry.network, entry.protocol)
    assert int.from_bytes(where.mask, "big") == int(entry.network.netmask) or entry.kind == "guard"


@pytest.mark.parametrize(("network", "protocol"), [("192.0.2.0/24", 17), ("192.0.2.1/32", None), ("192.0.2.1/32", 256)])
def test_a_guard_is_about_one_address_and_one_protocol(network, protocol):
    with pytest.raises(ActionError, match="one address and one protocol"):
        table.place(Entry("guard", ip_network(network), protocol))


def test_only_a_guard_has_a_protocol():
    with pytest.raises(ActionError, match="every protocol"):
        table.place(Entry("drop", ip_network("192.0.2.1/32"), 6))


def test_usual_places_are_those_of_hosts():
    names = {"drop4_32", "drop6_64", "limit4_32", "limit6_64", "guard4", "guard6"}
    assert {where.name for where in table.USUAL} == names
    assert HOST6 == 64
    assert all(table.PLACES[name] in table.USUAL for name in names)


def test_a_dry_run_is_the_same_without_the_verdict():
    for where in table.USUAL:
        real = dict(netlink.each(table.open_place(where, Rates(), dry=False)[1].body))[4]
        dry = dict(netlink.each(table.open_place(where, Rates(), dry=True)[1].body))[4]
        drop = real.removeprefix(dry)
        assert real == dry + drop
        assert b"immediate\0" in drop
        assert b"immediate\0" not in dry


def test_what_differs_is_found_and_what_ends_anyway_is_not():
    def entry(seconds):
        return Entry(
            "drop", ip_network("192.0.2.1/32"), until=None if seconds is None else NOW + timedelta(seconds=seconds)
        )

    wanted = {"gone": entry(60), "ending": entry(1), "same": entry(60), "late": entry(60), "stays": entry(None)}
    wanted |= {"timed": entry(None), "for ever": entry(60), "long": entry(10**9), "longer": entry(10**9)}
    left = {"same": 59.0, "late": 3600.0, "stays": None, "timed": 5.0, "for ever": None, "long": 900.0, "longer": 400.0}
    left |= {"extra": 60.0, "extra too": None, "extra but ending": 1.0}
    missing, extra, wrong = compare(wanted, left, NOW, longest=1000)
    assert missing == ["gone"]
    assert extra == ["extra", "extra too"]
    assert wrong == ["late", "timed", "for ever", "longer"]
    assert compare({"late": entry(60)}, {"late": 65.0}, NOW, longest=1000, late=4.0) == ([], [], [])


def test_a_rate_below_one_is_refused():
    check_rates(Rates(1, 1, 1, 1))
    with pytest.raises(ActionError, match="guard_burst is 0"):
        check_rates(Rates(guard_burst=0))


def test_a_refusal_says_what_and_what_to_do():
    for code in netlink._MEANING:
        error = netlink.Refused([(3, code), (-1, 1)])
        assert error.errno == code
        assert error.fix
        assert "(and 1 more faults)" in str(error)
    assert "ELOOP" in str(netlink.Refused([(0, 40)]))


def test_the_privileged_process_stays_small():
    script = "import sys, vedette.respond.block.nftables, vedette.respond.block.iptables as i; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "vedette.respond.block.netlink" in loaded
    assert not loaded & {"polars", "numpy", "numba", "pydantic", "sqlalchemy", "vedette.config"}
