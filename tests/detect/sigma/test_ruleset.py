"""Reading: every document runs, or is refused with its line and a reason a person can act on."""

import pytest

from tests.detect.sigma.made import at, events, rule, rules, run
from vedette.detect.sigma import begin, check, dump, load, match, read, run_samples
from vedette.detect.sigma.check import sample
from vedette.detect.sigma.required import required
from vedette.model.errors import VedetteError
from vedette.model.records import Events, Logsource

GOOD = rule("a: {x: 1}\n  condition: a", "id: 0b8e9b6a-6a60-4f51-9e3b-6a4f0d3c1a11\nname: good\nlevel: low")
COUNT = """
title: Count
correlation: {type: event_count, rules: [good], group-by: [y], timespan: 5m, condition: {gte: 2}}
"""


def refusal(text: str, *others: str) -> tuple[int, str]:
    ruleset = read([("x.yml", text), *((f"o{i}.yml", other) for i, other in enumerate(others))])
    (refused,) = ruleset.refused
    return refused.line, refused.reason


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "holds no rule"),
        ("# only a comment\n", 1, "holds no rule"),
        ("- a\n- b\n", 1, "not a mapping"),
        ("title: x\n", 1, "not a Sigma rule"),
        ("\n\ntitle: x\na: [\n", 5, "not YAML"),
        ("title: x\ntitle: y\n", 2, "Duplicate key"),
        ("title: \0x\n", 1, "not YAML"),
        ("a: " + "[" * 5000, 1, "nested"),
        ("a:\n" + "".join(" " * i + "b:\n" for i in range(1, 300)), 1, "nested"),
        ("a: &a [x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)), 1, "aliases"),
        (rule("a: {x: 1}\n  condition: b"), 1, "'b', which is not defined"),
        (rule("a: {x: 1}\n  condition: a and"), 1, "ends where a name"),
        (rule("a: {x: 1}\n  condition: (a"), 1, "without its )"),
        (rule("a: {x: 1}\n  condition: 2 of a*"), 1, "only 1, any and all"),
        (rule("a: {x: 1}\n  condition: 1 of b*"), 1, "no definition has such a name"),
        (rule("a: {x: 1}\n  condition: a | count() > 5"), 1, "no window"),
        (rule("a: {x: 1}\n  timeframe: 5m\n  condition: a"), 1, "timeframe"),
        (rule("a: {x: 1}\n  condition: " + "not " * 500 + "a"), 1, "nested more than"),
        (rule("a: {x: 1}\n  condition: " + "(" * 500 + "a"), 1, "nested more than"),
        (rule("a: {x|frobnicate: 1}\n  condition: a"), 1, "frobnicate"),
        (rule("a: {x|re: 'a(?=b)'}\n  condition: a"), 1, "no linear engine"),
        (rule("a: {x|re: '(a)\\1'}\n  condition: a"), 1, "no linear engine"),
        (rule("a: {x|cidr: 1.2.3.4/99}\n  condition: a"), 1, "CIDR"),
        (rule("a: {x|gt: five}\n  condition: a"), 1, "modifier gt takes a decimal number, not 'five'"),
        (rule("a: {x|gt: 9007199254740993}\n  condition: a"), 1, "modifier gt takes a decimal number"),
        (rule("a: {x|exists: maybe}\n  condition: a"), 1, "modifier exists takes true or false"),
        (rule("a: {x|re|cased: y}\n  condition: a"), 1, "modifier cased cannot stand behind"),
        (rule("a: {x|expand: '%who%'}\n  condition: a"), 1, "placeholder %who%"),
        (rule("a: {x: []}\n  condition: a"), 1, "empty list"),
        (rule("a: {'|startswith': x}\n  condition: a"), 1, "needs a field"),
        (rule("a: {x: 1}\n  condition: a", logsource="{}"), 1, "logsource"),
        (rule("a: {x: 1}\n  condition: a", logsource="{product: [x]}"), 1, "product must be text"),
        (rule("a: {x: 1}\n  condition: a", "level: terrible"), 1, "level"),
        (rule("a: {x: 1}\n  condition: a", "vedette: {class: nonsense}"), 1, "class"),
        (rule("a: {x: 1}\n  condition: a", "vedette: {klass: web}"), 1, "vedette"),
        ("title: x\ndetection: 5\nlogsource: {product: x}\n", 1, "mapping"),
        ("title: x\naction: repeat\n", 1, "no rule before it"),
        ("title: x\naction: merge\n", 1, "none of global, reset, repeat"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused_with_its_line(text: str, line: int, says: str) -> None:
    assert refusal(text)[0] == line
    assert says in refusal(text)[1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("good]", "nowhere]"), "'nowhere' that it refers to is not loaded"),
        (("event_count", "sometimes"), "type 'sometimes'"),
        (("5m", "5 minutes"), "timespan"),
        (("{gte: 2}", "{gte: two}"), "must be a number"),
        (("{gte: 2}", "{field: y}"), "needs one of"),
        (("{gte: 2}", "{gte: 2, maybe: 3}"), "'maybe' is not supported"),
        (("event_count", "value_count"), "needs a field"),
        (("event_count", "value_percentile"), "needs a field"),
        (("timespan: 5m", "timespan: 5m, window: fixed"), "'window' is not supported"),
        (("condition: {gte: 2}", "condition: good and other"), "needs a condition of numbers"),
        (("event_count", "temporal"), ""),
    ],
)
def test_correlations_that_cannot_run(change: tuple[str, str], says: str) -> None:
    text = COUNT.replace(*change)
    if says:
        assert says in refusal(text, GOOD)[1]
    else:
        assert read([("x.yml", text), ("y.yml", GOOD)]).refused == ()


