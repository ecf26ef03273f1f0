"""Golden values for src/learning/metrics from scikit-learn: python3 metrics.py > metrics.json (made with 1.4.2 and SciPy 1.15.3)."""

import json
import math
import warnings

import numpy as np
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from scipy.special import log_softmax
from sklearn import metrics
from sklearn.calibration import calibration_curve

rng = np.random.default_rng(20)
warnings.simplefilter("ignore")


def plain(values):
    """JSON has no NaN and no infinity: they are written as JavaScript's Number() reads them."""
    if isinstance(values, dict):
        return {name: plain(value) for name, value in values.items()}
    if isinstance(values, (list, tuple, np.ndarray)):
        return [plain(value) for value in values]
    value = float(values)
    return "NaN" if math.isnan(value) else "Infinity" if math.isinf(value) else value


def det_curve(labels, scores, weights, drop):
    """As scikit-learn 1.7 has it: a threshold at infinity is added before trimming, and points may be dropped."""
    fpr, tpr, thresholds = metrics.roc_curve(labels, scores, sample_weight=weights, drop_intermediate=False)
    if drop and len(tpr) > 2:
        inside = np.logical_or(np.diff(tpr[:-1]), np.diff(tpr[1:]))
        keep = np.concatenate([[True], inside, [True]])
        fpr, tpr, thresholds = fpr[keep], tpr[keep], thresholds[keep]
    kept = slice(fpr.searchsorted(0, side="right") - 1, tpr.searchsorted(tpr[-1]) + 1)
    if not drop and np.isfinite(thresholds[kept]).all():
        # Where the highest score is a positive's, this version gives the same.
        for ours, theirs in zip((fpr[kept], (1 - tpr)[kept], thresholds[kept]), metrics.det_curve(labels, scores, sample_weight=weights)):
            assert np.allclose(ours[::-1], theirs, rtol=0, atol=1e-15)
    return [fpr[kept][::-1], (1 - tpr)[kept][::-1], thresholds[kept][::-1]]


def equal_error_rate(labels, scores, weights):
    fpr, tpr, _ = metrics.roc_curve(labels, scores, sample_weight=weights, drop_intermediate=False)
    # By its length along the curve, since a ROC curve is no function of either rate.
    index = np.arange(len(fpr))
    false, true = interp1d(index, fpr), interp1d(index, tpr)
    at = brentq(lambda t: 1 - true(t) - false(t), 0, index[-1], xtol=1e-15, rtol=1e-15)
    return float(false(at))


def temperature(labels, differences, weights):
    margins = np.where(labels == 1, differences, -differences)
    slope = lambda a: np.average(-margins / (1 + np.exp(a * margins)), weights=weights)
    if slope(0) >= 0:
        return math.inf
    if (margins >= 0).all():
        return 0
    return 1 / brentq(slope, 0, 1000, xtol=1e-15, rtol=1e-15)


def calibration(labels, probabilities, weights, bins):
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.searchsorted(edges[1:-1], probabilities)
    weights = np.ones(len(labels)) if weights is None else weights
    total = np.bincount(bin_of, weights=weights, minlength=bins)
    predicted = np.bincount(bin_of, weights=weights * probabilities, minlength=bins)
    observed = np.bincount(bin_of, weights=weights * labels, minlength=bins)
    filled = total > 0
    predicted, observed = predicted[filled] / total[filled], observed[filled] / total[filled]
    if (weights == 1).all() and len(np.unique(labels)) == 2:
        for ours, theirs in zip((observed, predicted), calibration_curve(labels, probabilities, n_bins=bins)):
            assert np.allclose(ours, theirs, rtol=0, atol=1e-15)
    error = np.average(abs(observed - predicted), weights=total[filled])
    return {"bins": [total[filled], predicted, observed], "error": error}


def ranking(labels, scores, weights):
    """What compares two classes."""
    two = {"sample_weight": weights}
    rates = metrics.roc_curve(labels, scores, drop_intermediate=False, **two)
    return {
        "det": det_curve(labels, scores, weights, False),
        "detDropped": det_curve(labels, scores, weights, True),
        "equalErrorRate": equal_error_rate(labels, scores, weights),
        "auc": metrics.roc_auc_score(labels, scores, **two),
        "partialAuc": [metrics.roc_auc_score(labels, scores, max_fpr=limit, **two) for limit in (0.01, 0.1, 0.5, 1)],
        # From the right of equal rates, as roc_auc_score goes about it.
        "truePositiveRateAt": [height(rates, at) for at in (0, 0.01, 0.1, 0.5, 1)],
        "youden": max(rates[1] - rates[0]),
    }


