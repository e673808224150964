"""Errors that a user sees: what happened, where, and what to do about it."""


class VedetteError(Exception):
    """Base of every error that Vedette reports by itself; anything else is a bug.

    Attributes:
        code: few distinct values: metrics carry it as a label.
        what: the fault, in one line.
        where: file:line, source, component or address; may be empty.
        fix: what the user can do; may be empty.
    """

    code = "error"

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  fix: {self.fix}" if self.fix else text


class ComponentError(VedetteError):
    """A component is not there or cannot be loaded."""

    code = "component"


class ConfigError(VedetteError):
    """Settings that cannot be used; `faults` holds every one of them, not only the first."""

    code = "config"

    def __init__(self, faults: list[str], *, where: str = "", fix: str = "") -> None:
        super().__init__("\n".join(faults), where=where, fix=fix)
        self.faults = faults

    def __str__(self) -> str:
        text = "\n".join(self.faults)
        return f"{text}\n  fix: {self.fix}" if self.fix else text


class SourceError(VedetteError):
    """A source cannot be read."""

    code = "source"


class RuleError(VedetteError):
    """A rule cannot be run exactly."""

    code = "rule"


class StoreError(VedetteError):
    """The store refused, for example because the disk is full."""

    code = "store"


class DeliveryError(VedetteError):
    """A notice could not be delivered this time."""

    code = "delivery"


class FeedError(VedetteError):
    """A list of indicators cannot be read."""

    code = "feed"