def test_a_broken_document_does_not_hide_the_others_and_lines_are_those_of_the_file() -> None:
    text = f"# head\n{GOOD}---\ntitle: [broken\n---\n{COUNT}"
    ruleset = read([("x.yml", text)])
    assert [(r.name, r.line) for r in ruleset.rules] == [("A rule", 2), ("Count", 14)]
    assert [r.line for r in ruleset.refused] == [12]
    assert [r.raises for r in ruleset.rules] == [False, True]


def test_ids_and_names_are_used_once() -> None:
    assert "already used by x.yml:1" in refusal(GOOD, GOOD)[1]


def test_circles_of_correlations_are_refused() -> None:
    circle = (
        "title: {0}\nname: {0}\ncorrelation: {{type: event_count, rules: [{1}], timespan: 5m, condition: {{gte: 2}}}}\n"
    )
    ruleset = read([("a.yml", circle.format("a", "b")), ("b.yml", circle.format("b", "a"))])
    assert {r.reason for r in ruleset.refused} == {"correlation: it refers to itself, directly or through others"}


def test_a_chain_may_only_group_by_what_its_inner_part_groups_by() -> None:
    outer = (
        "title: o\ncorrelation: {type: event_count, rules: [inner], group-by: [z], timespan: 5m, condition: {gte: 2}}\n"
    )
    assert "does not group by 'z'" in refusal(outer, GOOD, COUNT.replace("title: Count", "title: c\nname: inner"))[1]


FILTER = """
title: Not from the scanner
logsource: {product: test}
filter: {rules: RULES, ours: {y: scanner}, condition: not ours}
"""


@pytest.mark.parametrize("names", ["[good]", "any", "[]", "good", "[0B8E9B6A-6A60-4F51-9E3B-6A4F0D3C1A11, other]"])
def test_a_filter_joins_the_rules_that_it_names(names: str) -> None:
    ruleset = rules(GOOD, FILTER.replace("RULES", names))
    found = match(ruleset, events([{"x": "1", "y": "scanner"}, {"x": "1"}, {"x": "2"}]))
    assert found.rows() == [(0, 1)]
    assert [f.rules for f in ruleset.filters] == [(0,)]


def test_a_filter_for_other_log_sources_or_rules_is_refused() -> None:
    assert "none of the rules" in refusal(FILTER.replace("RULES", "[nobody]"), GOOD)[1]
    assert "log source" in refusal(FILTER.replace("RULES", "[good]").replace("test", "other"), GOOD)[1]
    assert "'count' is a correlation" in refusal(FILTER.replace("RULES", "[count]"), GOOD, COUNT + "name: count\n")[1]


