"""How good the detection of network attacks is: labelled captures, one by one.

    python bench/quality_network.py DIRECTORY

DIRECTORY holds LABELS.md (tables with the columns file, class, attacker), attack/ and benign/. An attack counts as named
when an alert of its class is raised, and as attributed when the alert names the labelled attacker as its source or, where the
sources are forged or reflectors, nobody. A label that only counts ("top src A (3), B (3) of 500") tells an attacker where one sent
the most. "In the alert" are those, too, whom it names as the other end. Every alert over a benign capture is a false alarm. Not
timed.
"""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from vedette.collect.read import Options, Reading
from vedette.model.alert import Alert
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.rules import load
from vedette.runtime.scan import Scan

RULES = load([])
EXPECTED = {
    "scan": {"scan"}, "recon": {"scan"}, "flood": {"flood"}, "flood-spoofed": {"flood"}, "http-flood": {"flood"},
    "amplification": {"reflection"}, "arp-spoof": {"spoofing"}, "bruteforce": {"authentication"}, "exfil": {"tunnel"},
    "malware": {"malware", "beacon"}, "web-scan": {"web", "scan"},
}  # fmt: skip
"""Classes of alerts that a label is named by."""


def rows(text: str) -> list[dict[str, str]]:
    """Rows of all tables of a Markdown page, by column."""
    found, columns = [], []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            columns = []
        elif not columns:
            columns = cells
        elif set(line) - set("|-: "):
            found.append(dict(zip(columns, cells, strict=False)))
    return found


def labelled(text: str) -> str | None:
    """The attacker that a label tells."""
    told = re.search(r"(?:^|top src )([0-9a-fA-F.:]{3,})(?: \((\d+)\)(?:, \S+ \((\d+)\))?|$)", text)
    return told[1] if told and (told[2] is None or told[2] != told[3]) else None


def alerts(path: Path) -> list[Alert]:
    """What a look into one capture raises."""
    scan = Scan(Reading([path], Options(packets=True)), Engine(Plan(RULES)), Context(datetime.now(UTC)))
    for _ in scan.batches():
        pass
    return list(scan.findings().alerts)


def main(folder: Path) -> int:
    """Print the table; 0 if at least nine in ten are named and there is at most one false alarm."""
    named = asked = attributed = told_of = blamed = alarms = quiet = 0
    for row in rows((folder / "LABELS.md").read_text("utf-8")):
        path = folder / row["file"]
        if not path.is_file() or "decode/" in row["file"]:
            continue
        found = alerts(path)
        told = ", ".join(sorted({f"{a.rule_name} ({a.source_ip or '-'})" for a in found})) or "nothing"
        kind = row.get("class", "benign")
        if kind not in EXPECTED:
            alarms += bool(found)
            quiet += not found
            if found or kind != "benign":
                print(f"{'FALSE ALARM' if found else 'quiet':12} {kind:14} {path.name}: {told}")
            continue
        asked += 1
        right = [alert for alert in found if alert.alert_class in EXPECTED[kind]]
        named += bool(right)
        attacker = labelled(row["attacker"])
        verdict = "named" if right else "missed"
        if right and attacker:
            blamed += 1
            hit = any(alert.source_ip == attacker for alert in right)
            attributed += hit
            told_of += any(attacker in (alert.source_ip, alert.destination_ip) for alert in right)
            verdict = "named" if hit else "wrong source"
        print(f"{verdict:12} {kind:14} {path.name}: {told}")
    print(f"\n{named} of {asked} attacks named")
    print(f"the labelled attacker is the source in {attributed} of {blamed}, and in the alert in {told_of}")
    print(f"{alarms} false alarms over {alarms + quiet} benign captures")
    return 0 if named >= 0.9 * asked and alarms <= 1 else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
