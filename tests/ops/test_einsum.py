# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pronghorn as keras
from pronghorn import ops
from pronghorn.backend import Trace

SIZES = {"a": 2, "b": 3, "c": 4, "d": 1, "e": 5}


def whole_numbers(shape, seed):
    """Small ones, so that sums of their products are exact in float32."""
    return np.random.default_rng(seed).integers(-4, 5, size=shape).astype("float32")


TERM = st.lists(st.sampled_from(sorted(SIZES)), min_size=1, max_size=4, unique=True).map("".join)


@st.composite
def equations(draw):
    terms = draw(st.lists(TERM, min_size=1, max_size=3))
    letters = sorted(set("".join(terms)))
    kept = draw(st.lists(st.sampled_from(letters), max_size=4, unique=True))
    return ",".join(terms), draw(st.sampled_from(["->" + "".join(kept), ""]))


@settings(deadline=None, max_examples=200)
@given(equations())
def test_einsum_is_that_of_numpy(equation):
    terms, result = equation
    arrays = [whole_numbers([SIZES[c] for c in t], i) for i, t in enumerate(terms.split(","))]
    got = ops.einsum(terms + result, *arrays)
    np.testing.assert_array_equal(got, np.einsum(terms + result, *arrays))


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("...ij,jk->...ik", [(2, 3, 4, 5), (5, 6)]),
        ("...ij,...jk->...ik", [(7, 4, 5), (7, 5, 6)]),
        ("ij...,jk->ik...", [(2, 3, 4, 5), (3, 6)]),
        ("...i,i->...", [(2, 3, 4), (4,)]),
        ("...,...", [(2, 3), (2, 3)]),
        ("i...,...->i...", [(2, 3, 4), (4,)]),
        ("...ij -> ...ji", [(2, 3, 4)]),
        ("i,j,k->kji", [(2,), (3,), (4,)]),
        ("ab,bc,cd->ad", [(2, 3), (3, 4), (4, 5)]),
        ("aab->ab", [(3, 3, 2)]),
    ],
)
def test_einsum_with_further_axes(equation, shapes):
    arrays = [whole_numbers(shape, i) for i, shape in enumerate(shapes)]
    np.testing.assert_array_equal(ops.einsum(equation, *arrays), np.einsum(equation, *arrays))


def test_gradient_and_symbolic_shape():
    a, b = whole_numbers((2, 3, 4), 0), whole_numbers((4, 3, 5), 1)
    with Trace() as trace:
        x, y = trace.input(a.shape), trace.input(b.shape)
        z = ops.einsum("abc,cbd->ad", x, y)
        program = trace.compile(trace.gradients(ops.sum(z), [x, y]))
    for_a, for_b = program.run([a, b])
    np.testing.assert_array_equal(for_a, np.broadcast_to(b.sum(-1).T, a.shape))
    np.testing.assert_array_equal(for_b, np.broadcast_to(a.sum(0).T[..., None], b.shape))
    left, right = keras.Input((3, 4)), keras.Input((4, 5))
    result = ops.einsum("abc,acd->abd", left, right)
    assert result.shape == (None, 3, 5)
    model = keras.Model([left, right], result)
    c = whole_numbers((2, 4, 5), 2)
    np.testing.assert_array_equal(model([a, c]), np.einsum("abc,acd->abd", a, c))


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ab,bc->ac", [(2, 3)], "one group of letters for each tensor"),
        ("ab->a", [(2, 3, 4)], "letters 'ab' do not fit their tensor"),
        ("ab->c", [(2, 3)], "letters of the result"),
        ("ab,bc->ac", [(2, 3), (4, 5)], r"same size.*\(2, 3\), \(4, 5\)"),
        ("...a,...a->...", [(2, 3, 4), (3, 3, 4)], "same size"),
    ],
)
def test_what_cannot_be_done_is_refused(equation, shapes, message):
    with pytest.raises(ValueError, match=message):
        ops.einsum(equation, *(np.zeros(shape, "float32") for shape in shapes))


@pytest.mark.parametrize("order", [1, 2, 3, np.inf])
@pytest.mark.parametrize("axis", [-1, 0])
def test_normalize_divides_by_the_length(order, axis):
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    powers = np.abs(x.astype("float64"))
    if order == np.inf:
        norm = powers.max(axis, keepdims=True)
    else:
        norm = (powers**order).sum(axis, keepdims=True) ** (1 / order)
    np.testing.assert_allclose(ops.normalize(x, axis, order), x / norm, rtol=2e-6)
    assert ops.normalize(np.zeros((2, 2)), axis, order).numpy().tolist() == [[0, 0], [0, 0]]
    with pytest.raises(ValueError, match="order=0.5"):
        ops.normalize(x, order=0.5)


def test_products_of_stacks_of_unknown_size():
    a, b = keras.Input((3, 4)), keras.Input((4, 5))
    assert ops.matmul(a, b).shape == (None, 3, 5)
    assert ops.matmul(a, np.ones((1, 4, 5), "float32")).shape == (None, 3, 5)
    assert ops.matmul(a, np.ones((7, 4, 5), "float32")).shape == (7, 3, 5)
