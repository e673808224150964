"""The Sigma engine: rule files to a rule set, events to matches, matches to alerts."""

from vedette.detect.sigma.alerts import step
from vedette.detect.sigma.check import Outcome, check, run_samples
from vedette.detect.sigma.compiled import dump_rules, load_rules
from vedette.detect.sigma.matching import match
from vedette.detect.sigma.rule import Filter, Refused, Rule
from vedette.detect.sigma.ruleset import Ruleset, read
from vedette.detect.sigma.state import State, begin, dump, load

__all__ = [
    "Filter",
    "Outcome",
    "Refused",
    "Rule",
    "Ruleset",
    "State",
    "begin",
    "check",
    "dump",
    "dump_rules",
    "load",
    "load_rules",
    "match",
    "read",
    "run_samples",
    "step",
]