def test_a_filter_tells_which_of_its_rules_are_not_loaded() -> None:
    rows = check(rules(GOOD, FILTER.replace("RULES", "[good, Gone]")))
    assert [row["reason"] for row in rows if row["rule.name"] == "Not from the scanner"] == [
        "filters 1 rule; not loaded: Gone"
    ]


def test_aliases_name_a_field_for_each_rule() -> None:
    second = rule("a: {x: 2}\n  condition: a", "name: second")
    text = """
title: Both
correlation:
  type: temporal
  rules: [good, second]
  group-by: [who]
  timespan: 5m
  aliases: {who: {good: y, second: z}}
"""
    ruleset = rules(GOOD, second, text)
    made = events([{"x": "1", "y": "anna", "@timestamp": at(0)}, {"x": "2", "z": "anna", "@timestamp": at(1)}])
    assert [alert.rule_name for alert in run(ruleset, [made])] == ["Both"]


SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "1"}
AUDITED = {"Channel": "Security", "EventID": "4688"}


@pytest.mark.parametrize(
    ("logsource", "batch", "event", "found"),
    [
        ("{category: process_creation, product: windows}", {"product": "windows"}, SYSMON | {"Image": "x"}, True),
        ("{category: process_creation, product: windows}", {"product": "windows"}, AUDITED | {"NewProcessName": "x"}, True),
        ("{category: process_creation, product: windows}", {"product": "windows"}, SYSMON | {"NewProcessName": "x"}, False),
        ("{category: process_creation, product: windows}", {"product": "windows"}, SYSMON | {"EventID": "3", "Image": "x"}, False),
        ("{category: process_creation, product: linux}", {"product": "linux"},
         {"event.category": "process", "event.type": "start", "process.executable": "x"}, True),
        ("{category: process_creation}", {"product": "linux", "service": "auditd"},
         {"event.category": "process", "event.type": "start", "process.executable": "x"}, True),
        ("{product: windows, service: security}", {"product": "windows"}, {"winlog.channel": "Security", "Image": "x"}, True),
        ("{product: windows}", {"product": "windows"}, {"Image": "x"}, True),
        ("{product: windows}", {"product": "linux"}, {"Image": "x"}, False),
        ("{category: process_creation, product: windows}", {"category": "process_creation", "product": "windows"},
         {"Image": "x"}, True),
        ("{product: linux, service: auth}", {"product": "linux", "service": "sshd"}, {"Image": "x"}, True),
        ("{product: linux, service: sshd}", {"product": "linux", "service": "sudo"}, {"Image": "x"}, False),
        ("{product: linux, service: clamav}", {"product": "linux", "service": "syslog"},
         {"log.syslog.appname": "freshclam", "Image": "x"}, True),
        ("{product: linux, service: clamav}", {"product": "linux", "service": "syslog"},
         {"process.name": "clamd", "Image": "x"}, True),
        ("{product: linux, service: clamav}", {"product": "linux", "service": "syslog"},
         {"process.name": "sshd", "Image": "x"}, False),
        ("{category: process_creation, product: macos}", {"product": "macos"},
         {"event.category": "process", "event.type": "start", "process.executable": "x"}, True),
        ("{category: application, product: django}", {}, {"Image": "x"}, True),
        ("{category: application, product: django}", {"product": "okta", "service": "okta"}, {"Image": "x"}, False),
        ("{category: application, product: kubernetes, service: audit}", {"product": "kubernetes", "service": "audit"},
         {"Image": "x"}, True),
        ("{category: application, product: rpc_firewall}", {"product": "windows"}, {"Channel": "RPCFW", "Image": "x"}, True),
        ("{category: file_access, product: windows}", {"product": "windows"},
         {"Channel": "Microsoft-Windows-Kernel-File/Analytic", "EventID": "12", "Image": "x"}, True),
        ("{product: cisco, service: bgp}", {"product": "cisco", "service": "aaa"}, {"Image": "x"}, True),
        ("{product: juniper, service: bgp}", {"product": "linux", "service": "syslog"},
         {"process.name": "rpd", "Image": "x"}, True),
        ("{category: authentication}", {"product": "linux"}, {"event.category": "authentication", "Image": "x"}, True),
        ("{category: authentication}", {"product": "linux"}, {"event.category": "session", "Image": "x"}, False),
    ],
)  # fmt: skip
def test_where_a_log_source_is_found(logsource: str, batch: dict[str, str], event: dict[str, str], found: bool) -> None:
    made = rules(rule("a: {Image: x}\n  condition: a", logsource=logsource))
    for few in (0, 10):
        sample = Events(Logsource(**batch), events([event, {"Image": None}]).frame)
        assert match(made, sample, few).height == int(found)


