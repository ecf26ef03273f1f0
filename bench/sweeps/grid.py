"""Tabulates real trainings for compare.ts: python3 grid.py > grid.csv (Debian: python3-sklearn; made with 1.4.2).

A network with one hidden layer learns handwritten digits of 8 x 8 pixels for ten epochs by gradient descent with momentum.
Each row is one training: its settings, and the cross-entropy on 797 digits that it has not seen.
"""

import csv
import itertools
import sys
import warnings

from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")  # ten epochs do not converge

images, digits = load_digits(return_X_y=True)
images = images / 16
train, val = slice(0, 1000), slice(1000, None)

RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]
WIDTHS = [4, 8, 16, 32, 64]
BATCHES = [8, 32, 128]
ACTIVATIONS = ["relu", "tanh", "logistic"]

writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(["rate", "width", "batch", "activation", "loss"])
for rate, width, batch, activation in itertools.product(RATES, WIDTHS, BATCHES, ACTIVATIONS):
    network = MLPClassifier(
        (width,),
        activation=activation,
        solver="sgd",
        learning_rate_init=rate,
        batch_size=batch,
        max_iter=10,
        random_state=1,
    )
    network.fit(images[train], digits[train])
    loss = log_loss(digits[val], network.predict_proba(images[val]), labels=range(10))
    writer.writerow([rate, width, batch, activation, f"{loss:.6f}"])
