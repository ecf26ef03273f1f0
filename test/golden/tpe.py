"""Golden values for src/learning/sampling from Optuna: python3 -W ignore tpe.py > tpe.json (made with 4.1.0).

Histories of random trials. For each: the trials that count as good, and the logarithm of both densities of TPESampler at
some points, each parameter alone.
"""

import json
import math
import random
import sys

import numpy
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.sampler import _split_trials, default_gamma

optuna.logging.set_verbosity(optuna.logging.ERROR)

OPTIMIZERS = ["sgd", "adam", "rmsprop"]
SPACE = {
    "rate": FloatDistribution(1e-4, 1e-1, log=True),
    "dropout": FloatDistribution(0, 0.5),
    "width": IntDistribution(4, 4000),
    "optimizer": CategoricalDistribution(OPTIMIZERS),
}


def draw(numbers):
    return {
        "rate": float("%.4g" % math.exp(numbers.uniform(math.log(1e-4), math.log(1e-1)))),
        "dropout": numbers.uniform(0, 0.5),
        "width": numbers.randint(4, 4000),
        "optimizer": numbers.choice(OPTIMIZERS),
    }


def history_of(count):
    numbers = random.Random(count)
    trials = [{**draw(numbers), "loss": round(numbers.random(), 6)} for _ in range(count)]
    points = [draw(numbers) for _ in range(6)]
    study = optuna.create_study()
    for trial in trials:
        params = {name: trial[name] for name in SPACE}
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=SPACE, value=trial["loss"])
        )
    frozen = study.get_trials(deepcopy=False)
    below, above = _split_trials(study, frozen, default_gamma(count), False)

    def densities(sampler, space):
        sides = [
            sampler._build_parzen_estimator(study, space, side, handle_below=side is below)
            for side in (below, above)
        ]
        at = {
            name: [space[name].to_internal_repr(point[name]) for point in points]
            for name in space
        }
        samples = {name: numpy.asarray(values) for name, values in at.items()}
        good, others = (side.log_pdf(samples).tolist() for side in sides)
        return {"good": good, "others": others}

    alone = optuna.samplers.TPESampler(seed=1)
    return {
        "trials": trials,
        "points": points,
        "good": [trial.number + 1 for trial in below],
        "alone": {name: densities(alone, {name: SPACE[name]}) for name in SPACE},
    }


json.dump(
    {"optuna": optuna.__version__, "histories": [history_of(n) for n in (10, 40, 150)]},
    sys.stdout,
    indent=1,
)
print()
