"""Indicators of compromise in all data: what lists call bad is looked for in events, and by detect.intel.wire in packets. Pure."""

from vedette.detect.intel.known import NOTHING, How, Known, Listed, rule_id
from vedette.detect.intel.look import look

__all__ = ["NOTHING", "How", "Known", "Listed", "look", "rule_id"]
