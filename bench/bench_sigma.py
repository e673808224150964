"""How fast all public Sigma rules are matched against Windows events: parsed already, and from JSON lines to alerts.

Data: ../shared (rules of SigmaHQ; recordings of attacks as JSON lines and EVTX), else it is skipped. `recordings` are
mixed events with few matches, `attacks` are process creations of which one in five matches; both are drawn 40,000 times
with half of the digits of command lines, GUIDs, hashes and times replaced, so that they do not repeat themselves.
`repeating` are 3,000 of the recordings, drawn without a change, as the events of a host are. Reference: the same rules,
each asked of each event of a part of the data, as plain Python over dictionaries; it gives the same matches.
`cpu_us` is the CPU time for one event, best of all rounds: on a busy machine read that.

`test_file_to_alerts` reads a file of 50,000 of the recordings' lines, 2.6 kB each, drawn with digits of identifiers
replaced, as `vedette scan` does: 9,500 in a batch by default, since a batch is at most 24 MiB. `decoded` is what only
decoding its lines costs. `test_evtx_to_alerts` does so with the EVTX recordings; `decoded` is what the library that
reads them needs. `test_peak_memory` is a whole `vedette scan` of the 50,000 lines. `test_load` reads rule files or takes
them from disk: all public ones, and 10,000 made of them.
"""

import gc
import ipaddress
import os
import random
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import evtx
import msgspec
import polars as pl
import pytest

import lines
from vedette.cli.main import COLLECT_FROM
from vedette.collect.read import Options, Reading
from vedette.detect.sigma import dump_rules, load_rules, match, read
from vedette.detect.sigma.arrays import told
from vedette.detect.sigma.columns import JOIN
from vedette.detect.sigma.patterns import glob_regex, re2_of
from vedette.detect.sigma.plan import plan
from vedette.detect.sigma.rule import AllOf, Atom, Not
from vedette.model.records import Events, Logsource
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.rules import load
from vedette.runtime.scan import Scan

SHARED = Path(__file__).parents[2] / "shared" / "data" / "sigma"
WINDOWS = Logsource(None, "windows", None)
COUNT = 40_000
VARIED = re.compile("commandline|guid|hash|script|message|original|payload|context|targetfilename|processid", re.I)
SIZES = {"whole": COUNT, "5000": 5000, "20": 20, "1": 1}
NUMBERED = re.compile(r'"(?:\w*[Gg][Uu][Ii][Dd]|\w*ProcessId|RecordNumber|EventRecordID)":"?\{?[^",]+')
LINES = 50_000
READ = {
    "whole": Options(batch_lines=LINES, batch_bytes=1 << 30),
    "default": Options(),
    "5000": Options(batch_lines=5000),
}
ASKED = {"whole": COUNT, "5000": COUNT, "20": 4000, "1": 300}  # events of a round

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")


class Parsing(Engine):
    """Keeps the events instead of looking at them."""

    def __init__(self, rules):
        super().__init__(Plan(rules))
        self.frames = []

    def detect(self, groups):
        self.frames += [events.frame for events in groups if events.logsource == WINDOWS]
        return (), []


def parsed(folders):
    engine = Parsing(read([]))
    for _ in Scan(Reading([SHARED / folder for folder in folders]), engine, Context(lines.BEGIN)).batches():
        pass
    return pl.concat(engine.frames, how="diagonal")


def drawn(frame, count, varied):
    rng = random.Random(1)
    frame = frame[[rng.randrange(frame.height) for _ in range(count)]]
    frame = frame.with_columns(line=pl.int_range(1, count + 1, dtype=pl.Int64))
    digits = re.compile("[0-9]")

    def change(text):
        return digits.sub(lambda digit: rng.choice("0123456789") if rng.random() < 0.5 else digit[0], text)

    names = [n for n in frame.columns if varied and frame[n].dtype == pl.String and VARIED.search(n)]
    changed = [pl.Series(n, [t if t is None else change(t) for t in frame[n]], dtype=pl.String) for n in names]
    return frame.with_columns(changed)


@pytest.fixture(scope="module")
def data():
    recordings = parsed(["otrf/windows"])
    recordings = recordings.sample(min(60_000, recordings.height), seed=1)
    attacks = pl.concat([recordings, parsed(["evtx-attack-samples", "sigma-regression"])], how="diagonal")
    event, channel = attacks["EventID"].cast(str), attacks["Channel"].str.to_lowercase()
    starts = attacks.filter(((event == "1") & channel.str.contains("sysmon")) | (event == "4688"))
    return {
        "recordings": drawn(recordings, COUNT, True),
        "attacks": drawn(starts, COUNT, True),
        "repeating": drawn(recordings.head(3000), COUNT, False),
    }


