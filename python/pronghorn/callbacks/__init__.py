# SPDX-License-Identifier: Apache-2.0
"""Callbacks: what may happen around training, testing and prediction."""

from pronghorn.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
from pronghorn.callbacks.callback import Callback as Callback
from pronghorn.callbacks.callback_list import CallbackList as CallbackList
from pronghorn.callbacks.csv_logger import CSVLogger as CSVLogger
from pronghorn.callbacks.early_stopping import EarlyStopping as EarlyStopping
from pronghorn.callbacks.history import History as History
from pronghorn.callbacks.lambda_callback import LambdaCallback as LambdaCallback
from pronghorn.callbacks.learning_rate_scheduler import (
    LearningRateScheduler as LearningRateScheduler,
)
from pronghorn.callbacks.mlflow_logger import MLflowLogger as MLflowLogger
from pronghorn.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
from pronghorn.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
from pronghorn.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from pronghorn.callbacks.remote_monitor import RemoteMonitor as RemoteMonitor
from pronghorn.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
from pronghorn.callbacks.tensorboard import TensorBoard as TensorBoard
from pronghorn.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN
from pronghorn.callbacks.wandb_logger import WandbLogger as WandbLogger

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
