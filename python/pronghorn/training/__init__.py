# SPDX-License-Identifier: Apache-2.0
"""Training, testing and prediction: from a model and the caller's data to native epochs."""

from pronghorn.training.trainer import Trainer as Trainer

__all__ = ["Trainer"]