@pytest.mark.parametrize(
    ("service", "detection", "event"),
    [
        ("auditlogs", "properties.message: Add member to role", {"activityDisplayName": "Add member to role"}),
        ("auditlogs", "TargetResources.modifiedProperties.newValue|contains: x",
         {"targetResources": '[{"modifiedProperties": [{"newValue": "axb"}]}]'}),
        ("signinlogs", "ResultDescription: Blocked", {"status.failureReason": "Blocked"}),
        ("activitylogs", "OperationNameValue: a/write", {"operationName": "A/WRITE"}),
    ],
)  # fmt: skip
def test_names_of_other_exports_of_a_cloud(service: str, detection: str, event: dict[str, str]) -> None:
    made = rules(rule(f"a: {{{detection}}}\n  condition: a", logsource=f"{{product: azure, service: {service}}}"))
    assert match(made, events([event], product="azure", service=service)).height == 1


def test_sigma_names_of_web_fields_stand_for_columns() -> None:
    made = rules(rule(
        "a: {cs-method: GET, sc-status: 200, c-ip|cidr: 192.0.2.0/24, cs-user-agent|contains: curl, cs-uri|endswith: .php}\n"
        "  condition: a", logsource="{category: webserver}",
    ))  # fmt: skip
    event = {
        "http.request.method": "GET", "http.response.status_code": 200, "source.ip": "192.0.2.7",
        "user_agent.original": "curl/8", "url.original": "/x.php",
    }  # fmt: skip
    assert match(made, events([event], category="webserver", service="nginx")).height == 1


def test_a_native_value_comes_before_its_ecs_form_event_by_event() -> None:
    made = rules(rule("a: {cs-method: GET}\n  condition: a", logsource="{category: webserver}"))
    rows = [{"cs-method": "POST", "http.request.method": "GET"}, {"http.request.method": "GET"}]
    assert match(made, events(rows, category="webserver"), few=0).rows() == [(0, 1)]
    assert match(made, events(rows, category="webserver")).rows() == [(0, 1)]


def test_single_rules_make_one_alert_per_key_and_hour() -> None:
    made = rules(rule("a: {x: 1}\n  condition: a", "level: medium\ntags: [attack.t1059.004, attack.execution]"))
    row = {"x": "1", "source.ip": "203.0.113.7", "user.name": "root"}
    found = run(made, [events([row | {"@timestamp": at(s), "event.id": str(s)} for s in (0, 5, 3599, 3600)])])
    assert [(a.count, a.level, a.alert_class, a.techniques, a.tactics) for a in found] == [
        (3, "medium", "execution", ("T1059.004",), ("execution",)),
        (1, "medium", "execution", ("T1059.004",), ("execution",)),
    ]
    without = run(made, [events([{"x": "1", "host.name": "web1"}])])
    assert len(without) == 1
    assert len({a.id for a in [*found, *without]}) == 3


def test_own_keys_say_class_offender_and_group() -> None:
    made = rules(rule("a: {x: 1}\n  condition: a", "level: high\nvedette: {class: tunnel, offender: false, key: [y]}"))
    found = run(made, [events([{"x": "1", "y": y, "source.ip": "203.0.113.7"} for y in "aba"])])
    assert [(a.count, a.alert_class) for a in found] == [(2, "tunnel"), (1, "tunnel")]
    assert made.rules[0].offender == ()
    assert rules(GOOD).rules[0].offender == ("source.ip", "source.domain", "source.address")
    assert rules(rule("a: {x: 1}\n  condition: a")).rules[0].offender == ()


def test_hostile_text_in_a_message_controls_nothing() -> None:
    made = rules(rule("a: {x: 1}\n  condition: a"))
    (alert,) = run(
        made, [events([{"x": "1", "message": "\x1b[31m\nroot\u202e" + "a" * 5000, "event.original": "b" * 10**6}])]
    )
    assert alert.message.isprintable()
    assert len(alert.message) < 200
    assert len(alert.evidence[0].original) == 2048


