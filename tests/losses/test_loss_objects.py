# SPDX-License-Identifier: Apache-2.0
"""What all loss objects share: ranks, weights, reductions, dtypes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pronghorn as keras

rng = np.random.default_rng(0)
REAL, GUESS = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean", "sum", None])
def test_a_vector_of_targets_against_a_column_means_a_column(reduction):
    y, p = REAL[:, 0], GUESS[:, :1]
    loss = keras.losses.MeanSquaredError(reduction=reduction)
    expected = np.asarray(loss(y[:, None], p))
    assert expected.shape == (() if reduction else (5,))
    np.testing.assert_array_equal(loss(y, p), expected)
    np.testing.assert_array_equal(loss(y[:, None], p[:, 0]), expected)
    np.testing.assert_allclose(keras.losses.mean_squared_error(y, p), (y - p[:, 0]) ** 2)


@settings(deadline=None, max_examples=25)
@given(
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    reduction=st.sampled_from(["sum_over_batch_size", "sum", "mean_with_sample_weight", None]),
    axes=st.integers(0, 2),
)
def test_shapes_and_reductions_of_any_rank(shape, reduction, axes):
    generator = np.random.default_rng(sum(shape))
    y, p = generator.normal(size=shape), generator.normal(size=shape)
    values = np.abs(p - y).mean(-1)
    weight = generator.random(values.shape[: 1 + axes])
    full = np.broadcast_to(
        weight.reshape(*weight.shape, *[1] * (values.ndim - weight.ndim)), values.shape
    )
    loss = keras.losses.MeanAbsoluteError(reduction, dtype="float64")(y, p, sample_weight=weight)
    weighed = values * full
    expected = {
        "sum_over_batch_size": weighed.sum() / values.size,
        "sum": weighed.sum(),
        "mean_with_sample_weight": weighed.sum() / full.sum(),
        None: weighed,
    }[reduction]
    np.testing.assert_allclose(loss, expected, rtol=1e-12)


def test_a_function_gets_targets_of_the_rank_of_the_predictions():
    def squared(y_true, y_pred):
        return keras.ops.square(y_true - y_pred)

    loss = keras.losses.LossFunctionWrapper(squared, reduction=None)
    assert loss(np.zeros(5), np.ones((5, 1))).shape == (5, 1)
    assert loss.name == "squared"


def test_targets_are_cast_before_the_formula():
    class Shifted(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return 2 * y_true - 1  # with unsigned bytes this would wrap around

    for dtype in ("uint8", "bool", "int64", "float64"):
        values = Shifted(reduction=None)(np.array([0, 1], dtype), np.zeros(2, "float32"))
        assert values.dtype == "float32"
        np.testing.assert_array_equal(values, [-1, 1])


@pytest.fixture(params=["float32", "float64"])
def floatx(request):
    before = keras.config.floatx()
    keras.config.set_floatx(request.param)
    yield request.param
    keras.config.set_floatx(before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_loss_objects_compute_in_floatx_whatever_the_data_are(dtype, floatx):
    y, p = REAL.astype(dtype), GUESS.astype(dtype)
    assert keras.losses.MeanSquaredError()(y, p).dtype == floatx
    assert keras.losses.MeanSquaredError(dtype="float64")(y, p).dtype == "float64"
    assert keras.losses.mean_squared_error(y, p).dtype == dtype


def test_weights_per_sample_and_per_value():
    y, p = REAL.reshape(5, 2, 2), GUESS.reshape(5, 2, 2)
    values = np.abs(y - p).mean(-1)
    for weight in (2.0, np.arange(5.0), np.arange(5.0)[:, None], np.arange(10.0).reshape(5, 2)):
        broadcast = weight[:, None] if np.shape(weight) == (5,) else weight
        loss = keras.losses.MeanAbsoluteError()(y, p, sample_weight=weight)
        assert float(loss) == pytest.approx((values * broadcast).mean())
    with pytest.raises(ValueError, match=r"sample_weight.*\(4,\)"):
        keras.losses.MeanAbsoluteError()(y, p, sample_weight=np.ones(4))


def test_weights_that_sum_to_nothing():
    loss = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")
    assert float(loss(REAL, GUESS, sample_weight=np.zeros(5))) == 0.0
