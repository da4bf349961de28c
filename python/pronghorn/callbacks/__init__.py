# SPDX-License-Identifier: Apache-2.0
"""Callbacks: what may happen around training, testing and prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pronghorn._lazy import lazy
from pronghorn.callbacks.callback import Callback as Callback
from pronghorn.callbacks.callback_list import CallbackList as CallbackList
from pronghorn.callbacks.early_stopping import EarlyStopping as EarlyStopping
from pronghorn.callbacks.history import History as History
from pronghorn.callbacks.lambda_callback import LambdaCallback as LambdaCallback
from pronghorn.callbacks.learning_rate_scheduler import (
    LearningRateScheduler as LearningRateScheduler,
)
from pronghorn.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
from pronghorn.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from pronghorn.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN

if TYPE_CHECKING:
    from pronghorn.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
    from pronghorn.callbacks.csv_logger import CSVLogger as CSVLogger
    from pronghorn.callbacks.mlflow_logger import MLflowLogger as MLflowLogger
    from pronghorn.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
    from pronghorn.callbacks.remote_monitor import RemoteMonitor as RemoteMonitor
    from pronghorn.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
    from pronghorn.callbacks.tensorboard import TensorBoard as TensorBoard
    from pronghorn.callbacks.wandb_logger import WandbLogger as WandbLogger

__getattr__, __dir__ = lazy(
    __name__,
    {
        "BackupAndRestore": ".backup_and_restore",
        "CSVLogger": ".csv_logger",
        "MLflowLogger": ".mlflow_logger",
        "ModelCheckpoint": ".model_checkpoint",
        "RemoteMonitor": ".remote_monitor",
        "SwapEMAWeights": ".swap_ema_weights",
        "TensorBoard": ".tensorboard",
        "WandbLogger": ".wandb_logger",
    },
)

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "MLflowLogger",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
    "WandbLogger",
]
