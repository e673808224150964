"""Isolation forest: grown by scikit-learn, kept and scored as plain arrays.

Source: Liu, Ting, Zhou, Isolation Forest (ICDM 2008). Scoring here needs no scikit-learn, loads without pickle, and
gives every row the same score in every batch.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

TREES: Final = 100
SAMPLES: Final = 256
CHUNK: Final = 256
EULER: Final = 0.5772156649015329

Array = NDArray[Any]


def grow(rows: Array, seed: int) -> dict[str, Array]:
    """A forest over the rows as arrays: one line a tree of `feature` (-1 in a leaf), `threshold`, `left`, `right` and
    `depth` (of the leaf, with what is left unsplit in it); one number each of `expected`, the depth of an
    unremarkable row, and `levels`."""
    from sklearn.ensemble import IsolationForest

    sample = min(SAMPLES, len(rows))
    model = IsolationForest(n_estimators=TREES, max_samples=sample, random_state=seed).fit(rows)
    trees = [tree.tree_ for tree in model.estimators_]
    size = max(tree.node_count for tree in trees)
    forest: dict[str, Array] = {
        "feature": np.full((TREES, size), -1, np.int32),
        "threshold": np.zeros((TREES, size)),
        "left": np.zeros((TREES, size), np.int32),
        "right": np.zeros((TREES, size), np.int32),
        "depth": np.zeros((TREES, size)),
        "expected": _unsplit(np.array([sample])),
        "levels": np.array([max(tree.max_depth for tree in trees)]),
    }
    for place, (tree, columns) in enumerate(zip(trees, model.estimators_features_, strict=True)):
        nodes = tree.node_count
        inner = tree.children_left != -1
        forest["feature"][place, :nodes] = np.where(inner, columns[tree.feature], -1)
        forest["threshold"][place, :nodes] = tree.threshold
        forest["left"][place, :nodes] = np.where(inner, tree.children_left, 0)
        forest["right"][place, :nodes] = np.where(inner, tree.children_right, 0)
        level = np.zeros(nodes)
        for node in np.flatnonzero(inner):  # a parent's number is lower than its children's
            level[tree.children_left[node]] = level[tree.children_right[node]] = level[node] + 1
        forest["depth"][place, :nodes] = level + np.where(inner, 0, _unsplit(tree.n_node_samples))
    return forest


def score(forest: dict[str, Array], rows: Array) -> Array:
    """0 to 1 for each row, higher is stranger; the same as scikit-learn's `-score_samples`."""
    count, size = forest["feature"].shape
    leaf = (forest["feature"] < 0).ravel()
    own = np.arange(count * size, dtype=np.int32)
    roots = own[::size]
    # A leaf leads to itself, so all rows walk all trees in step for as many levels as the deepest has.
    feature = np.where(leaf, 0, forest["feature"].ravel())
    threshold = np.where(leaf, np.inf, forest["threshold"].ravel())
    left = np.where(leaf, own, forest["left"].ravel() + np.repeat(roots, size)).astype(np.int32)
    right = np.where(leaf, own, forest["right"].ravel() + np.repeat(roots, size)).astype(np.int32)
    children = np.stack([right, left], axis=1).ravel()
    depth = forest["depth"].ravel()
    levels = int(forest["levels"][0])
    result = np.zeros(len(rows))
    for start in range(0, len(rows), CHUNK):
        part = np.ascontiguousarray(rows[start : start + CHUNK], np.float32).astype(np.float64)  # as scikit-learn does
        flat, base = part.ravel(), (np.arange(len(part)) * part.shape[1])[:, None]
        node = np.repeat(roots[None, :], len(part), axis=0)
        for _ in range(levels):
            goes_left = flat[base + feature[node]] <= threshold[node]
            node = children[2 * node + goes_left]
        result[start : start + CHUNK] = depth[node].sum(axis=1)
    scored: Array = 2.0 ** (-result / (count * forest["expected"][0]))
    return scored


def _unsplit(samples: Array) -> Array:
    """Mean depth of an unsuccessful search among n rows: what a leaf that was not split further would have added."""
    n = np.maximum(samples.astype(np.float64), 2)
    deep = 2 * (np.log(n - 1) + EULER) - 2 * (n - 1) / n
    return np.where(samples <= 1, 0.0, np.where(samples == 2, 1.0, deep))
