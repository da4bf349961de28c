# SPDX-License-Identifier: Apache-2.0
"""Callbacks: what may happen around training, testing and prediction."""

from pronghorn.callbacks.callback import Callback as Callback
from pronghorn.callbacks.callback_list import CallbackList as CallbackList
from pronghorn.callbacks.csv_logger import CSVLogger as CSVLogger
from pronghorn.callbacks.early_stopping import EarlyStopping as EarlyStopping
from pronghorn.callbacks.history import History as History
from pronghorn.callbacks.lambda_callback import LambdaCallback as LambdaCallback
from pronghorn.callbacks.learning_rate_scheduler import (
    LearningRateScheduler as LearningRateScheduler,
)
from pronghorn.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
from pronghorn.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from pronghorn.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
