"""Golden fits of the kind `linear`: Newton's method with NumPy, to 1e-12: python3 logistic-regression.py > logistic-regression.json (made with 2.2.4).

The objective is that of scikit-learn's LogisticRegression: C times the summed cross-entropy plus half the squared weights, free biases."""

import json

import numpy as np

rng = np.random.default_rng(11)


def newton(x, y, classes, c):
    n, p = x.shape
    design = np.hstack([x, np.ones((n, 1))])
    outputs = 1 if classes == 2 else classes
    theta = np.zeros((p + 1, outputs))
    penalty = np.ones((p + 1, outputs))
    penalty[p] = 0
    for _ in range(100):
        scores = design @ theta
        if outputs == 1:
            share = 1 / (1 + np.exp(-scores))
            residual = share - y[:, None]
            blocks = [[design.T @ (design * (share * (1 - share)))]]
        else:
            share = np.exp(scores - scores.max(axis=1, keepdims=True))
            share /= share.sum(axis=1, keepdims=True)
            residual = share - np.eye(classes)[y]
            blocks = [
                [design.T @ (design * (share[:, [k]] * ((k == m) - share[:, [m]]))) for m in range(outputs)]
                for k in range(outputs)
            ]
        gradient = c * (design.T @ residual) + penalty * theta
        hessian = c * np.block(blocks) + np.diag(penalty.T.ravel())
        if outputs > 1:
            # The biases have a common free constant: keep their sum.
            tie = np.kron(np.ones((outputs, outputs)), np.diag([0.0] * p + [1.0]))
            hessian = hessian + tie
        step = np.linalg.solve(hessian, gradient.T.ravel()).reshape(outputs, p + 1).T
        theta = theta - step
        if np.abs(step).max() < 1e-12:
            break
    return theta


def case(name, n, p, classes, strengths):
    y = np.arange(n) % classes
    x = rng.normal(size=(n, p)) * np.linspace(0.5, 40, p) + np.linspace(-100, 100, p)
    x[:, 0] += 0.7 * y
    x[:, 1] -= 9 * (y == 1)
    x[:, -1] = 3.5  # the same in every row
    x = x.astype(np.float32).astype(float)
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    standard = np.where(deviation > 1e-9, (x - mean) / np.where(deviation > 1e-9, deviation, 1), 0)
    fits = []
    for c in strengths:
        theta = newton(standard, y, classes, c)
        scores = standard @ theta[:-1] + theta[-1]
        logits = np.hstack([-scores / 2, scores / 2]) if classes == 2 else scores
        logits = logits - logits.mean(axis=1, keepdims=True)
        fits.append({"c": c, "norm": float(np.linalg.norm(theta[:-1])), "logits": logits.ravel().round(7).tolist()})
    return {"name": name, "width": p, "classes": classes, "labels": y.tolist(), "values": x.ravel().tolist(), "fits": fits}


print(
    json.dumps(
        [
            case("two classes", 40, 6, 2, [0.001, 0.1, 10]),
            case("more values than rows", 16, 24, 2, [0.01, 1]),
            case("three classes", 30, 5, 3, [0.01, 1]),
        ]
    )
)
