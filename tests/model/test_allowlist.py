"""A look-up in the allow list says what comparing with every network would."""

from ipaddress import ip_network

from hypothesis import given
from hypothesis import strategies as st

from vedette.model.allowlist import Allowlist


def four(draw):
    first, prefix = draw
    return ip_network((first, prefix), strict=False)


# Few bits differ, so that networks lie inside one another.
FOUR = st.tuples(st.integers(0, 63).map(lambda n: (n & 7) << 29 | (n >> 3)), st.integers(0, 32)).map(four)
SIX = st.tuples(st.integers(0, 63).map(lambda n: (n & 7) << 125 | (n >> 3)), st.integers(0, 128)).map(four)
NETWORKS = st.one_of(FOUR, SIX)


@given(st.lists(NETWORKS, max_size=12), NETWORKS)
def test_it_finds_what_overlaps(networks, asked):
    whys = [(network, f"{at}: {network}") for at, network in enumerate(networks)]
    overlapping = {why for network, why in whys if network.version == asked.version and network.overlaps(asked)}
    found = Allowlist(whys).why(asked)
    assert found in overlapping if overlapping else found == ""


def test_of_the_same_network_the_first_counts():
    listed = Allowlist.of([("192.0.2.0/24", "settings"), ("192.0.2.0/24", "a person"), ("192.0.2.7/32", "resolver")])
    assert listed.why(ip_network("192.0.2.7/32")) == "settings"
    assert listed.why(ip_network("192.0.3.0/24")) == ""
    assert Allowlist.of([("192.0.2.7/32", "resolver")]).why(ip_network("192.0.0.0/16")) == "resolver"
