# SPDX-License-Identifier: Apache-2.0
"""Data sets to try things with, each a module with a function `load_data`."""

from pronghorn.datasets import california_housing as california_housing
from pronghorn.datasets import digits as digits
from pronghorn.datasets import fashion_mnist as fashion_mnist
from pronghorn.datasets import iris as iris
from pronghorn.datasets import mnist as mnist
