"""Golden values of the kind `features`, with NumPy alone: python3 hand-made-features.py > hand-made-features.json (made with 2.2.4)."""

import itertools
import json

import numpy as np

rng = np.random.default_rng(5)
height, width = 26, 21
ramp = np.add.outer(np.arange(height) * 5, np.arange(width) * 3)[:, :, None] + np.array([10, 40, 25])
pixels = np.clip(ramp + rng.normal(0, 6, (height, width, 3)), 0, 255).round().astype(np.uint8)

red, green, blue = (pixels[:, :, i].astype(float) for i in range(3))
luma = np.floor(0.299 * red + 0.587 * green + 0.114 * blue + 0.5)
planes = [luma, red - green, blue - green]

T = 2


def quantised(plane, kernel, q):
    """Correlation of the valid part, by sums of shifted planes."""
    kernel = np.atleast_2d(kernel)
    rows, columns = kernel.shape
    out = sum(
        kernel[i, j] * plane[i : plane.shape[0] - rows + 1 + i, j : plane.shape[1] - columns + 1 + j]
        for i in range(rows)
        for j in range(columns)
    )
    return (np.sign(out) * np.clip(np.floor(np.abs(out) / q + 0.5), 0, T)).astype(int)


def canonical(sequence):
    negative = tuple(-v for v in sequence)
    return min(sequence, sequence[::-1], negative, negative[::-1])


orbits = []
for sequence in itertools.product(range(-T, T + 1), repeat=4):
    if canonical(sequence) not in orbits:
        orbits.append(canonical(sequence))


def co_occurrences(residuals):
    counts = dict.fromkeys(orbits, 0)
    for residual in residuals:
        for row in residual:
            for i in range(len(row) - 3):
                counts[canonical(tuple(int(v) for v in row[i : i + 4]))] += 1
    values = np.array([counts[orbit] for orbit in orbits], float)
    return np.sqrt(values / values.sum())


lines = {"first": ([-1, 1], 1), "second": ([1, -2, 1], 2), "third": ([1, -3, 3, -1], 3)}
squares = {
    "square3": ([[-1, 2, -1], [2, -4, 2], [-1, 2, -1]], 4),
    "square5": (
        [[-1, 2, -2, 2, -1], [2, -6, 8, -6, 2], [-2, 8, -12, 8, -2], [2, -6, 8, -6, 2], [-1, 2, -2, 2, -1]],
        12,
    ),
}


def submodel(plane, name):
    if name in lines:
        kernel, q = lines[name]
        return co_occurrences([quantised(plane, kernel, q), quantised(plane.T, kernel, q)])
    kernel, q = squares[name]
    residual = quantised(plane, kernel, q)
    return co_occurrences([residual, residual.T])


residuals = np.concatenate(
    [submodel(luma, name) for name in ["first", "second", "third", "square3", "square5"]]
    + [submodel(plane, name) for plane in planes[1:] for name in ["second", "square3"]]
)


def spectrum(plane):
    hann = lambda n: 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
    window = np.outer(hann(height), hann(width))
    size = 128
    power = np.abs(np.fft.fft2((plane - plane.mean()) * window, (size, size))) ** 2
    frequencies = np.fft.fftfreq(size)
    radius = np.hypot(*np.meshgrid(frequencies, frequencies))
    ring = np.minimum(np.floor(radius * 128), 87).astype(int)
    means = np.array([power[ring == k].mean() for k in range(88)]) / (window**2).sum()
    return np.log10(means + 1e-6)


def block_dct(plane):
    n = np.arange(8)
    basis = 0.5 * np.cos((2 * n[None, :] + 1) * n[:, None] * np.pi / 16)
    basis[0] /= np.sqrt(2)
    blocks = [
        basis @ plane[y : y + 8, x : x + 8] @ basis.T
        for y in range(0, height - 7, 8)
        for x in range(0, width - 7, 8)
    ]
    return np.log10(np.maximum(0.01, np.abs(blocks).mean(axis=0))).ravel()


print(
    json.dumps(
        {
            "width": width,
            "height": height,
            "pixels": pixels.ravel().tolist(),
            "residuals": [float(f"{v:.7g}") for v in residuals],
            "spectrum": [float(f"{v:.7g}") for plane in planes for v in spectrum(plane)],
            "dct": [float(f"{v:.7g}") for plane in planes for v in block_dct(plane)],
        }
    )
)
