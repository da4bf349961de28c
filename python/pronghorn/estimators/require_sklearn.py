# SPDX-License-Identifier: Apache-2.0
"""Imported first by what needs scikit-learn: says how to get it."""

from pronghorn._extras import require

require("sklearn", "pronghorn[sklearn]", "pronghorn.estimators and pronghorn.wrappers")
