"""`vedette timeline` and the layers for the ATT&CK Navigator."""

import csv
import io
import json

import pytest

PROBES = [
    '203.0.113.9 - - [15/Jan/2026:10:00:07 +0000] "GET /?x=1%27%20UNION%20SELECT%20password%20FROM%20users-- HTTP/1.1" 200 5 "-" "x"',
    '203.0.113.9 - - [15/Jan/2026:10:00:03 +0000] "GET /cgi-bin/x?=../../../../etc/passwd HTTP/1.1" 404 5 "-" "=cmd()"',
]


@pytest.fixture
def probes(tmp_path):
    path = tmp_path / "access.log"
    path.write_text("\n".join(PROBES) + "\n")
    return path


def test_csv_is_in_the_order_of_time_with_a_summary(vedette, probes):
    ran = vedette("timeline", probes)
    assert ran.status == 1
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert len(rows) >= 2
    assert [row["timestamp"] for row in rows] == sorted(row["timestamp"] for row in rows)
    assert {row["source.ip"] for row in rows} == {"203.0.113.9"}
    assert all(row["details"] and row["rule.id"] and row["log.file.path"] == str(probes) for row in rows)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert "initial-access" in ran.err
    assert "2 records from 1 input " in ran.err


def test_json_lines_name_the_tags_and_correlations_are_rows(vedette, guesses):
    ran = vedette("timeline", guesses, "--format", "jsonl", "--min-level", "medium", "-q")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert "attack.t1110.001" in rows[0]["rule.tags"]
    assert rows[0]["log.offset"] == 0
    assert ran.err == ""


def test_nothing_found_is_status_0(vedette, tmp_path):
    quiet = tmp_path / "quiet.log"
    quiet.write_text("2026-01-15T10:00:00+00:00 web1 systemd[1]: Started Daily apt download activities.\n")
    ran = vedette("timeline", quiet)
    assert ran.status == 0
    assert len(ran.out.splitlines()) == 1


def test_a_span_leaves_out_what_is_before(vedette, probes):
    ran = vedette("timeline", probes, "--from", "2026-01-15T10:00:05")
    assert {row["timestamp"][:19] for row in csv.DictReader(io.StringIO(ran.out))} == {"2026-01-15T10:00:07"}


def test_coverage_of_the_rules_is_a_layer(vedette):
    document = json.loads(vedette("rules", "list", "--format", "navigator", "-q").out)
    assert {"T1110.001", "T1059.001"} <= {each["techniqueID"] for each in document["techniques"]}


def test_only_a_list_has_a_layer(vedette):
    ran = vedette("rules", "check", "--format", "navigator")
    assert ran.status == 2
    assert "fix:" in ran.err
