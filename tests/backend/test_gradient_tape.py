# SPDX-License-Identifier: Apache-2.0
"""GradientTape: what is remembered, and that its gradients are those of the engine's op table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import ops
from pronghorn._structure import flatten
from pronghorn.backend import Trace
from pronghorn.ops.core import apply
from tests.engine.test_gradients import CASES
from tests.ops.test_ops import CALLS, KEYS, SMOOTH, _split_arrays


def _tensor(value: Any, dtype: str = "float64") -> Any:
    return ops.convert_to_tensor(np.asarray(value, dtype))


# -- every op -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "case"), [(op, i) for op, cases in CASES.items() for i in range(len(cases))]
)
def test_gradient_of_every_engine_op_equals_central_differences(op: str, case: int) -> None:
    arrays, attributes = CASES[op][case]
    weights = np.random.default_rng(1).normal(
        size=apply(op, [ops.convert_to_tensor(a) for a in arrays], **attributes).shape
    )

    def value(moved: list[np.ndarray]) -> float:
        result = apply(op, [ops.convert_to_tensor(a) for a in moved], **attributes)
        return float((result.numpy() * weights).sum())

    inputs = [ops.convert_to_tensor(a) for a in arrays]
    floats = [t for t in inputs if t.dtype == "float64"]
    with keras.GradientTape() as tape:
        tape.watch(floats)
        result = apply(op, inputs, **attributes)
    found = iter(tape.gradient(result, floats, output_gradients=weights))
    for number, array in enumerate(arrays):
        if array.dtype != np.float64:
            continue
        gradient = next(found)
        if op == "sparse_softmax_cross_entropy" and number == 1:
            assert gradient is None
            continue
        expected = np.zeros_like(array)
        step = 1e-6
        for place in np.ndindex(array.shape):
            moved = [a.copy() for a in arrays]
            moved[number][place] += step
            above = value(moved)
            moved[number][place] -= 2 * step
            expected[place] = (above - value(moved)) / (2 * step)
        # Central differences err by step^2 f'''/6 + eps |f| / step: 1e-8 for values of order one.
        np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("index", SMOOTH, ids=[KEYS[i] for i in SMOOTH])
def test_gradient_of_every_public_op_is_that_of_the_traced_op(index: int) -> None:
    arrays, run = _split_arrays(CALLS[index])

    def total(tensors: list[Any]) -> Any:
        results = [ops.cast(r, "float64") for r in flatten(run(tensors))]
        finite = [ops.where(ops.isfinite(r), r, 0.0) for r in results]
        return sum(ops.sum(r * r) for r in finite)

    with Trace() as trace:
        inputs = [trace.input(a.shape, "float64") for a in arrays]
        traced = trace.gradients(total(inputs), inputs)
        values = iter(trace.compile([g for g in traced if g is not None]).run(arrays))
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    with keras.GradientTape() as tape:
        tape.watch(tensors)
        target = total(tensors)
    for gradient, expected in zip(tape.gradient(target, tensors), traced, strict=True):
        assert (gradient is None) == (expected is None)
        if gradient is not None:
            # The same formulas: what differs is which products are fused into sums.
            np.testing.assert_allclose(gradient.numpy(), next(values), rtol=1e-12, atol=1e-12)


# -- what is watched ----------------------------------------------------------------------------


def test_trainable_variables_are_watched_by_themselves_and_others_on_demand() -> None:
    trained, fixed = keras.Variable(3.0), keras.Variable(2.0, trainable=False)
    with keras.GradientTape(persistent=True) as tape:
        product = trained * fixed
        tape.watch(fixed)
        square = fixed * fixed
    assert float(tape.gradient(product, trained)) == 2.0
    assert tape.gradient(product, fixed) is None  # it was not watched yet
    assert float(tape.gradient(square, fixed)) == 4.0
    assert [v is w for v, w in zip(tape.watched_variables(), (trained, fixed), strict=True)]


def test_nothing_is_watched_by_itself_when_told_so() -> None:
    variable = keras.Variable(3.0)
    with keras.GradientTape(watch_accessed_variables=False, persistent=True) as tape:
        before = variable * variable
        tape.watch(variable)
        after = variable * variable
    assert tape.gradient(before, variable) is None
    assert float(tape.gradient(after, variable)) == 6.0


def test_a_tensor_that_is_not_watched_has_no_gradient() -> None:
    x = _tensor(2.0)
    with keras.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x) is None


def test_reading_a_variable_again_after_an_assignment_adds_its_gradient() -> None:
    """d/dv of v^2 at 3, and of 5 v, as in TensorFlow: the assignment itself is no part of it."""
    variable = keras.Variable(3.0)

    def total() -> Any:
        with keras.GradientTape() as tape:
            y = variable * variable
            variable.assign(10.0 * variable)
            z = y + 5.0 * variable
        return tape.gradient(z, variable)

    with Trace() as trace:
        program = trace.compile([total()])
    assert program.run([])[0] == 11.0
    variable.assign(3.0)
    assert float(total()) == 11.0


def test_what_happens_outside_of_the_tape_is_constant() -> None:
    x = keras.Variable(3.0)
    before = x * x
    with keras.GradientTape(persistent=True) as tape:
        y = before * x
        with tape.stop_recording():
            silent = x * x
        z = silent * x
    after = y * x
    assert float(tape.gradient(y, x)) == 9.0
    assert float(tape.gradient(z, x)) == 9.0
    assert tape.gradient(after, x) is None


def test_values_that_become_numpy_arrays_are_constant() -> None:
    x = keras.Variable(3.0)
    with keras.GradientTape() as tape:
        y = x * (x * x).numpy()
    assert float(tape.gradient(y, x)) == 9.0


def test_a_reset_tape_begins_anew() -> None:
    x = keras.Variable(3.0)
    with keras.GradientTape() as tape:
        before = x * x
        tape.reset()
        after = 2.0 * x
    assert tape.gradient([before, after], x).numpy() == 2.0


def test_a_tape_that_is_entered_again_goes_on() -> None:
    x = keras.Variable(3.0)
    tape = keras.GradientTape()
    with tape:
        y = x * x
    with tape:
        z = y * x
    assert float(tape.gradient(z, x)) == 27.0


# -- targets and sources ------------------------------------------------------------------------


def test_structures_of_targets_and_sources() -> None:
    a, b, c = keras.Variable([1.0, 2.0]), keras.Variable(3.0), keras.Variable(1.0)
    with keras.GradientTape(persistent=True) as tape:
        targets = {"sum": ops.sum(a * b), "square": b * b}
    found = tape.gradient(targets, {"pair": (a, [b]), "none": c})
    assert found["pair"][0].numpy().tolist() == [3.0, 3.0]
    assert float(found["pair"][1][0]) == 3.0 + 6.0
    assert found["none"] is None
    zeros = tape.gradient(targets, [c, a], unconnected_gradients="zero")
    assert [z.numpy().tolist() for z in zeros] == [0.0, [3.0, 3.0]]


def test_a_target_with_many_elements_is_summed_or_weighed() -> None:
    x = keras.Variable([1.0, 2.0, 3.0])
    with keras.GradientTape(persistent=True) as tape:
        y = x**2
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 4.0, 6.0]
    weighed = tape.gradient(y, x, output_gradients=np.array([1.0, 0.0, -1.0]))
    assert weighed.numpy().tolist() == [2.0, 0.0, -6.0]


def test_gradients_with_respect_to_what_was_computed_on_the_way() -> None:
    x = keras.Variable(3.0)
    with keras.GradientTape(persistent=True) as tape:
        y = x * x
        z = ops.exp(y)
    assert float(tape.gradient(z, y)) == pytest.approx(math.exp(9.0))
    assert float(tape.gradient(y, y)) == 1.0
    assert tape.gradient(x.value, x) is None  # read after recording has ended


def test_integers_have_no_gradients() -> None:
    x = keras.Variable([1.0, 3.0])
    with keras.GradientTape(persistent=True) as tape:
        place = ops.argmax(x)
        rounded = ops.cast(ops.cast(x, "int32"), "float32")
    assert tape.gradient(place, x) is None
    assert tape.gradient(rounded, x) is None


# -- derivatives of derivatives ------------------------------------------------------------------


def test_third_derivative() -> None:
    x = keras.Variable(_tensor(0.7).numpy())
    with keras.GradientTape() as first:
        with keras.GradientTape() as second:
            with keras.GradientTape() as third:
                y = ops.sin(x) * x
            d1 = third.gradient(y, x)
        d2 = second.gradient(d1, x)
    d3 = first.gradient(d2, x)
    assert float(d1) == pytest.approx(math.sin(0.7) + 0.7 * math.cos(0.7), rel=1e-14)
    assert float(d2) == pytest.approx(2 * math.cos(0.7) - 0.7 * math.sin(0.7), rel=1e-14)
    assert float(d3) == pytest.approx(-3 * math.sin(0.7) - 0.7 * math.cos(0.7), rel=1e-14)


def test_a_persistent_tape_may_differentiate_its_own_gradients() -> None:
    x = keras.Variable(3.0)
    with keras.GradientTape(persistent=True) as tape:
        y = x**3
        slope = tape.gradient(y, x)
    assert float(tape.gradient(slope, x)) == 18.0


def test_hessian_by_the_jacobian_of_a_gradient() -> None:
    matrix = np.array([[2.0, 1.0], [0.5, 3.0]])
    x = keras.Variable(np.array([0.3, -0.4]))
    with keras.GradientTape() as outer:
        with keras.GradientTape() as inner:
            form = ops.sum(x * ops.matmul(matrix, x))
        gradient = inner.gradient(form, x)
    np.testing.assert_allclose(outer.jacobian(gradient, x), matrix + matrix.T, rtol=1e-14)


def test_jacobians() -> None:
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(3, 2))
    x = _tensor(rng.normal(size=(4, 3)))
    with keras.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ops.matmul(x, kernel) ** 2
    per_row = 2 * (x.numpy() @ kernel)[:, :, None] * kernel.T[None]  # (4, 2, 3)
    np.testing.assert_allclose(tape.batch_jacobian(y, x), per_row, rtol=1e-12)
    full = np.zeros((4, 2, 4, 3))
    full[np.arange(4), :, np.arange(4), :] = per_row
    np.testing.assert_allclose(tape.jacobian(y, x), full, rtol=1e-12)
    assert tape.jacobian(y, keras.Variable(1.0)) is None


# -- tapes in traces ----------------------------------------------------------------------------


def _third_power_rule(x: Any) -> list[Any]:
    """Gradients that differ if a tape forgets or adds something."""
    outside = x * x
    with keras.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with keras.GradientTape() as inner:
            inner.watch(x)
            y = outside * x + ops.exp(x)
            with inner.stop_recording():
                silent = ops.sin(x)
            y = y + silent * x
        slope = inner.gradient(y, x)
    return [slope, outer.gradient(slope, x), outer.gradient(y, x), outer.gradient(outside, x)]


def test_a_tape_means_the_same_in_a_trace() -> None:
    value = np.array([0.3, -1.2])
    eager = _third_power_rule(_tensor(value))
    with Trace() as trace:
        traced = _third_power_rule(trace.input((2,), "float64"))
        program = trace.compile([t for t in traced if t is not None])
    assert traced[3] is None
    assert eager[3] is None
    expected = [  # outside is a constant for both tapes, silent for the inner one alone
        value**2 + np.exp(value) + np.sin(value),
        np.exp(value) + np.cos(value),
        value**2 + np.exp(value) + np.sin(value) + value * np.cos(value),
    ]
    for mine, compiled, true in zip(eager[:3], program.run([value]), expected, strict=True):
        np.testing.assert_allclose(mine, true, rtol=1e-12)
        np.testing.assert_allclose(compiled, true, rtol=1e-12)


def test_a_constant_of_a_trace_can_be_watched() -> None:
    with Trace() as trace:
        x = trace.input((2,), "float64")
        direction, same = _tensor([1.0, 1.0]), _tensor([1.0, 1.0])
        with keras.GradientTape() as tape:
            tape.watch([direction, same])
            y = x * direction * direction + 5.0 * same
        program = trace.compile(tape.gradient(y, [direction, same]))
    found = program.run([np.array([3.0, 4.0])])
    assert [f.tolist() for f in found] == [[6.0, 8.0], [5.0, 5.0]]


def test_building_a_layer_under_a_tape_remembers_nothing_of_it() -> None:
    layer = keras.layers.Dense(2, kernel_initializer="orthogonal")
    with keras.GradientTape() as tape:
        y = layer(np.ones((1, 3), "float32"))
    assert [v.path for v in tape.watched_variables()] == [v.path for v in layer.weights]
    assert tape.gradient(y, layer.kernel).numpy().tolist() == [[1.0, 1.0]] * 3


def test_dropout_has_the_same_mask_in_the_gradient() -> None:
    x = _tensor(np.ones((8, 50)), "float32")
    layer = keras.layers.Dropout(0.5, seed=3)
    with keras.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    np.testing.assert_array_equal(tape.gradient(y, x), y.numpy())


# -- errors -------------------------------------------------------------------------------------


def test_a_tape_is_good_for_one_gradient_unless_persistent() -> None:
    x = keras.Variable(3.0)
    with keras.GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="non-persistent GradientTape .*persistent=True"):
        tape.gradient(y, x)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda t, x, y: t.gradient(y, np.ones(3)), TypeError, "`sources` must be .*ndarray"),
        (lambda t, x, y: t.gradient("loss", x), TypeError, "`target` must be .*'loss'"),
        (lambda t, x, y: t.gradient(keras.Input((2,)), x), TypeError, "functional model"),
        (lambda t, x, y: t.gradient(y, x, np.ones(7)), ValueError, r"\(7,\)"),
        (lambda t, x, y: t.gradient(y, x, None, "some"), ValueError, "'none' or 'zero'.*'some'"),
        (lambda t, x, y: t.watch(x), RuntimeError, "not recording"),
        (lambda t, x, y: t.batch_jacobian(y, x), ValueError, "first axes"),
        (lambda t, x, y: keras.GradientTape().gradient(y, x), RuntimeError, "recorded nothing"),
    ],
)
def test_errors_say_what_was_expected(use: Any, error: Any, message: str) -> None:
    x = keras.Variable(3.0)
    with keras.GradientTape() as tape:
        y = x * x
    with pytest.raises(error, match=message):
        use(tape, x, y)
    assert float(tape.gradient(y, x)) == 6.0  # nothing was used up


def test_a_tape_in_use_cannot_be_entered_and_arrays_cannot_be_watched() -> None:
    with keras.GradientTape() as tape:
        with pytest.raises(ValueError, match="already recording"), tape:
            pass
        with pytest.raises(TypeError, match="ndarray"):
            tape.watch(np.ones(2))
        with pytest.warns(UserWarning, match="int32"):
            tape.watch(ops.convert_to_tensor(1))
