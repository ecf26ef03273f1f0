"""Golden values for src/learning/metrics/multivariate/cross-discriminant.ts: python3 discriminant.py > discriminant.json (made with scikit-learn 1.4)."""

import json

import numpy as np
from sklearn.covariance import LedoitWolf

rng = np.random.default_rng(6)


def case(items, columns, apart, constant=False):
    labels = (rng.random(items) < 0.4).astype(int)
    labels[:6] = [0, 1, 0, 1, 0, 1]
    values = rng.normal(size=(items, columns)) @ rng.normal(size=(columns, columns)) + 5 * rng.normal(size=columns)
    values = (values + apart * labels[:, None] * rng.normal(size=columns)).round(3)
    if constant:
        values[:, 1] = 7
    deviations = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(deviations > 0, deviations, 1)
    folds = np.arange(items) // 2 % 3
    scores = np.zeros(items)
    for fold in range(3):
        known = scaled[folds != fold]
        real, fake = (known[labels[folds != fold] == label].mean(axis=0) for label in (0, 1))
        weights = np.linalg.solve(LedoitWolf().fit(known).covariance_, fake - real)
        scores[folds == fold] = (scaled[folds == fold] - (real + fake) / 2) @ weights
    return {
        "values": values.ravel().tolist(),
        "labels": labels.tolist(),
        "folds": folds.tolist(),
        "scores": scores.tolist(),
    }


print(
    json.dumps(
        {
            "more items than columns": case(40, 4, 1.0),
            "more columns than items": case(18, 30, 0.5),
            "one column": case(12, 1, 2.0),
            "a column without variance": case(30, 3, 1.0, constant=True),
        }
    )
)