@pytest.fixture(scope="module")
def rules():
    return read([(str(p), p.read_text("utf-8", "replace")) for p in sorted((SHARED / "sigma-rules").rglob("*.yml"))])


def batches(frame, size, count):
    return [Events(WINDOWS, frame[i : i + size]) for i in range(0, min(count, frame.height), size)]


def by_vedette(rules, parts):
    return [match(rules, part) for part in parts]


def by_hand(rules, frame):
    scopes = [(scope.where, [(task.rule, task.node) for task in scope.tasks]) for scope in plan(rules, WINDOWS).scopes]
    found = set()
    for row, written in enumerate(frame.cast(pl.String).iter_rows(named=True)):
        event = {name: value for name, value in written.items() if value is not None}
        for where, tasks in scopes:
            if all((value(event, key) or "").lower() in values for key, values in where):
                found.update((row, rule) for rule, node in tasks if holds(node, event))
    return sorted(found)


def value(event, key):
    return next((event[name] for name in key.split(JOIN) if name in event), None)


def holds(node, event):
    if isinstance(node, Atom):
        if not node.field:
            return any(says(node, one) for text in event.values() for one in texts(text))
        text = value(event, node.field)
        if node.op in ("null", "present"):
            return (text is None) == (node.op == "null")
        if node.op == "ref-eq":
            return text is not None and text.lower() == (value(event, node.value) or "").lower()
        return text is not None and any(says(node, one) for one in texts(text))
    if isinstance(node, Not):
        return not holds(node.node, event)
    return (all if isinstance(node, AllOf) else any)(holds(child, event) for child in node.nodes)


def texts(text):
    found = told(text)
    return (found,) if isinstance(found, str) else found


def says(atom, text):
    text = text if atom.cased or atom.op == "re" else text.lower()
    match atom.op:
        case "eq":
            return text == atom.value
        case "contains":
            return atom.value in text
        case "startswith":
            return text.startswith(atom.value)
        case "endswith":
            return text.endswith(atom.value)
        case "re" | "glob":
            pattern = atom.value if atom.op == "re" else glob_regex(atom.value)
            return re2_of(pattern).search(text) is not None
        case "cidr":
            try:
                return ipaddress.ip_address(text) in ipaddress.ip_network(atom.value)
            except ValueError:
                return False
    raise AssertionError(atom.op)


@pytest.mark.parametrize("kind", ["recordings", "attacks", "repeating"])
def test_same_answer(rules, data, kind):
    frame = data[kind][:150]
    found = match(rules, Events(WINDOWS, frame))
    assert list(zip(found["row"], found["rule"], strict=True)) == by_hand(rules, frame)


@pytest.mark.parametrize("size", [*SIZES, "by_hand"])
@pytest.mark.parametrize("kind", ["recordings", "attacks", "repeating"])
def test_speed(benchmark, rules, data, kind, size):
    benchmark.group = kind
    spent = []
    if size == "by_hand":
        how, what, count = by_hand, data[kind][:100], 100
    else:
        count = ASKED[size]
        how, what = by_vedette, batches(data[kind], SIZES[size], count)

    def once():
        before = time.process_time()
        how(rules, what)
        spent.append(time.process_time() - before)

    benchmark.pedantic(once, rounds=2 if size == "by_hand" else 3, warmup_rounds=1)
    benchmark.extra_info["cpu_us"] = round(min(spent) / count * 1e6, 1)


def test_first_batch(benchmark, rules, data):
    """The plan is made anew: what a process pays once."""
    benchmark.group = "plan"
    stored = dump_rules(rules)

    def once(fresh):
        match(fresh, Events(WINDOWS, data["attacks"][:1000]))

    benchmark.pedantic(once, setup=lambda: ((load_rules(stored),), {}), rounds=3)


def test_stored_rules(benchmark, rules):
    benchmark.group = "load"
    stored = dump_rules(rules)
    benchmark.pedantic(load_rules, (stored,), rounds=5)
    benchmark.extra_info["rules"] = len(rules.rules)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """JSON lines of the recordings."""
    raws = []
    for item in Reading([SHARED / "otrf/windows"]):
        if hasattr(item, "frame"):
            raws += filter(is_object, item.frame["raw"].to_list())
    rng = random.Random(1)
    digit = re.compile("(?<=[1-9])[1-9]")

    def change(found):
        return digit.sub(lambda _: rng.choice("123456789"), found[0])

    path = tmp_path_factory.mktemp("bench") / "recorded.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for _ in range(LINES):
            file.write(NUMBERED.sub(change, rng.choice(raws)) + "\n")
    return path


