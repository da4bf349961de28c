# SPDX-License-Identifier: Apache-2.0
"""Factorizations have the properties that define them, whatever the matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pronghorn import ops

# Few values, so that ranks are often deficient, columns equal and pivots zero.
ELEMENTS = st.sampled_from([-2.0, -1.0, 0.0, 0.0, 0.5, 1.0, 3.0])


def _matrices(square: bool = False) -> Any:
    size = st.integers(1, 5)

    def shape(lead: Any, m: int, n: int) -> Any:
        return hnp.arrays("float64", (*lead, m, m if square else n), elements=ELEMENTS)

    return st.tuples(st.sampled_from([(), (2,), (2, 1)]), size, size).flatmap(lambda t: shape(*t))


def _t(x: np.ndarray) -> np.ndarray:
    return x.swapaxes(-1, -2)


def _close(mine: Any, expected: np.ndarray, size: Any = 1.0) -> None:
    # A few dozen operations on numbers of this size.
    np.testing.assert_allclose(mine, expected, rtol=0, atol=1e-13 * (1 + float(np.max(size))))


def _values(parts: Any) -> list[np.ndarray]:
    return [np.asarray(p) for p in parts]


@settings(deadline=None, max_examples=60)
@given(x=_matrices(), mode=st.sampled_from(["reduced", "complete"]))
def test_qr_is_orthogonal_times_triangular(x: np.ndarray, mode: str) -> None:
    q, r = _values(ops.qr(x, mode))
    assert (q.shape, r.shape) == tuple(p.shape for p in np.linalg.qr(x, mode))
    _close(q @ r, x, np.abs(x))
    _close(_t(q) @ q, np.broadcast_to(np.eye(q.shape[-1]), (*q.shape[:-2], *[q.shape[-1]] * 2)))
    np.testing.assert_array_equal(r, np.triu(r))


@settings(deadline=None, max_examples=60)
@given(x=_matrices(), full=st.booleans())
def test_svd_is_orthogonal_times_diagonal_times_orthogonal(x: np.ndarray, full: bool) -> None:
    u, s, vt = _values(ops.svd(x, full))
    expected = np.linalg.svd(x, full)
    assert [u.shape, s.shape, vt.shape] == [p.shape for p in expected]
    _close(s, expected[1], s)
    k = s.shape[-1]
    _close((u[..., :k] * s[..., None, :]) @ vt[..., :k, :], x, s)
    for vectors in (u, _t(vt)):
        unit = np.eye(vectors.shape[-1])
        _close(_t(vectors) @ vectors, np.broadcast_to(unit, (*x.shape[:-2], *unit.shape)))


@settings(deadline=None, max_examples=60)
@given(x=_matrices(square=True))
def test_eigenvectors_are_only_stretched(x: np.ndarray) -> None:
    symmetric = x + _t(x)
    values, vectors = _values(ops.eigh(symmetric))
    _close(values, np.linalg.eigvalsh(symmetric), np.abs(values))
    _close(symmetric @ vectors, vectors * values[..., None, :], np.abs(values))
    _close(_t(vectors) @ vectors, np.broadcast_to(np.eye(x.shape[-1]), x.shape))


@settings(deadline=None, max_examples=60)
@given(x=_matrices(square=True))
def test_lu_and_determinants_exist_for_singular_matrices_too(x: np.ndarray) -> None:
    both, pivots = _values(ops.lu_factor(x))
    lower, upper = np.tril(both, -1) + np.eye(x.shape[-1]), np.triu(both)
    permuted = x.copy()
    for index in np.ndindex(x.shape[:-2]):
        for i, p in enumerate(pivots[index]):
            permuted[index][[i, p]] = permuted[index][[p, i]]
    _close(lower @ upper, permuted, np.abs(x))
    assert np.abs(lower).max() <= 1
    _close(ops.det(x), np.linalg.det(x), np.prod(np.abs(x).sum(-1), -1))


@settings(deadline=None, max_examples=60)
@given(x=_matrices())
def test_pseudoinverse_fulfils_the_equations_of_penrose(x: np.ndarray) -> None:
    y = np.asarray(ops.pinv(x))
    size = np.abs(x).max() ** 2 * max(1.0, np.abs(y).max()) ** 2 * 10
    _close(x @ y @ x, x, size)
    _close(y @ x @ y, y, size)
    _close(x @ y, _t(x @ y), size)
    _close(y @ x, _t(y @ x), size)


def test_matrices_of_the_wrong_kind_are_named() -> None:
    with pytest.raises(ValueError, match=r"det: expected square matrices.*\(2, 3\)"):
        ops.det(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"inv: expected a matrix.*\(3,\)"):
        ops.inv(np.ones(3))
    with pytest.raises(ValueError, match="not positive definite"):
        ops.cholesky([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(ValueError, match="right-hand sides are"):
        ops.solve(np.ones((2, 3, 3)), np.ones((4, 3, 1)))


def test_nan_is_not_swallowed() -> None:
    x = np.array([[1.0, np.nan], [np.nan, 2.0]])
    for parts in (ops.eigh(x), ops.svd(x), ops.qr(x), ops.lu_factor(x)[:1], [ops.inv(x)]):
        assert all(np.isnan(part).any() for part in _values(parts))
