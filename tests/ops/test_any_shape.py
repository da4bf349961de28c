# SPDX-License-Identifier: Apache-2.0
"""Ops on arrays of any shape against NumPy."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pronghorn import ops


def _names(text: str) -> list[str]:
    return sorted(text.split())


def _results(value: Any) -> list[np.ndarray]:
    return [np.asarray(part) for part in (value if isinstance(value, list | tuple) else [value])]


# Elementwise ops and the interval on which they have values.
ONE_ARGUMENT = {
    "arccos": (-1, 1),
    "arcsin": (-1, 1),
    "arctanh": (-0.99, 0.99),
    "arccosh": (1, 1e6),
    "sqrt": (0, 1e6),
    "log": (1e-6, 1e6),
    "arctan": (-1e6, 1e6),
    "arcsinh": (-1e6, 1e6),
    "cbrt": (-1e6, 1e6),
    "tan": (-1.5, 1.5),
    "sinc": (-3, 3),
    "sinh": (-700, 700),
    "cosh": (-700, 700),
    "exp2": (-20, 20),
    "trunc": (-1e6, 1e6),
    "square": (-1e3, 1e3),
}
TWO_ARGUMENTS = _names(
    "add subtract multiply maximum minimum hypot logaddexp logaddexp2 arctan2 fmax fmin "
    "less greater_equal logical_xor heaviside fmod mod"
)


@settings(deadline=None, max_examples=100)
@given(data=st.data(), name=st.sampled_from(sorted(ONE_ARGUMENT)))
def test_elementwise_ops_take_any_shape(data: Any, name: str) -> None:
    low, high = ONE_ARGUMENT[name]
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    x = data.draw(
        hnp.arrays("float64", shape, elements=st.floats(low, high, allow_subnormal=False))
    )
    got = getattr(ops, name)(x).numpy()
    expected = getattr(np, name)(x)
    # A few units in the last place, and of cancellation near a zero that is not at 0.
    np.testing.assert_allclose(got, expected, rtol=2e-14, atol=2e-16)


@settings(deadline=None, max_examples=150)
@given(
    data=st.data(),
    name=st.sampled_from(TWO_ARGUMENTS),
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4),
)
def test_binary_ops_broadcast(data: Any, name: str, shapes: Any) -> None:
    elements = st.floats(-1e3, 1e3, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-6)
    x, y = (data.draw(hnp.arrays("float64", s, elements=elements)) for s in shapes.input_shapes)
    if name in ("mod", "fmod"):
        x, y = np.round(x), np.round(np.abs(y)) + 1  # whose quotients are exact
    got = getattr(ops, name)(x, y).numpy()
    np.testing.assert_allclose(got, getattr(np, name)(x, y), rtol=1e-13, atol=1e-15)
    assert got.shape == shapes.result_shape


REDUCTIONS = _names(
    "sum prod mean max min var std any all ptp nansum nanprod nanmean nanmax nanmin nanvar nanstd "
    "argmax argmin nanargmax nanargmin count_nonzero median nanmedian"
)
SMALL = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)
FEW_VALUES = st.sampled_from([-2.5, -1.0, 0.0, 0.5, 3.0])  # with ties, and exact sums


@settings(deadline=None, max_examples=200)
@given(data=st.data(), name=st.sampled_from(REDUCTIONS), shape=SMALL)
def test_reductions_take_any_axes(data: Any, name: str, shape: tuple[int, ...]) -> None:
    x = data.draw(hnp.arrays("float64", shape, elements=FEW_VALUES))
    axes = st.integers(-len(shape), len(shape) - 1)
    if "arg" not in name:
        axes = axes | st.sets(st.integers(0, len(shape) - 1), min_size=1).map(tuple)
    axis = data.draw(st.none() | axes)
    options = {} if name == "count_nonzero" else {"keepdims": data.draw(st.booleans())}
    if name.startswith("nan") and "arg" not in name:
        x = np.where(data.draw(hnp.arrays(bool, shape)), np.nan, x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of slices with nothing but NaN
        expected = getattr(np, name)(x, axis=axis, **options)
    got = getattr(ops, name)(x, axis=axis, **options).numpy()
    assert got.shape == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-14)


def _axis(draw: Any, shape: tuple[int, ...]) -> int:
    return int(draw(st.integers(-len(shape), len(shape) - 1)))


# Arguments after the array, drawn for its shape.
REARRANGING = {
    "flip": lambda draw, s: (_axis(draw, s),),
    "roll": lambda draw, s: (draw(st.integers(-9, 9)), draw(st.none() | st.just(_axis(draw, s)))),
    "tile": lambda draw, s: (tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=5))),),
    "repeat": lambda draw, s: (draw(st.integers(0, 3)), draw(st.none() | st.just(_axis(draw, s)))),
    "moveaxis": lambda draw, s: (_axis(draw, s), _axis(draw, s)),
    "swapaxes": lambda draw, s: (_axis(draw, s), _axis(draw, s)),
    "expand_dims": lambda draw, s: (draw(st.integers(-len(s) - 1, len(s))),),
    "diff": lambda draw, s: (1, _axis(draw, s)),
    "pad": lambda draw, s: ([(draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in s],),
    "transpose": lambda draw, s: (draw(st.permutations(range(len(s)))),),
    "diagonal": lambda draw, s: (draw(st.integers(-5, 5)),),
    "tril": lambda draw, s: (draw(st.integers(-5, 5)),),
    "triu": lambda draw, s: (draw(st.integers(-5, 5)),),
    "array_split": lambda draw, s: (draw(st.integers(1, 5)), _axis(draw, s)),
}


@settings(deadline=None, max_examples=250)
@given(data=st.data(), name=st.sampled_from(sorted(REARRANGING)), shape=SMALL)
def test_rearranging_ops_take_any_shape(data: Any, name: str, shape: tuple[int, ...]) -> None:
    if name in ("diagonal", "tril", "triu"):
        shape = (*shape[:2], 3)
    dtype = data.draw(st.sampled_from(["float32", "float64", "int32", "int64", "bool"]))
    x = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    arguments = REARRANGING[name](data.draw, shape)
    expected = _results(getattr(np, name)(x, *arguments))
    got = _results(getattr(ops, name)(x, *arguments))
    assert [g.dtype for g in got] == [e.dtype for e in expected]
    for mine, numpy_s in zip(got, expected, strict=True):
        np.testing.assert_array_equal(mine, numpy_s)


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_einsum_equals_numpy(data: Any) -> None:
    sizes = dict(zip("abcd", data.draw(st.permutations([1, 2, 3, 4])), strict=True))
    letters = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3)
    terms = data.draw(st.lists(letters, min_size=1, max_size=3))
    every = sorted({c for term in terms for c in term})
    out = data.draw(st.lists(st.sampled_from(every), unique=True))
    subscripts = ",".join(map("".join, terms)) + "->" + "".join(out)
    rng = np.random.default_rng(0)
    arrays = [rng.integers(-4, 5, [sizes[c] for c in term]).astype("float64") for term in terms]
    got = ops.einsum(subscripts, *arrays).numpy()
    np.testing.assert_array_equal(got, np.einsum(subscripts, *arrays))
