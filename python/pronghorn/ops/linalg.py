# SPDX-License-Identifier: Apache-2.0
"""Linear algebra, under the names of `keras.ops.linalg`."""

from pronghorn.ops._factorizations import cholesky as cholesky
from pronghorn.ops._factorizations import eigh as eigh
from pronghorn.ops._factorizations import lu_factor as lu_factor
from pronghorn.ops._factorizations import qr as qr
from pronghorn.ops._factorizations import svd as svd
from pronghorn.ops._norms import norm as norm
from pronghorn.ops._norms import normalize as normalize
from pronghorn.ops._solving import cholesky_inverse as cholesky_inverse
from pronghorn.ops._solving import det as det
from pronghorn.ops._solving import inv as inv
from pronghorn.ops._solving import logdet as logdet
from pronghorn.ops._solving import lstsq as lstsq
from pronghorn.ops._solving import matrix_rank as matrix_rank
from pronghorn.ops._solving import pinv as pinv
from pronghorn.ops._solving import slogdet as slogdet
from pronghorn.ops._solving import solve as solve
from pronghorn.ops._solving import solve_triangular as solve_triangular
