"""Optuna's side of compare.ts: asks for the loss of each trial over its standard streams."""

import json
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def suggest(trial, name, parameter):
    if "choice" in parameter:
        return trial.suggest_categorical(name, parameter["choice"])
    if "int" in parameter:
        return trial.suggest_int(name, *parameter["int"])
    if "uniform" in parameter:
        return trial.suggest_float(name, *parameter["uniform"])
    return trial.suggest_float(name, *parameter["logUniform"], log=True)


def sampler_of(name, seed):
    return optuna.samplers.TPESampler(seed=seed, multivariate=name == "multivariate")


def loss_of(values):
    print(json.dumps(values), flush=True)
    return float(sys.stdin.readline())


for line in sys.stdin:
    study_of = json.loads(line)
    study = optuna.create_study(sampler=sampler_of(study_of["sampler"], study_of["seed"]))
    for _ in range(study_of["trials"]):
        trial = study.ask()
        values = {name: suggest(trial, name, each) for name, each in study_of["space"].items()}
        study.tell(trial, loss_of(values))
