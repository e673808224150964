"""What a detector returns."""

from typing import Any, NamedTuple

from vedette.model.alert import Alert


class Step(NamedTuple):
    """`state` goes into the next call and may be written to disk in between (`dump`/`load` of the detector's module).
    `alerts` are parts (model.alert.fold joins them): the same whole alerts come out however the stream was cut."""

    state: Any
    alerts: list[Alert]
