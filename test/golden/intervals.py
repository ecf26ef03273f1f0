"""Golden values for intervals and tests in src/learning/metrics: /usr/bin/python3 intervals.py > intervals.json
(made with NumPy 2.2.4, SciPy 1.15.3). DeLong and Obuchowski are written out pair by pair from the papers, not by ranks."""

import json

import numpy as np
from scipy import optimize, stats

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
    intervals = [area_interval(*spread(labels, scores, np.arange(len(labels)))) for scores in (one, other)]
    difference, (low, high), p = area_difference(labels, one, other, areas, covariance, intervals)
    return {
        "name": name,
        "labels": labels.tolist(),
        "one": one.tolist(),
        "other": other.tolist(),
        "areas": areas.tolist(),
        "covariance": covariance.tolist(),
        "intervals": intervals,
        "difference": float(difference),
        "differenceInterval": [float(low), float(high)],
        "p": float(p),
    }


def area_difference(labels, one, other, areas, covariance, intervals):
    """Zou and Donner 2008, equation 15, and DeLong's test by Student's t with Satterthwaite's degrees of freedom."""
    difference = areas[0] - areas[1]
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    correlation = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    (a_low, a_high), (b_low, b_high) = intervals

    def reach(up, down):
        return np.sqrt(up**2 + down**2 - 2 * correlation * up * down)

    _, a10, a01 = components(labels, one)
    _, b10, b01 = components(labels, other)
    parts = [(np.var(a - b, ddof=1) / len(a), len(a) - 1) for a, b in ((a10, b10), (a01, b01))]
    freedom = np.floor(sum(v for v, _ in parts) ** 2 / sum(v**2 / f for v, f in parts))
    ends = (
        difference - reach(areas[0] - a_low, b_high - areas[1]),
        difference + reach(a_high - areas[0], areas[1] - b_low),
    )
    return difference, ends, 2 * stats.t.sf(abs(difference) / np.sqrt(variance), freedom)


def spread(labels, scores, groups):
    """Obuchowski 1997, equations 2 to 5: sums of the components of each cluster. With clusters of one it is DeLong's variance. Then Satterthwaite's
    degrees of freedom, and the number of independent images of each class with this variance."""
    area, v10, v01 = components(labels, scores)
    numbers = [np.sum(labels == 0), np.sum(labels == 1)]
    names = np.unique(groups)
    sums = [
        np.array([np.sum(part[groups[labels == label] == name] - area) for name in names])
        for label, part in ((0, v01), (1, v10))
    ]
    clusters = [len(np.unique(groups[labels == label])) for label in (0, 1)]
    parts = [c / (c - 1) * np.sum(s**2) / n**2 for c, s, n in zip(clusters, sums, numbers)]
    both = len(names) / (len(names) - 1) * np.sum(sums[0] * sums[1]) / (numbers[0] * numbers[1])
    variance = parts[0] + parts[1] + 2 * both
    freedom = np.floor(sum(parts) ** 2 / sum(part**2 / (c - 1) for part, c in zip(parts, clusters)))
    effect = variance / (np.var(v01, ddof=1) / numbers[0] + np.var(v10, ddof=1) / numbers[1])
    effect = min(len(labels) / len(names), max(1, effect))
    return area, variance, max(1, freedom), [n / effect for n in numbers]


def area_interval(area, variance, freedom, numbers):
    """Newcombe 2006, method 5, with the scale of the components, to which the model adds what 4 misranked images say."""
    m, n = numbers

    def model(x):
        return x * (1 - x) * (1 + ((m + n) / 2 - 1) * ((1 - x) / (2 - x) + x / (1 + x))) / (m * n)

    wrong = min(m, n) * min(area, 1 - area)
    scale = max(variance, (wrong * variance + 4 * model(area)) / (wrong + 4)) / model(area)
    t = stats.t.ppf(0.975, freedom)

    def distance(x):
        return (x - area) ** 2 - t**2 * scale * model(x)

    return [float(optimize.brentq(distance, end, area, xtol=1e-16, rtol=1e-15)) for end in (0, 1)]


def grouped_case(name, labels, scores, groups):
    labels, scores, groups = np.asarray(labels), np.asarray(scores, dtype=float), np.asarray(groups)
    area, variance, freedom, numbers = spread(labels, scores, groups)
    return {
        "name": name,
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "groups": [f"video {group}" for group in groups],
        "area": float(area),
        "variance": float(variance),
        "freedom": int(freedom),
        "effective": [float(number) for number in numbers],
        "interval": area_interval(area, variance, freedom, numbers),
    }


def shifted(labels, shift):
    return rng.normal(size=len(labels)) + shift * labels


def mcnemar(only_one, only_other):
    """Exact below 25 differing answers, else Edwards' chi-square."""
    n = only_one + only_other
    if n < 25:
        return float(stats.binomtest(only_one, n, 0.5).pvalue) if n else 1.0
    return float(stats.chi2.sf((abs(only_one - only_other) - 1) ** 2 / n, 1))


def classifiers_case(count, images):
    """Two classifiers of `count` classes: which images only one has right, and McNemar's p of these."""
    draws = np.random.default_rng(images)
    labels = draws.integers(0, count, images)
    evidence = 1.2 * np.eye(count)[labels]
    one = np.round(evidence + draws.normal(size=(images, count)), 6)
    other = np.round(0.6 * evidence + draws.normal(size=(images, count)), 6)
    right = [scores.argmax(1) == labels for scores in (one, other)]
    only_one, only_other = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    return {
        "labels": labels.tolist(),
        "one": one.tolist(),
        "other": other.tolist(),
        "only": [only_one, only_other],
        "difference": float(right[0].mean() - right[1].mean()),
        "p": mcnemar(only_one, only_other),
    }


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
by_class = np.array([0] * 60 + [1] * 30)
videos = np.arange(90) // 5
others = np.random.default_rng(6)
nearly = others.normal(size=90) + 2.5 * by_class + others.normal(size=18)[videos]
mixed = others.integers(0, 14, 90)
ps = [[0.01, 0.04, 0.03, 0.005], [0.02, 0.02, 0.9, 0.4, 1.0], [0.5]]
print(
    json.dumps(
        {
            "delong": [
                delong_case("two models that agree in part", some, base, base + shifted(some, 0.3)),
                delong_case("scores with many ties", tied, np.round(shifted(tied, 1.0)), np.round(shifted(tied, 1.5))),
                delong_case("few positives", few, shifted(few, 0.5), shifted(few, 1.5)),
                delong_case("next to no mistake", few, few + np.eye(44)[39] * 1.5, few + np.eye(44)[40] * 3 - np.eye(44)[41] * 2),
            ],
            "grouped": [
                grouped_case("frames of videos of one class each", by_class, nearly, videos),
                grouped_case("groups of both classes", by_class, nearly, mixed),
                grouped_case("groups of unequal size", by_class, np.round(nearly), np.minimum(videos, 15)),
            ],
            "normal": [[z, float(stats.norm.cdf(z))] for z in points],
            "quantile": [[chance, float(stats.norm.ppf(chance))] for chance in chances],
            "mcnemar": [[b, c, mcnemar(b, c)] for b, c in counts],
            "holm": [[p, holm(p)] for p in ps],
            "classifiers": [classifiers_case(3, 30), classifiers_case(5, 150)],
        }
    )
)