def is_object(raw):
    try:
        return isinstance(msgspec.json.decode(raw), dict)
    except msgspec.DecodeError:
        return False


def scanned(rules, path, options):
    scan = Scan(Reading([path], options), Engine(Plan(rules)), Context(lines.BEGIN))
    for _ in scan.batches():
        pass
    return scan.findings()


def decoded(path):
    with path.open(encoding="utf-8") as file:
        for line in file:
            msgspec.json.decode(line)


def test_file_is_understood(rules, recorded):
    findings = scanned(rules, recorded, Options())
    (summary,) = findings.summary.inputs
    assert summary.records == LINES
    assert not summary.rejected
    assert findings.alerts


@pytest.mark.parametrize("size", [*READ, "decoded"])
def test_file_to_alerts(benchmark, rules, recorded, size):
    benchmark.group = "file"
    spent = []
    gc.set_threshold(COLLECT_FROM, 20, 50)  # as the command does

    def once():
        before = time.process_time()
        if size == "decoded":
            decoded(recorded)
        else:
            scanned(rules, recorded, READ[size])
        spent.append(time.process_time() - before)

    benchmark.pedantic(once, rounds=3, warmup_rounds=1)
    benchmark.extra_info["cpu_us"] = round(min(spent) / LINES * 1e6, 1)


@pytest.mark.parametrize("size", ["default", "5000", "decoded"])
def test_evtx_to_alerts(benchmark, rules, size):
    benchmark.group = "evtx"
    folder = SHARED / "evtx-attack-samples"
    spent, counts = [], []

    def once():
        before = time.process_time()
        if size == "decoded":
            counts.append(sum(1 for path in folder.rglob("*.evtx") for _ in evtx.PyEvtxParser(str(path)).records_json()))
        else:
            counts.append(sum(each.records for each in scanned(rules, folder, READ[size]).summary.inputs))
        spent.append(time.process_time() - before)

    benchmark.pedantic(once, rounds=3, warmup_rounds=1)
    assert min(counts) > 2000
    benchmark.extra_info["cpu_us"] = round(min(spent) / counts[0] * 1e6, 1)


def test_peak_memory(benchmark, recorded):
    benchmark.group = "memory"
    command = ["-m", "vedette", "scan", str(recorded), "--rules", str(SHARED / "sigma-rules"), "--no-builtin-rules"]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}

    def once():
        subprocess.run([sys.executable, *command, "-q", "--exit-zero"], stdout=subprocess.DEVNULL, env=environment, check=True)

    benchmark.pedantic(once, rounds=1)
    benchmark.extra_info["peak_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


@pytest.fixture(scope="module", params=["public", "10000"])
def rule_files(request, tmp_path_factory):
    """The public rules, or as many copies of them with other ids and titles as make 10,000."""
    if request.param == "public":
        return request.param, SHARED / "sigma-rules"
    folder = tmp_path_factory.mktemp("rules")
    paths = sorted((SHARED / "sigma-rules" / "rules").rglob("*.yml"))
    for number in range(10_000):
        text = paths[number % len(paths)].read_text("utf-8")
        text = re.sub(r"(?m)^id: .*$", f"id: 00000000-0000-4000-8000-{number:012}", text, count=1)
        (folder / f"{number}.yml").write_text(re.sub(r"(?m)^name: .*$", "", text), "utf-8")
    time.sleep(2.1)  # a file that changed a moment ago is not trusted to stay as it is
    return request.param, folder


@pytest.mark.parametrize("how", ["cold", "warm"])
def test_load(benchmark, rule_files, how, tmp_path, monkeypatch):
    """Rule files to a rule set: cold reads them, warm has what was read on disk."""
    name, folder = rule_files
    benchmark.group = f"load {name}"
    monkeypatch.setenv("VEDETTE_CACHE_DIR", "off" if how == "cold" else str(tmp_path))
    spent, counts = [], []

    def once():
        before = time.process_time()
        counts.append(len(load([folder], builtin=False).rules))
        spent.append(time.process_time() - before)

    benchmark.pedantic(once, rounds=1 if how == "cold" else 5, warmup_rounds=0 if how == "cold" else 1)
    assert len(set(counts)) == 1
    benchmark.extra_info["cpu_s"] = round(min(spent), 2)
    benchmark.extra_info["rules"] = counts[0]
