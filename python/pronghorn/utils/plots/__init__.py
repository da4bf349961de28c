# SPDX-License-Identifier: Apache-2.0
"""Pictures with matplotlib (`pip install "pronghorn[plot]"`), all found in `pronghorn.utils`."""
