"""Pseudonyms: what was learned is gone, and comes back exactly."""

from hypothesis import given
from hypothesis import strategies as st

from vedette.ai.pseudonyms import Pseudonyms

FOUND = {
    "address": {"192.0.2.7", "2001:db8::1", "8.8.8.8"},
    "user": {"bob", "Ann.Lee"},
    "host": {"db1"},
    "domain": {"shop.example"},
}
words = st.sampled_from(
    [
        "bob",
        "BOB",
        "bobby",
        "ann.lee",
        "192.0.2.7",
        "192.0.2.70",
        "db1",
        "user_1",
        "inside_1",
        "user_2",
        "shop.example",
        "2001:db8::1",
    ]
)
texts = st.lists(words | st.text(max_size=5), max_size=12).flatmap(
    lambda parts: st.sampled_from([" ", "/", ":", "_", "", ".", "\n"]).map(lambda joint: joint.join(parts))
)


@given(st.lists(texts, max_size=4))
def test_back_and_forth_is_exact(some):
    names = Pseudonyms(FOUND)
    hidden = [names.hide(text) for text in some]
    assert [names.reveal(text) for text in hidden] == some


def test_values_are_gone_from_the_whole_request():
    names = Pseudonyms(FOUND)
    pack = names.hide(
        "Failed password for bob from 192.0.2.7; /home/bob/x; https://shop.example/a?u=BOB; bob@shop.example"
    )
    title = names.hide("Guessing against bob on DB1 from 192.0.2.7")
    for text in (pack, title):
        assert not any(value in text.lower() for value in ("bob", "192.0.2.7", "shop.example", "db1"))
    assert names.hide("bob") in pack
    assert names.hide("bob") in title


def test_parts_of_other_words_stay():
    names = Pseudonyms(FOUND)
    assert names.hide("bobby 192.0.2.70") == "bobby 192.0.2.70"


def test_names_that_everybody_has_stay_and_sides_are_told():
    names = Pseudonyms({"user": {"root"}, "address": {"10.0.0.1", "8.8.8.8", "127.0.0.1"}})
    assert names.hide("root 127.0.0.1 10.0.0.1 8.8.8.8") == "root 127.0.0.1 inside_1 outside_1"


def test_what_was_not_given_is_not_revealed():
    assert Pseudonyms(FOUND).reveal("user_7 said so") == "user_7 said so"
