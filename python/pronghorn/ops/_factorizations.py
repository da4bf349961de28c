# SPDX-License-Identifier: Apache-2.0
"""Factorizations of matrices and of stacks of them (..., rows, columns)."""

from __future__ import annotations

import math
from typing import Any

from pronghorn.ops.core import apply, cast, known_size, operands, stop_gradient, symbolic
from pronghorn.ops.shape import concatenate, matmul, reshape, swapaxes


def _stacked(name: str, x: Any, square: bool = False) -> tuple[Any, tuple[Any, ...]]:
    """x as (batch, rows, columns), and the axes that became the batch."""
    (x,) = operands(x, to_float=True)
    if x.ndim < 2:
        raise ValueError(f"{name}: expected a matrix or a stack of them. Received: shape {x.shape}")
    rows, columns = known_size(name, x, -2), known_size(name, x, -1)
    if square and rows != columns:
        raise ValueError(f"{name}: expected square matrices. Received: shape {x.shape}")
    return reshape(x, (-1, rows, columns)), tuple(x.shape[:-2])


def _unpacked(packed: Any, lead: tuple[Any, ...], *shapes: tuple[int, ...]) -> list[Any]:
    """The parts of a factorization, which the engine returns one behind the other."""
    parts, begin = [], 0
    for shape in shapes:
        end = begin + math.prod(shape)
        parts.append(reshape(packed[:, begin:end], (*lead, *shape)))
        begin = end
    return parts


def _transposed(x: Any) -> Any:
    return swapaxes(x, -1, -2)


@symbolic
def cholesky(x: Any, upper: bool = False) -> Any:
    """The triangular factor of positive definite matrices: L with L L^T = x.

    Args:
        x: symmetric matrices.
        upper: return L^T instead.

    Raises:
        ValueError: a matrix is not positive definite.

    >>> import pronghorn as keras
    >>> keras.ops.cholesky([[4.0, 2.0], [2.0, 5.0]]).numpy().tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    stack, lead = _stacked("cholesky", x, square=True)
    factor = apply("cholesky", [(stack + _transposed(stack)) / 2])
    factor = _transposed(factor) if upper else factor
    return reshape(factor, (*lead, *stack.shape[1:]))


def _lu(name: str, x: Any) -> list[Any]:
    """L and U in one matrix, pivots, and the order of the rows."""
    stack, lead = _stacked(name, x, square=True)
    n = stack.shape[-1]
    return _unpacked(apply("lu", [stack]), lead, (n, n), (n,), (n,))


@symbolic
def lu_factor(x: Any) -> tuple[Any, Any]:
    """L and U of square matrices in one, and the row that was exchanged with each, int32.

    The diagonal of L, which is 1, is not there. Of each column the largest element is the pivot.
    """
    both, pivots, _ = _lu("lu_factor", x)
    return both, cast(pivots, "int32")


@symbolic
def qr(x: Any, mode: str = "reduced") -> tuple[Any, Any]:
    """Q with orthonormal columns and upper triangular R, Q R = x.

    Args:
        x: matrices (..., m, n).
        mode: "reduced": Q has min(m, n) columns; "complete": m. Those beyond n may be any, so no
            gradient flows through them.

    Raises:
        ValueError: another mode.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode must be 'reduced' or 'complete'. Received: mode={mode!r}")
    stack, lead = _stacked("qr", x)
    m, n = stack.shape[-2:]
    k = n if n < m else m
    packed = apply("qr", [stack[:, :, :k]])
    q, r = _unpacked(packed, lead, (m, m), (m, k))
    if n > m:  # the columns behind the square part follow from Q
        behind = reshape(stack[:, :, m:], (*lead, m, n - m))
        r = concatenate([r, matmul(_transposed(q), behind)], -1)
    return (q, r) if mode == "complete" else (q[..., :k], r[..., :k, :])


@symbolic
def eigh(x: Any) -> tuple[Any, Any]:
    """Eigenvalues of symmetric matrices in ascending order, and eigenvectors as columns.

    An eigenvector's sign may be either. Gradients through eigenvectors exist where the eigenvalues
    differ.

    >>> import pronghorn as keras
    >>> values, vectors = keras.ops.eigh([[2.0, 0.0], [0.0, 1.0]])
    >>> values.numpy().tolist()
    [1.0, 2.0]
    """
    stack, lead = _stacked("eigh", x, square=True)
    n = stack.shape[-1]
    packed = apply("eigh", [(stack + _transposed(stack)) / 2])
    values, vectors = _unpacked(packed, lead, (n,), (n, n))
    return values, vectors


@symbolic
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """U, s and V^T with orthonormal columns of U and V, s descending, U diag(s) V^T = x.

    Args:
        x: matrices (..., m, n).
        full_matrices: U is (m, m) and V^T (n, n) rather than (m, k) and (k, n), k = min(m, n).
            What is added may be any, so no gradient flows through it.
        compute_uv: return U and V^T as well as s.

    >>> import pronghorn as keras
    >>> keras.ops.svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False).numpy().tolist()
    [4.0, 3.0]
    """
    stack, lead = _stacked("svd", x)
    m, n = stack.shape[-2:]
    if m < n:
        u, s, vt = svd(_transposed(stack), full_matrices)
        u, vt = _transposed(vt), _transposed(u)
    else:
        u, s, vt = _unpacked(apply("svd", [stack]), (stack.shape[0],), (m, n), (n,), (n, n))
        if full_matrices and m > n:
            complete, _ = qr(stop_gradient(u), mode="complete")
            u = concatenate([u, complete[..., n:]], -1)
    u, s, vt = (reshape(part, (*lead, *part.shape[1:])) for part in (u, s, vt))
    return (u, s, vt) if compute_uv else s
