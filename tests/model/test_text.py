"""Nothing that a log says acts on the terminal that it is shown on."""

import sys
import unicodedata

from vedette.model.text import safe


def test_every_character_that_acts_or_hides_is_escaped() -> None:
    for character in map(chr, range(sys.maxunicode + 1)):
        shown = character == " " or unicodedata.category(character)[0] not in "CZ"
        assert (safe(character) == character) == shown
        assert safe(character).isprintable()


def test_text_around_it_stays_as_it_is() -> None:
    assert safe("ok \x1b[31mred\u202e é 漢") == "ok \\x1b[31mred\\u202e é 漢"
    assert safe("a" * 9, 4) == "aaaa…"
    assert safe("ab\x00cd", 3) == "ab\\x00…"
