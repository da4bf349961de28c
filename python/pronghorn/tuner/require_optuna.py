# SPDX-License-Identifier: Apache-2.0
"""Imported first: says how to get Optuna."""

from pronghorn._extras import require

require("optuna", "pronghorn[tuner]", "pronghorn.tuner")