def height(rates, at):
    stop = np.searchsorted(rates[0], at, "right")
    if stop == len(rates[0]):
        return rates[1][-1]
    return np.interp(at, rates[0][stop - 1 : stop + 1], rates[1][stop - 1 : stop + 1])


def case(name, labels, logits, weights=None):
    labels, logits = np.asarray(labels), np.asarray(logits, dtype=np.float64)
    weights = None if weights is None else np.asarray(weights, dtype=np.float64)
    two = {"sample_weight": weights}
    scores = logits[:, 1] - logits[:, 0]
    softmax = np.exp(logits - logits.max(1, keepdims=True))
    softmax /= softmax.sum(1, keepdims=True)
    fake = softmax[:, 1]
    predictions = logits.argmax(1)
    has_both = len(np.unique(labels if weights is None else labels[weights > 0])) == 2
    return {
        "name": name,
        "labels": labels.tolist(),
        "logits": logits.ravel().tolist(),
        **({} if weights is None else {"weights": weights.tolist()}),
        **plain(
            {
                "roc": metrics.roc_curve(labels, scores, **two),
                "rocWithAllPoints": metrics.roc_curve(labels, scores, drop_intermediate=False, **two),
                "precisionRecall": metrics.precision_recall_curve(labels, scores, **two),
                "precisionRecallDropped": metrics.precision_recall_curve(labels, scores, drop_intermediate=True, **two),
                "averagePrecision": metrics.average_precision_score(labels, scores, **two),
                "accuracy": metrics.accuracy_score(labels, predictions, **two),
                "balancedAccuracy": metrics.balanced_accuracy_score(labels, predictions, **two),
                "matthewsCorrelation": metrics.matthews_corrcoef(labels, predictions, **two),
                "precision": metrics.precision_score(labels, predictions, **two),
                "recall": metrics.recall_score(labels, predictions, **two),
                "f1": metrics.f1_score(labels, predictions, **two),
                "crossEntropy": np.average(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels], weights=weights),
                "brier": metrics.brier_score_loss(labels, fake, pos_label=1, **two),
                "calibration": calibration(labels, fake, weights, 15),
                "fewBins": calibration(labels, fake, weights, 4),
                "temperature": temperature(labels, scores, weights),
                "confusion": metrics.confusion_matrix(labels, predictions, labels=[0, 1], **two).ravel(),
                **({"ranking": ranking(labels, scores, weights)} if has_both else {}),
            }
        ),
    }


def shifted(labels, spread):
    logits = rng.normal(size=(len(labels), 2)) * spread
    logits[:, 1] += labels
    return logits


some = rng.integers(0, 2, 60)
many = rng.integers(0, 2, 40)
few = np.array([0] * 30 + [1] * 3)
mixed = rng.integers(0, 2, 50)
cases = [
    case("scores without ties", some, shifted(some, 1.0)),
    case("scores with many ties", many, np.round(shifted(many, 1.0))),
    case("few positives", few, shifted(few, 0.5)),
    case("a perfect ranking", [0, 0, 1, 1], [[3, -1], [2, 0], [0, 2], [-1, 4]]),
    case("the ranking the wrong way round", [1, 1, 0, 0], [[3, -1], [2, 0], [0, 2], [-1, 4]]),
    case("one score for everything", [0, 1, 1, 0, 1], [[0.5, 0.25]] * 5),
    case("negatives at the top", [0, 1, 0, 1, 0, 1], [[0, 6], [0, 5], [0, 4], [0, 3], [0, -2], [0, -1]]),
    case("scores so sure that a softmax is 1", [0, 1, 0, 1], [[400, -400], [-30, 30], [-200, 200], [20, -20]]),
    # Eighths and their sums are exact, so that collinear points are dropped alike, whatever the order of adding up.
    case("weights without ties", mixed, shifted(mixed, 1.0), rng.integers(0, 20, 50) / 8),
    case("weights with ties", mixed, np.round(shifted(mixed, 0.7)), rng.integers(0, 20, 50) / 8),
    case("weights that leave one item of a class", [0, 1, 1, 0], [[0, 1], [0, 2], [0, -1], [0, 0]], [0, 1, 0.5, 3]),
    case("positives only", [1, 1, 1], [[0.2, 1], [0.5, 0.1], [0, 3]]),
    case("negatives only", [0, 0, 0], [[0.2, 1], [0.5, 0.1], [0, 3]]),
]
print(json.dumps(cases))
