"""Numbers of scikit-learn and SciPy for the kind map; Debian: python3-sklearn python3-scipy.

    python3 test/golden/maps.py > test/golden/maps.json
"""
import json

import numpy as np
from scipy.optimize import curve_fit
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

random = np.random.default_rng(7)


def fit(min_distance):
    """a and b as umap-learn finds them (find_ab_params)."""
    x = np.linspace(0, 3, 300)
    y = np.where(x < min_distance, 1.0, np.exp(-(x - min_distance)))
    a, b = curve_fit(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), x, y)[0]
    return {"minDistance": min_distance, "a": a, "b": b}


def strengths(distances):
    """The membership strengths of umap-learn (smooth_knn_dist), solved to the last digit."""
    rows = []
    for row in distances:
        rho = row[row > 0][0]
        beyond = np.maximum(0, row - rho)
        low, high = 1e-9, 1e9
        for _ in range(200):
            middle = (low * high) ** 0.5
            if np.exp(-beyond / middle).sum() > np.log2(len(row) + 1):
                high = middle
            else:
                low = middle
        rows.append(np.exp(-beyond / low))
    return np.array(rows)


def graph(values, count):
    """The fuzzy union of all neighbourhoods: (head, tail, weight) of every edge."""
    distances, nearest = NearestNeighbors(n_neighbors=count).fit(values).kneighbors()
    dense = np.zeros((len(values), len(values)))
    np.put_along_axis(dense, nearest, strengths(distances), axis=1)
    union = dense + dense.T - dense * dense.T
    return nearest, [[int(i), int(j), union[i, j]] for i, j in np.argwhere(union > 0)]


def components(values, count):
    pca = PCA(n_components=count, svd_solver="full").fit(values)
    return {
        "values": values.round(4).tolist(),
        "scores": np.abs(pca.transform(values)).tolist(),
        "shares": pca.explained_variance_ratio_.tolist(),
    }


tall = (random.normal(size=(40, 8)) * 0.7 ** np.arange(8)).round(4)
wide = (random.normal(size=(12, 30)) * 0.9 ** np.arange(30)).round(4)
plane = tall[:, :2].round(4)
nearest, edges = graph(tall, 5)
print(
    json.dumps(
        {
            "tall": components(tall, 4),
            "wide": components(wide, 4),
            "curves": [fit(d) for d in (0, 0.1, 0.5)],
            "nearest": nearest.tolist(),
            "edges": edges,
            "trustworthiness": [
                {"neighbours": k, "value": trustworthiness(tall, plane, n_neighbors=k)}
                for k in (3, 5, 12)
            ],
        }
    )
)
