# SPDX-License-Identifier: Apache-2.0
"""Sorting, running totals, searching and scattering on arrays of any shape against NumPy."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pronghorn as keras
from pronghorn import ops
from pronghorn.backend import Trace

WITH_TIES = st.sampled_from([-2.0, -0.0, 0.0, 0.5, 0.5, 3.0, np.inf, -np.inf, np.nan])
NUMBERS = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 3.0])  # sums and products are exact
SMALL = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=5)

ALONG_AN_AXIS = {
    "sort": (np.sort, WITH_TIES),
    "argsort": (partial(np.argsort, kind="stable"), WITH_TIES),
    "cumsum": (np.cumsum, NUMBERS),
    "cumprod": (np.cumprod, NUMBERS),
    "nancumsum": (np.nancumsum, NUMBERS | st.just(np.nan)),
    "nancumprod": (np.nancumprod, NUMBERS | st.just(np.nan)),
}


@settings(deadline=None, max_examples=150)
@given(data=st.data(), name=st.sampled_from(sorted(ALONG_AN_AXIS)), shape=SMALL)
def test_ops_along_an_axis_equal_numpy(data: Any, name: str, shape: tuple[int, ...]) -> None:
    function, elements = ALONG_AN_AXIS[name]
    x = data.draw(hnp.arrays("float64", shape, elements=elements))
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    np.testing.assert_array_equal(getattr(ops, name)(x, axis=axis), function(x, axis=axis))


@settings(deadline=None, max_examples=100)
@given(data=st.data(), shape=SMALL, k=st.integers(0, 5))
def test_top_k_is_the_end_of_the_sorted_row(data: Any, shape: tuple[int, ...], k: int) -> None:
    x = data.draw(hnp.arrays("float64", shape, elements=WITH_TIES))
    k = min(k, shape[-1])
    values, indices = (np.asarray(part) for part in ops.top_k(x, k))
    np.testing.assert_array_equal(values, np.sort(x, -1)[..., ::-1][..., :k])
    np.testing.assert_array_equal(np.take_along_axis(x, indices, -1), values)


METHODS = ["linear", "lower", "higher", "midpoint", "nearest"]


@settings(deadline=None, max_examples=150)
@given(data=st.data(), shape=SMALL, method=st.sampled_from(METHODS), keepdims=st.booleans())
def test_quantiles_equal_numpy(data: Any, shape: Any, method: str, keepdims: bool) -> None:
    name = data.draw(st.sampled_from(["quantile", "nanquantile"]))
    elements = NUMBERS | st.just(np.nan) if name == "nanquantile" else NUMBERS
    x = data.draw(hnp.arrays("float64", shape, elements=elements))
    # No q at which rounding decides between two elements.
    share = st.sampled_from([0.0, 0.09, 0.31, 0.47, 0.81, 1.0])
    q = data.draw(share | st.lists(share, min_size=1, max_size=3))
    axes = st.integers(-len(shape), len(shape) - 1)
    axis = data.draw(
        st.none() | axes | st.sets(st.integers(0, len(shape) - 1), min_size=1).map(tuple)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of slices with nothing but NaN
        expected = getattr(np, name)(x, q, axis=axis, method=method, keepdims=keepdims)
    got = getattr(ops, name)(x, q, axis, method, keepdims)
    np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-15)


@settings(deadline=None, max_examples=80)
@given(data=st.data(), shape=SMALL)
def test_unique_elements_equal_numpy(data: Any, shape: tuple[int, ...]) -> None:
    x = data.draw(hnp.arrays("int32", shape, elements=st.integers(-2, 2)))
    axis = data.draw(st.none() | st.integers(0, len(shape) - 1))
    got = ops.unique(x, return_index=True, return_inverse=True, return_counts=True, axis=axis)
    expected = np.unique(x, return_index=True, return_inverse=True, return_counts=True, axis=axis)
    for mine, numpy_s in zip(got, expected, strict=True):
        np.testing.assert_array_equal(np.ravel(mine), np.ravel(numpy_s))


def test_unique_in_a_model_needs_a_size() -> None:
    x = keras.Input(batch_shape=(6,), dtype="int32")
    with pytest.raises(ValueError, match="Give `size`"):
        ops.unique(x)
    model = keras.Model(x, ops.unique(x, size=4, fill_value=-1))
    assert model(np.array([3, 1, 3, 3, 1, 1])).numpy().tolist() == [1, 3, -1, -1]


@settings(deadline=None, max_examples=80)
@given(data=st.data(), side=st.sampled_from(["left", "right"]))
def test_searches_equal_numpy(data: Any, side: str) -> None:
    edges = np.sort(data.draw(hnp.arrays("float64", st.integers(0, 6), elements=WITH_TIES)))
    values = data.draw(hnp.arrays("float64", SMALL, elements=WITH_TIES))
    np.testing.assert_array_equal(
        ops.searchsorted(edges, values, side), np.searchsorted(edges, values, side)
    )
    np.testing.assert_array_equal(ops.isin(values, edges), np.isin(values, edges))


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_counts_equal_numpy(data: Any) -> None:
    x = data.draw(hnp.arrays("int32", st.integers(0, 8), elements=st.integers(0, 5)))
    weights = data.draw(hnp.arrays("float64", x.shape, elements=NUMBERS))
    least = data.draw(st.integers(0, 8))
    np.testing.assert_array_equal(ops.bincount(x, None, least), np.bincount(x, None, least))
    np.testing.assert_array_equal(ops.bincount(x, weights, least), np.bincount(x, weights, least))
    bins = data.draw(st.integers(1, 5))
    counts, edges = ops.histogram(x, bins, (0.0, 5.5))
    expected = np.histogram(x, edges.numpy().astype("float64"))[0]
    np.testing.assert_array_equal(counts, expected)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), mode=st.sampled_from(["valid", "same", "full"]))
def test_correlate_equals_numpy(data: Any, mode: str) -> None:
    a, b = (data.draw(hnp.arrays("float64", st.integers(1, 6), elements=NUMBERS)) for _ in "ab")
    np.testing.assert_array_equal(ops.correlate(a, b, mode), np.correlate(a, b, mode))


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_of_several_updates_of_one_place_the_last_counts(data: Any) -> None:
    x = data.draw(hnp.arrays("float64", (4, 2), elements=NUMBERS))
    rows = data.draw(st.lists(st.integers(-4, 3), max_size=6))
    updates = data.draw(hnp.arrays("float64", (len(rows), 2), elements=NUMBERS))
    expected = x.copy()
    for row, update in zip(rows, updates, strict=True):
        expected[row] = update
    indices = np.array(rows, "int32").reshape(-1, 1)
    np.testing.assert_array_equal(ops.scatter_update(x, indices, updates), expected)


@pytest.mark.parametrize(
    ("name", "function", "neutral"),
    [
        ("segment_max", np.max, -np.inf),
        ("segment_min", np.min, np.inf),
        ("segment_prod", np.prod, 1.0),
    ],
)
@pytest.mark.parametrize("shape", [(7,), (7, 3)])
def test_segments_are_reduced_by_themselves(name: str, function: Any, neutral: float, shape: Any):
    data = np.random.default_rng(0).normal(size=shape)
    ids = np.array([4, 0, 1, 4, 4, -1, 2])
    expected = np.stack([function(data[ids == i], 0, initial=neutral) for i in range(6)])
    np.testing.assert_allclose(getattr(ops, name)(data, ids, 6), expected, rtol=1e-15)
    with Trace() as trace:
        program = trace.compile([getattr(ops, name)(trace.input(shape, "float64"), ids, 6)])
    np.testing.assert_allclose(program.run([data])[0], expected, rtol=1e-15)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"top_k: k must be an int in \[0, 3\]"):
        ops.top_k(np.ones(3), 4)
    with pytest.raises(ValueError, match="method must be one of"):
        ops.quantile(np.ones(3), 0.5, method="exact")
    with pytest.raises(ValueError, match="kth must be in"):
        ops.argpartition(np.ones(3), 3)
    with pytest.raises(ValueError, match="same names"):
        ops.rearrange(np.ones((2, 3)), "a b -> a c")
    with pytest.raises(ValueError, match="do not follow"):
        ops.rearrange(np.ones((2, 3)), "a (b c) -> a b c")
    with pytest.raises(ValueError, match="cannot read"):
        ops.rearrange(np.ones((2, 3)), "a ((b) -> a b")
