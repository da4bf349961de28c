# SPDX-License-Identifier: Apache-2.0
"""Search for hyperparameters, with the interface of KerasTuner on top of Optuna.

``import pronghorn.tuner as kt`` takes the place of ``import keras_tuner as kt``. Optuna proposes
the values and keeps the results (in a journal in the project's folder, or in any storage of
Optuna); trials run one after another, or side by side in threads (`n_jobs`).

Needs Optuna: ``pip install "pronghorn[tuner]"``.
"""

from __future__ import annotations

from pronghorn.tuner import errors as errors
from pronghorn.tuner import require_optuna as require_optuna
from pronghorn.tuner.hypermodel import HyperModel as HyperModel
from pronghorn.tuner.hyperparameters import HyperParameters as HyperParameters
from pronghorn.tuner.kinds import HyperParameter as HyperParameter
from pronghorn.tuner.objective import Objective as Objective
from pronghorn.tuner.oracle import Oracle as Oracle
from pronghorn.tuner.searches import BayesianOptimization as BayesianOptimization
from pronghorn.tuner.searches import GridSearch as GridSearch
from pronghorn.tuner.searches import Hyperband as Hyperband
from pronghorn.tuner.searches import RandomSearch as RandomSearch
from pronghorn.tuner.trial import Trial as Trial
from pronghorn.tuner.trial_callbacks import OptunaPruning as OptunaPruning
from pronghorn.tuner.tuner import Tuner as Tuner
