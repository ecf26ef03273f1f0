"""Golden values of metrics for several classes from scikit-learn: python3 classes.py > classes.json (made with 1.4.2 and SciPy 1.15.3)."""

import json

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn import metrics

rng = np.random.default_rng(21)


def calibration_error(hits, probabilities, weights):
    bins = np.maximum(0, np.ceil(probabilities * 15) - 1)
    error = 0
    for one in np.unique(bins):
        of = (bins == one) & (weights > 0)
        if not of.any():
            continue
        gap = np.average(hits[of], weights=weights[of]) - np.average(probabilities[of], weights=weights[of])
        error += weights[of].sum() * abs(gap)
    return error / weights.sum()


def hand_till(labels, shares, weights):
    """roc_auc_score takes no weights for one-against-one: its mean over pairs, each weighted."""
    areas = []
    present = np.unique(labels)
    for index, one in enumerate(present):
        for other in present[index + 1 :]:
            own = np.isin(labels, [one, other])
            for positive in (one, other):
                areas.append(metrics.roc_auc_score(labels[own] == positive, shares[own, positive], sample_weight=weights[own]))
    return float(np.mean(areas))


def case(name, labels, logits, weights=None):
    labels = np.array(labels)
    given = weights
    weights = np.ones(len(labels)) if weights is None else np.array(weights)
    classes = logits.shape[1]
    shares = softmax(logits, axis=1)
    called = shares.argmax(axis=1)
    one_hot = np.eye(classes)[labels]
    every = list(range(classes))
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, called, labels=every, sample_weight=weights, zero_division=0
    )
    area = hand_till(labels, shares, weights)
    if given is None and len(np.unique(labels)) == classes > 2:
        assert np.isclose(area, metrics.roc_auc_score(labels, shares, multi_class="ovo", labels=every), rtol=0, atol=1e-14)
    loss = lambda temperature: metrics.log_loss(labels, softmax(logits / temperature, axis=1), labels=every)
    return {
        "name": name,
        "classes": classes,
        "labels": labels.tolist(),
        "logits": logits.ravel().tolist(),
        **({} if given is None else {"weights": weights.tolist()}),
        "confusion": metrics.confusion_matrix(labels, called, labels=every, sample_weight=weights).ravel().tolist(),
        "whole": {
            "auc": area,
            "accuracy": metrics.accuracy_score(labels, called, sample_weight=weights),
            "balancedAccuracy": metrics.balanced_accuracy_score(labels, called, sample_weight=weights),
            "macroF1": metrics.f1_score(labels, called, average="macro", sample_weight=weights),
            "cohensKappa": metrics.cohen_kappa_score(labels, called, sample_weight=weights),
            "matthewsCorrelation": metrics.matthews_corrcoef(labels, called, sample_weight=weights),
            **(
                {"top3Accuracy": metrics.top_k_accuracy_score(labels, shares, k=3, labels=every, sample_weight=weights)}
                if classes > 3
                else {}
            ),
            "loss": metrics.log_loss(labels, shares, labels=every, sample_weight=weights),
            "brier": float(np.average(((shares - one_hot) ** 2).sum(axis=1), weights=weights)),
            "calibrationError": calibration_error((labels == called).astype(float), shares.max(axis=1), weights),
            "classwiseCalibrationError": float(
                np.mean([calibration_error(one_hot[:, c], shares[:, c], weights) for c in every])
            ),
        },
        "each": [
            {"precision": precision[c], "recall": recall[c], "f1": f1[c]} if (labels == c).any() else None for c in every
        ],
        "temperature": minimize_scalar(loss, bounds=(0.05, 50), method="bounded", options={"xatol": 1e-10}).x,
    }


def drawn(count, classes, spread):
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, count - classes)])
    return labels, rng.normal(size=(count, classes)) * 2 + spread * np.eye(classes)[labels]


few, some, many = drawn(60, 4, 2), drawn(300, 6, 1.5), drawn(400, 10, 3)
absent = some[0].copy()
absent[absent == 2] = 3
cases = [
    case("four classes", *few),
    case("six classes under weights", *some, weights=rng.integers(0, 4, 300)),
    case("ten classes", *many),
    case("a class without images", absent, some[1]),
    case("five classes", *drawn(120, 5, 2)),
    case("five classes under weights", *drawn(90, 5, 1), weights=rng.integers(0, 4, 90)),
    case("two classes", *drawn(80, 2, 2)),
    case("two classes under weights", *drawn(70, 2, 1), weights=rng.integers(0, 4, 70)),
]
json.dump(cases, __import__("sys").stdout)
print()
