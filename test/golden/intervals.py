"""Golden values for intervals and tests in src/learning/metrics: /usr/bin/python3 intervals.py > intervals.json
(made with NumPy 2.2.4, SciPy 1.15.3). DeLong is written out pair by pair from the paper, not by ranks."""

import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(5)


def components(labels, scores):
    """DeLong, DeLong and Clarke-Pearson 1988: V10 and V01 of the kernel psi over all pairs."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    psi = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    return psi.mean(), psi.mean(1), psi.mean(0)


def delong(labels, models):
    parts = [components(labels, scores) for scores in models]
    v10, v01 = np.array([p[1] for p in parts]), np.array([p[2] for p in parts])
    covariance = np.atleast_2d(np.cov(v10)) / v10.shape[1] + np.atleast_2d(np.cov(v01)) / v01.shape[1]
    return np.array([p[0] for p in parts]), covariance


def delong_case(name, labels, one, other):
    labels, one, other = np.asarray(labels), np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    areas, covariance = delong(labels, [one, other])
    z = stats.norm.ppf(0.975)
    logit = np.log(areas / (1 - areas))
    half = z * np.sqrt(np.diag(covariance)) / (areas * (1 - areas))
    difference = areas[0] - areas[1]
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    return {
        "name": name,
        "labels": labels.tolist(),
        "one": one.tolist(),
        "other": other.tolist(),
        "areas": areas.tolist(),
        "covariance": covariance.tolist(),
        "intervals": [[float(stats.logistic.cdf(x - h)), float(stats.logistic.cdf(x + h))] for x, h in zip(logit, half)],
        "difference": float(difference),
        "differenceInterval": [float(difference - z * error), float(difference + z * error)],
        "p": float(2 * stats.norm.sf(abs(difference / error))),
    }


def shifted(labels, shift):
    return rng.normal(size=len(labels)) + shift * labels


def mcnemar(only_one, only_other):
    """Exact below 25 differing answers, else Edwards' chi-square."""
    n = only_one + only_other
    if n < 25:
        return float(stats.binomtest(only_one, n, 0.5).pvalue) if n else 1.0
    return float(stats.chi2.sf((abs(only_one - only_other) - 1) ** 2 / n, 1))


def holm(p):
    """Holm 1979, step down."""
    p = np.asarray(p)
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(np.minimum(1, p[order] * np.arange(len(p), 0, -1)))
    return adjusted[np.argsort(order, kind="stable")].tolist()


some = rng.integers(0, 2, 80)
tied = rng.integers(0, 2, 60)
few = np.array([0] * 40 + [1] * 4)
base = shifted(some, 1.0)
points = [-37, -12.5, -5, -2.5, -2, -1.5, -0.3, 0, 0.7, 1.99, 2.01, 6]
chances = [1e-300, 1e-12, 0.001, 0.02, 0.2, 0.5, 0.6, 0.975, 0.9999, 1 - 1e-12]
counts = [(0, 0), (1, 0), (3, 9), (12, 12), (20, 4), (12, 13), (30, 14), (5, 400)]
ps = [[0.01, 0.04, 0.03, 0.005], [0.02, 0.02, 0.9, 0.4, 1.0], [0.5]]
print(
    json.dumps(
        {
            "delong": [
                delong_case("two models that agree in part", some, base, base + shifted(some, 0.3)),
                delong_case("scores with many ties", tied, np.round(shifted(tied, 1.0)), np.round(shifted(tied, 1.5))),
                delong_case("few positives", few, shifted(few, 0.5), shifted(few, 1.5)),
            ],
            "normal": [[z, float(stats.norm.cdf(z))] for z in points],
            "quantile": [[chance, float(stats.norm.ppf(chance))] for chance in chances],
            "mcnemar": [[b, c, mcnemar(b, c)] for b, c in counts],
            "holm": [[p, holm(p)] for p in ps],
        }
    )
)
