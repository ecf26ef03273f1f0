"""Golden values for src/metrics from scikit-learn: python3 metrics.py > metrics.json (made with 1.4.2)."""

import json
import math

import numpy as np
from sklearn import metrics

rng = np.random.default_rng(20)


def finite(values):
    return [None if math.isinf(value) else float(value) for value in values]


def roc(labels, scores, drop):
    fpr, tpr, thresholds = metrics.roc_curve(labels, scores, drop_intermediate=drop)
    return {"falsePositiveRate": finite(fpr), "truePositiveRate": finite(tpr), "thresholds": finite(thresholds)}


def case(name, labels, logits):
    labels, logits = np.asarray(labels), np.asarray(logits, dtype=np.float64)
    scores = logits[:, 1] - logits[:, 0]
    probability = np.exp(logits - logits.max(1, keepdims=True))
    probability /= probability.sum(1, keepdims=True)
    predictions = logits.argmax(1)
    return {
        "name": name,
        "labels": labels.tolist(),
        "logits": logits.ravel().tolist(),
        "roc": roc(labels, scores, True),
        "rocWithAllPoints": roc(labels, scores, False),
        "auc": float(metrics.roc_auc_score(labels, scores)),
        "accuracy": float(metrics.accuracy_score(labels, predictions)),
        "crossEntropy": float(metrics.log_loss(labels, probability)),
        "confusion": metrics.confusion_matrix(labels, predictions, labels=[0, 1]).ravel().tolist(),
    }


def shifted(labels, spread):
    logits = rng.normal(size=(len(labels), 2)) * spread
    logits[:, 1] += labels
    return logits


some = rng.integers(0, 2, 60)
many = rng.integers(0, 2, 40)
few = np.array([0] * 30 + [1] * 3)
cases = [
    case("scores without ties", some, shifted(some, 1.0)),
    case("scores with many ties", many, np.round(shifted(many, 1.0))),
    case("few positives", few, shifted(few, 0.5)),
    case("a perfect ranking", [0, 0, 1, 1], [[3, -1], [2, 0], [0, 2], [-1, 4]]),
    case("the ranking the wrong way round", [1, 1, 0, 0], [[3, -1], [2, 0], [0, 2], [-1, 4]]),
    case("one score for everything", [0, 1, 1, 0, 1], [[0.5, 0.25]] * 5),
]
print(json.dumps(cases))