def test_saved_state_that_is_not_one_says_so() -> None:
    with pytest.raises(VedetteError, match="cannot be read"):
        load(rules(GOOD), b"\xff\x00rubbish")
    assert load(rules(GOOD), dump(begin(rules(GOOD)))) == begin(rules(GOOD))


def test_check_lists_every_document_with_its_fate() -> None:
    own = rule("a: {url.original: x, no.such.field: y}\n  condition: a", logsource="{category: webserver}")
    rows = check(read([("b.yml", own), ("a.yml", "title: x\n"), ("c.yml", GOOD)]), {"x"})
    assert [(r["path"], r["line"], r["status"], r["logsource"], r["unknown_fields"]) for r in rows] == [
        ("a.yml", 1, "refused", None, []),
        ("b.yml", 1, "runs", "category=webserver", ["no.such.field"]),
        ("c.yml", 1, "runs", "product=test", []),
    ]
    assert rows[1]["cost"] >= 1


SAMPLES = """
match:
  - event: {logsource: {product: test}, x: 1, n: 2}
  - log: '1'
no_match:
  - event: {logsource: {product: test}, x: 2}
  - event: {logsource: {product: test}, x: 1}
  - nonsense: true
"""


def test_samples_say_which_item_came_out_wrong() -> None:
    def parse(text: str, format_: str | None) -> list[object]:
        return [events([{"x": line} for line in text.split("\n")])]

    ruleset = read([("x.yml", GOOD)])
    found = run_samples(ruleset, [("x.test.yml", SAMPLES), ("y.test.yml", SAMPLES)], parse)  # type: ignore[arg-type]
    assert [(o.expected, o.number, o.passed) for o in found] == [
        ("match", 1, True), ("match", 2, True), ("no_match", 1, True), ("no_match", 2, False), ("no_match", 3, False),
        ("match", 0, False),
    ]  # fmt: skip


def test_a_sample_of_a_correlation_is_a_list() -> None:
    counted = f"{GOOD}---{COUNT}"
    item = "{logsource: {product: test}, x: 1, y: a}"
    samples = f"match:\n  - events: [{item}, {item}]\n  - [{{event: {item}}}, {{event: {item}}}]\nno_match:\n  - event: {item}\n"
    found = run_samples(read([("x.yml", counted)]), [("x.test.yml", samples)], lambda text, name: [])
    assert [o.passed for o in found] == [True, True, True]
    assert [batch.frame["line"].to_list() for batch in sample([{"event": {"x": 1}}] * 2, lambda text, name: [])] == [
        [1],
        [2],
    ]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?i)/(?:wp-login|xmlrpc)\\.php\\?\\w+=", ("/wp-login.php?", "/xmlrpc.php?")),
        ("abc|def", ("abc", "def")),
        ("ab?c", ("abc", "ac")),
        ("ab{2}cd", ("cd",)),
        ("[ab]cd", ("acd", "bcd")),
        ("x.*yz", ("yz",)),
        ("(?i)sh", ("sh", "ſ")),
        ("abc|d*", ()),
        ("a(?P<n>bc)+", ("bc",)),
        ("\\x41BC", ("abc",)),
        ("a(?=b)", ()),
        ("é" * 5, ()),
    ],
)
def test_literals_that_a_regex_needs(pattern: str, words: tuple[str, ...]) -> None:
    assert required(pattern) == words


def test_a_sample_of_a_refused_rule_says_why_it_is_refused() -> None:
    ruleset = read([("x.yml", rule("a: {x|re: 'a(?=b)'}\n  condition: a"))])
    (outcome,) = run_samples(ruleset, [("x.test.yml", "match: [{event: {x: a}}]")], lambda text, name: [])
    assert outcome.reason.startswith("its rule is refused: ")
    assert "look-around" in outcome.reason


def test_objects_in_an_event_of_a_sample_have_dotted_names() -> None:
    ruleset = read([("x.yaml", rule("a: {x.y.z: 1}\n  condition: a"))])
    text = "match: [{event: {logsource: {product: test}, x: {y: {z: 1}, w: {}}}}]"
    assert [o.reason for o in run_samples(ruleset, [("x.test.yaml", text)], lambda text, name: [])] == [""]
