"""How well are attacks told from normal flows? Prints F1, precision, recall and ROC-AUC on rows kept aside.

    python bench/quality_anomaly.py ../shared/data/logs/labelled/KDDTrain+_20Percent.txt [TEST_FILE]

Data: NSL-KDD, 41 features, then label and difficulty. With one file: 60 % of its normal rows are learned from, the
other 40 % and all attacks are judged, for five seeds. With two: learned from the normal rows of the first, judged on
all of the second. Labels are used to choose the normal rows and to count, never by the model.
"""

import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from vedette.detect.anomaly.flows import Flows, learn, score
from vedette.detect.anomaly.table import tidy

SEEDS = range(5)
RARE = {  # attacks of the kinds R2L and U2R
    *("ftp_write", "guess_passwd", "imap", "multihop", "phf", "spy", "warezclient", "warezmaster"),
    *("buffer_overflow", "loadmodule", "perl", "rootkit"),
}


def read(path: Path) -> pl.DataFrame:
    return tidy(pl.read_csv(path, has_header=False, infer_schema_length=None))


def split(rows: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    normal, attacks = rows.filter(label="normal"), rows.filter(pl.col("label") != "normal")
    order = np.random.default_rng(seed).permutation(normal.height)
    cut = int(normal.height * 0.6)
    return normal[order[:cut]], pl.concat([normal[order[cut:]], attacks])


def judge(train: pl.DataFrame, test: pl.DataFrame, seed: int) -> dict[str, float]:
    began = time.perf_counter()
    model = learn(train, Flows(seed=seed))
    learned = time.perf_counter()
    found = score(model, test)
    done = time.perf_counter()
    truth, said = (test["label"] != "normal").to_numpy(), found["anomaly"].to_numpy()
    rare = test["label"].is_in(list(RARE)).to_numpy()
    return {
        "F1": f1_score(truth, said),
        "precision": precision_score(truth, said),
        "recall": recall_score(truth, said),
        "false alarms": said[~truth].mean(),
        "recall R2L/U2R": said[rare].mean() if rare.any() else float("nan"),
        "ROC-AUC": roc_auc_score(truth, found["score"].to_numpy()),
        "learn s": learned - began,
        "rows/s": len(test) / (done - learned),
    }


def main(paths: list[Path]) -> None:
    rows = read(paths[0])
    if len(paths) > 1:
        pairs = [(rows.filter(label="normal"), read(paths[1]))] * len(SEEDS)
    else:
        pairs = [split(rows, seed) for seed in SEEDS]
    results = [judge(train, test, seed) for seed, (train, test) in zip(SEEDS, pairs, strict=True)]
    print(f"{pairs[0][0].height} rows learned, {pairs[0][1].height} judged, seeds {min(SEEDS)} to {max(SEEDS)}")
    for name in results[0]:
        values = [result[name] for result in results]
        print(f"{name:16} median {np.median(values):10.4f}   lowest {min(values):10.4f}   highest {max(values):10.4f}")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
