"""Rows of a frame by the number of their line, the key by which the steps of parsing join what they found."""

import numpy as np
import polars as pl


def among(frame: pl.DataFrame, lines: pl.Series) -> pl.DataFrame:
    """Rows whose `line` is one of `lines`, in the frame's order."""
    return frame if len(lines) == frame.height and lines.equals(frame["line"]) else frame.filter(_known(frame, lines))


def without(frame: pl.DataFrame, *lines: pl.Series) -> pl.DataFrame:
    """Rows whose `line` is in none of `lines`, in the frame's order."""
    done = [some for some in lines if len(some)]
    if not done:
        return frame
    if len(done) == 1 and len(done[0]) == frame.height and done[0].equals(frame["line"]):
        return frame.clear()
    return frame.filter(~_known(frame, pl.concat(done) if len(done) > 1 else done[0]))


def _known(frame: pl.DataFrame, lines: pl.Series) -> pl.Series:
    # Numbers of one batch lie close together: numpy then looks them up in a table and need not sort or hash.
    return pl.Series(np.isin(frame["line"].to_numpy(), lines.to_numpy()))
