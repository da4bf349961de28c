# SPDX-License-Identifier: Apache-2.0
"""Keras 3 with one of its backends."""

from __future__ import annotations

import os

from benchmarks.rivals.keras_like import KerasLike


def rival(variant: str) -> type[KerasLike]:
    os.environ["KERAS_BACKEND"] = variant
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras as real_keras

    class Keras(KerasLike):
        keras = real_keras

    return Keras
