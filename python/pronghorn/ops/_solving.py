# SPDX-License-Identifier: Apache-2.0
"""Linear equations, inverses and determinants, for matrices and stacks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pronghorn.ops._elementwise import (
    absolute,
    equal,
    greater,
    log,
    mod,
    multiply,
    not_equal,
    sign,
    where,
)
from pronghorn.ops._factorizations import _lu, _stacked, _transposed, svd
from pronghorn.ops._making import eye
from pronghorn.ops._rearranging import diagonal, tril, triu
from pronghorn.ops._reductions import max, prod, sum
from pronghorn.ops.core import apply, cast, dims, operands, symbolic
from pronghorn.ops.shape import arange, expand_dims, matmul, reshape


@symbolic
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Any:
    """The x with a x = b for triangular matrices.

    Args:
        a: (..., n, n); only one triangle is read.
        b: (..., n) or (..., n, columns), with the leading axes of `a`.
        lower: whether that is the lower triangle.
    """
    a, b = operands(a, b, to_float=True)
    stack, _ = _stacked("solve_triangular", a, square=True)
    return _solved(a, b, lambda columns: apply(f"solve_{_side(lower)}", [stack, columns]))


def _side(lower: bool) -> str:
    return "lower" if lower else "upper"


def _solved(a: Any, b: Any, method: Callable[[Any], Any]) -> Any:
    """`method` on b as (batch, n, columns)."""
    n = a.shape[-1]
    vectors = b.ndim == a.ndim - 1
    known = zip(a.shape[:-1], b.shape, strict=False)
    if b.ndim not in (a.ndim - 1, a.ndim) or any(x != y for x, y in known if None not in (x, y)):
        raise ValueError(
            "solve: for matrices (..., n, n) the right-hand sides are (..., n) or (..., n, "
            f"columns). Received: shapes {a.shape} and {b.shape}"
        )
    columns = reshape(b, (-1, n, 1 if vectors else b.shape[-1]))
    return reshape(method(columns), b.shape)


@symbolic
def solve(a: Any, b: Any) -> Any:
    """The x with a x = b, by the factors of `lu_factor`. A singular `a` gives inf and NaN.

    Args:
        a: square matrices (..., n, n).
        b: (..., n) or (..., n, columns), with the leading axes of `a`.

    >>> import pronghorn as keras
    >>> keras.ops.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).numpy().tolist()
    [1.0, 0.5]
    """
    a, b = operands(a, b, to_float=True)
    stack, _ = _stacked("solve", a, square=True)
    both, _, order = _lu("solve", stack)
    permutation = cast(equal(expand_dims(order, -1), arange(a.shape[-1], dtype=a.dtype)), a.dtype)
    lower = tril(both, -1) + eye(a.shape[-1], dtype=a.dtype)

    def substituted(columns: Any) -> Any:
        inner = apply("solve_lower", [lower, matmul(permutation, columns)])
        return apply("solve_upper", [triu(both), inner])

    return _solved(a, b, substituted)


@symbolic
def inv(x: Any) -> Any:
    """The inverse of square matrices. Of a singular one it is made of inf and NaN."""
    (x,) = operands(x, to_float=True)
    _stacked("inv", x, square=True)
    return solve(x, _unit(x))


def _unit(x: Any) -> Any:
    """Unit matrices in the place of each matrix of x."""
    return apply("broadcast_to", [eye(x.shape[-1], dtype=x.dtype)], shape=dims(x.shape))


@symbolic
def cholesky_inverse(x: Any, upper: bool = False) -> Any:
    """The inverse of matrices whose `cholesky` factor is given.

    Args:
        x: factors.
        upper: whether they are upper triangles.
    """
    (x,) = operands(x, to_float=True)
    _stacked("cholesky_inverse", x, square=True)
    lower = _transposed(x) if upper else x
    inverse = solve_triangular(lower, _unit(lower), lower=True)
    return matmul(_transposed(inverse), inverse)


def _factors_of_det(name: str, x: Any) -> tuple[Any, Any]:
    """The sign of the exchanges of rows, and the diagonal of U."""
    both, pivots, _ = _lu(name, x)
    exchanges = sum(cast(not_equal(pivots, arange(pivots.shape[-1], dtype=x.dtype)), x.dtype), -1)
    return 1 - 2 * mod(exchanges, 2), diagonal(both, axis1=-2, axis2=-1)


@symbolic
def slogdet(x: Any) -> tuple[Any, Any]:
    """The sign of the determinant of square matrices, and the logarithm of its size."""
    parity, factors = _factors_of_det("slogdet", x)
    return parity * prod(sign(factors), -1), sum(log(absolute(factors)), -1)


@symbolic
def logdet(x: Any) -> Any:
    """The logarithm of the size of the determinant of square matrices."""
    return slogdet(x)[1]


@symbolic
def det(x: Any) -> Any:
    """The determinant of square matrices. Its gradient at a singular one is NaN."""
    parity, factors = _factors_of_det("det", x)
    return parity * prod(factors, -1)


@symbolic
def pinv(x: Any, rcond: float | None = None) -> Any:
    """The pseudoinverse of Moore and Penrose, (..., n, m) of (..., m, n).

    Args:
        x: matrices.
        rcond: singular values up to this share of the largest one count as 0; 10 max(m, n) times
            the machine precision by default.
    """
    (x,) = operands(x, to_float=True)
    stack, _ = _stacked("pinv", x)
    if rcond is None:
        rcond = 10 * _precision(stack)
    u, s, vt = svd(x, full_matrices=False)
    large = greater(s, rcond * max(s, -1, keepdims=True))
    inverse = where(large, 1 / where(large, s, 1.0), 0.0)
    return matmul(_transposed(vt), multiply(expand_dims(inverse, -1), _transposed(u)))


def _precision(x: Any) -> float:
    """The machine precision times the larger size of a matrix."""
    return float(np.finfo(x.dtype).eps) * float(np.max(x.shape[-2:]))


@symbolic
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    """The x of least norm among those that minimize |a x - b|.

    Args:
        a: matrix (m, n).
        b: (m,) or (m, columns).
        rcond: as for `pinv`, but without the factor 10 by default.
    """
    a, b = operands(a, b, to_float=True)
    stack, _ = _stacked("lstsq", a)
    return matmul(pinv(a, _precision(stack) if rcond is None else rcond), b)


@symbolic
def matrix_rank(x: Any, tol: float | None = None) -> Any:
    """How many singular values are larger than `tol`, int32.

    Args:
        x: matrices (..., m, n).
        tol: by default the largest singular value times max(m, n) and the machine precision.
    """
    (x,) = operands(x, to_float=True)
    s = svd(x, compute_uv=False)
    least = max(s, -1, keepdims=True) * _precision(x) if tol is None else tol
    return sum(cast(greater(s, least), "int32"), -1)
