"""Windows events whoever writes them."""

from typing import Any

from vedette.parse import windows


def test_ever_new_long_names_of_channels_are_not_kept() -> None:
    windows.event({"Channel": "Security", "EventID": "4624"})
    before = windows._plan.cache_info().currsize
    for number in range(20):
        assert windows.event({"Channel": f"{'x' * 1000}{number}", "EventID": 1})["event.code"] == "1"
    assert windows._plan.cache_info().currsize == before


def test_what_is_no_address_is_none() -> None:
    def peer(value: Any) -> Any:
        return windows.event({"Channel": "Security", "EventID": "4624", "IpAddress": value}).get("source.address")

    assert peer("203.0.113.9") == "203.0.113.9"
    assert [peer(value) for value in ("LOCAL", "-", "", "x" * 100_000, ["203.0.113.9"], {"a": 1}, 7)] == [None] * 7
