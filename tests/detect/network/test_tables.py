"""What an index says that is not there is not found, and what is there is never said not to be."""

import numpy as np

from vedette.detect.network.tables import FLOW, absent, find, mixed, table

ZERO = np.uint64(0)


def test_what_is_absent_is_not_found_and_what_is_found_is_not_absent():
    kept = table(FLOW, 64)
    seen = {False: 0, True: 0}
    for number in range(1, 2000):
        key = np.uint64(number)
        if number % 3 == 0:
            find(kept, np.uint64(mixed(key)), key, ZERO, ZERO, ZERO, ZERO, number << 30, True)
        asked = np.uint64(max(1, number - number * 7 % 100))
        gone = bool(absent(kept, np.uint64(mixed(asked))))
        place, _ = find(kept, np.uint64(mixed(asked)), asked, ZERO, ZERO, ZERO, ZERO, 0, False)
        assert gone == (place < 0)  # two keys of one tag are rarer than this test is long
        seen[gone] += 1
    assert min(seen.values()) > 100
