"""Golden values for src/learning/metrics/spearman.ts: /usr/bin/python3 rank-correlation.py > rank-correlation.json
(made with NumPy 2.2.4, SciPy 1.15.3)."""

import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(3)


def case(name, one, other):
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    correlation = float(stats.spearmanr(one, other).statistic)
    return {"name": name, "one": one.tolist(), "other": other.tolist(), "correlation": correlation}


values = rng.normal(size=60)
print(
    json.dumps(
        [
            case("without ties", values, values + rng.normal(size=60)),
            case("ties in both", rng.integers(0, 5, 80), rng.integers(0, 7, 80)),
            case("mostly zero, as a map's part above zero is", np.maximum(0, rng.normal(size=64) - 1), rng.random(64)),
            case("the opposite order, with ties", [1, 2, 2, 3, 4], [9, 7, 7, 3, 1]),
            case("two items", [1, 2], [0.5, 0.25]),
        ]
    )
)
