# SPDX-License-Identifier: Apache-2.0
"""Programs to run and to read: `python -m pronghorn.examples.quickstart`."""
