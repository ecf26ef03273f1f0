"""Golden values for src/learning/metrics/multivariate/principal-components.ts from NumPy: python3 components.py > components.json (made with 2.2)."""

import json

import numpy as np

rng = np.random.default_rng(4)


def case(rows, columns, spread):
    values = (rng.normal(size=(rows, columns)) * spread + rng.normal(size=columns)).astype(np.float32).round(3)
    centred = values.astype(np.float64) - values.astype(np.float64).mean(0)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(1)])
    coordinates = (centred @ directions.T * signs)[:, :2]
    return {
        "values": values.ravel().astype(float).round(3).tolist(),
        "columns": columns,
        "coordinates": coordinates.ravel().tolist(),
        "shares": (lengths**2 / (lengths**2).sum())[:2].tolist(),
    }


cases = {
    "more rows than columns": case(30, 5, np.array([3, 2, 1, 0.5, 0.1])),
    "more columns than rows": case(6, 40, 1.0),
    "variances that hardly differ": case(40, 12, 1.0),
}
print(json.dumps(cases))
