"""What is offered at the cursor."""

import pytest

from tests.store.made import NOW
from vedette.model.query import Schema
from vedette.search import ALERTS, EVENTS, complete, read

KNOWN = {"user.name": ["root", "roger", "two words"], "CommandLine": ["x"]}


def offered(text, schema=EVENTS, native=("CommandLine",)):
    cursor = text.index("|")
    text = text.replace("|", "")
    found = complete(text, cursor, schema, lambda field, _begun: KNOWN.get(field, []), native)
    return [text[: found.start] + choice.text + text[found.end :] for choice in found.choices]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("|", "@timestamp:"),
        ("user.na|", "user.name:"),
        ("usern|", None),
        ("Command|", "CommandLine:"),
        ("user.name:|", "user.name:root"),
        ("user.name:ro|", "user.name:root"),
        ('user.name:"two|', 'user.name:"two words"'),
        ("user.name:(root or ro|)", "user.name:(root or root)"),
        ("user.name:root an|", "user.name:root and "),
        ("user.name:root and source.i|", "user.name:root and source.ip:"),
        ("(user.name:root) and user.name:rog|", "(user.name:root) and user.name:roger"),
        ("user.name:root sourc|e.ip", "user.name:root source.address:e.ip"),
        ("user.name:root |", "user.name:root @timestamp:"),
    ],
)
def test_events(text, first):
    assert next(iter(offered(text)), None) == first


def test_words_of_a_field_with_few():
    assert offered("rule.level >= h|", ALERTS) == ["rule.level >= high"]
    assert offered("rule.level:(low or c|", ALERTS) == ["rule.level:(low or critical"]
    assert offered("alert.state:|", ALERTS)[0] == "alert.state:new"


ODD = ["two words", "a:b", "<b>", 'qu"ote', "back\\slash", "or", "(x", "/x/", "*", "k\u00e9y", "a|b", "x\u202ey"]


@pytest.mark.parametrize("name", ODD)
def test_a_field_of_any_name_is_offered_so_that_the_query_means_it(name):
    (choice,) = complete("", 0, Schema({}, (), open=True), lambda *_: [], [name]).choices
    assert read(f"{choice.text}x", EVENTS, NOW, [name]).field == name


def test_no_more_than_a_list_holds():
    assert len(offered("|")) == 20
