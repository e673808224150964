"""Processor seconds for an analysis of a 1 MB upload without a model, with and without measuring compression.

python bench/bench_analyze.py
"""

import random
import time
from datetime import UTC, datetime, timedelta

from vedette.parse.context import Context
from vedette.runtime.analyze import analyse_bytes
from vedette.runtime.engine import Plan
from vedette.runtime.rules import load

START = datetime(2026, 2, 1, tzinfo=UTC)
MOST = 2.0
"""Seconds that a 1 MB upload may take."""


def upload(size: int) -> bytes:
    """Logins, web requests and cron, as one host writes them into one file."""
    dice = random.Random(1)
    lines: list[str] = []
    length, at = 0, START
    while length < size:
        at += timedelta(seconds=dice.randint(1, 5))
        kind = dice.random()
        if kind < 0.4:
            user = dice.choice(["root", "admin", "test", "oracle"])
            where = f"203.0.113.{dice.randint(1, 40)} port {dice.randint(30000, 60000)} ssh2"
            line = f"{at:%b %d %H:%M:%S} web1 sshd[{dice.randint(1000, 9999)}]: Failed password for {user} from {where}"
        elif kind < 0.7:
            path = dice.choice(["", "a", "b/c", "img/x.png"])
            asked = f'"GET /{path}?id={dice.randint(1, 9999)} HTTP/1.1" {dice.choice([200, 404, 500])} {dice.randint(100, 9000)}'
            line = f'192.0.2.{dice.randint(1, 99)} - - [{at:%d/%b/%Y:%H:%M:%S +0000}] {asked} "-" "Mozilla/5.0"'
        else:
            said = "pam_unix(cron:session): session opened for user root by (uid=0)"
            line = f"{at:%b %d %H:%M:%S} web1 CRON[{dice.randint(1000, 9999)}]: {said}"
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines).encode()


def main() -> None:
    plan, data = Plan(load([])), upload(1_000_000)
    for pack in (False, True):
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            made = analyse_bytes(
                data, "upload.log", plan, Context(reference=START + timedelta(days=2)), pack=pack
            ).analysis
            best = min(best, time.process_time() - began)
        assert made.findings
        print(f"{'with' if pack else 'without'} compression: {made.figures.records:,} records, {best:.2f} s")
        assert best < MOST, best


if __name__ == "__main__":
    main()
