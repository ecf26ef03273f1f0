"""Golden values for src/metrics/multivariate/cross-discriminant.ts: python3 discriminant.py > discriminant.json (made with scikit-learn 1.4)."""

import json

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

rng = np.random.default_rng(6)


def case(items, columns, apart, constant=False):
    labels = (rng.random(items) < 0.4).astype(int)
    labels[:6] = [0, 1, 0, 1, 0, 1]
    values = rng.normal(size=(items, columns)) @ rng.normal(size=(columns, columns)) + 5 * rng.normal(size=columns)
    values = (values + apart * labels[:, None] * rng.normal(size=columns)).round(3)
    if constant:
        values[:, 1] = 7
    folds = np.arange(items) // 2 % 3
    scores = np.zeros(items)
    for fold in range(3):
        rule = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        rule.fit(values[folds != fold], labels[folds != fold])
        odds = np.log(rule.priors_[1] / rule.priors_[0])
        scores[folds == fold] = rule.decision_function(values[folds == fold]) - odds
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
