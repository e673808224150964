"""Rule files as they come from other people's machines."""

from pathlib import Path

import pytest

from vedette.detect.sigma.documents import documents
from vedette.runtime.rules import files, texts

RULE = "title: Größe\nlogsource: {product: test}\ndetection: {a: {x: ä}, condition: a}\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "x.yml").write_bytes(RULE.replace("\n", "\r\n").encode(encoding))
    ((path, text),) = texts(map(str, files([tmp_path])))
    (doc,) = documents(path, text)
    assert doc.fault == ""
    assert (doc.content or {})["title"] == "Größe"


def test_what_is_not_unicode_is_refused_and_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_bytes(b"# one\n" + RULE.encode("latin-1"))
    ((path, text),) = texts(map(str, files([tmp_path])))
    assert documents(path, text)[0].fault == "line 2 is not UTF-8: save the file as UTF-8"


def test_endings_are_taken_in_any_case_and_samples_are_none(tmp_path: Path) -> None:
    for name in ("a.YML", "b.Yaml", "c.yml", "a.TEST.yml", "b.test.yaml", "d.txt"):
        (tmp_path / name).write_text(RULE)
    assert [path.name for path in files([tmp_path])] == ["a.YML", "b.Yaml", "c.yml"]
