# SPDX-License-Identifier: Apache-2.0
"""Every op: Keras's signature, dtypes and values, NumPy's values, its gradient, its shapes.

The calls are those of `op_cases.py`; an op without one fails.
"""

from __future__ import annotations

import inspect
import json
import math
import runpy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import ops
from pronghorn._structure import flatten
from pronghorn.backend import KerasTensor, Trace

FIXTURES = Path(__file__).parents[1] / "fixtures" / "keras"
FACTS = json.loads((FIXTURES / "ops.json").read_text())
with np.load(FIXTURES / "ops.npz") as _file:
    RECORDED = dict(_file)
_cases = runpy.run_path(str(Path(__file__).with_name("op_cases.py")))
CALLS = _cases["all_calls"]()
KEYS = [_cases["key_of"](CALLS, i) for i in range(len(CALLS))]


def _names(text: str) -> set[str]:
    return set(text.split())


# What `keras.ops` has and this library does not, by what is missing for it.
ABSENT = {
    "images, convolutions and pooling": (
        "adaptive_average_pool adaptive_max_pool average_pool max_pool conv conv_transpose "
        "depthwise_conv separable_conv depth_to_space space_to_depth fold unfold"
    ),
    "signals and sequences": (
        "fft fft2 ifft2 irfft rfft stft istft extract_sequences ctc_decode ctc_loss"
    ),
    "complex numbers": "eig polar view_as_complex view_as_real",
    "bits of floating-point numbers": "view",
    "an engine op with a gradient of the user's": "custom_gradient",
}
# Ops that need no call, because they are not about arrays.
WITHOUT_CALLS = _names(
    "associative_scan cond convert_to_numpy convert_to_tensor dtype empty empty_like "
    "fori_loop is_tensor jvp map ndim scan shape size switch vectorize vectorized_map "
    "while_loop"
)
# Tested against the literature, in tests/activations.
WRONG_IN_KERAS = {"sparsemax"}


def _absent() -> set[str]:
    return set().union(*map(_names, ABSENT.values()))


def test_the_ops_of_keras_are_here_or_known_to_be_absent() -> None:
    here = {name for name in FACTS["signatures"] if hasattr(ops, name)}
    assert set(FACTS["signatures"]) - here == _absent()
    assert here - {call.name for call in CALLS} == WITHOUT_CALLS | WRONG_IN_KERAS


def _without_annotations(function: Any) -> str:
    signature = inspect.signature(function)
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=signature.empty))


@pytest.mark.parametrize("name", sorted(set(FACTS["signatures"]) - _absent()))
def test_signature_is_that_of_keras(name: str) -> None:
    assert _without_annotations(getattr(ops, name)) == FACTS["signatures"][name]


def _cast(x: Any, dtype: str) -> Any:
    """Arrays of float64 in another dtype, also in lists."""
    if isinstance(x, list | tuple):
        return type(x)(_cast(v, dtype) for v in x)
    return x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype == "float64" else x


def _results(value: Any) -> list[np.ndarray]:
    return [np.asarray(part) for part in (value if isinstance(value, list | tuple) else [value])]


def _with_one_sign(name: str, parts: list[np.ndarray]) -> list[np.ndarray]:
    """Eigenvectors and singular vectors, which may be negated, with a positive largest element."""
    axes = {"eigh": {1: -2}, "svd": {0: -2, 2: -1} if len(parts) == 3 else {}}.get(name, {})
    for index, axis in axes.items():
        vectors = parts[index]
        largest = np.expand_dims(np.abs(vectors).argmax(axis), axis)
        parts[index] = vectors * np.sign(np.take_along_axis(vectors, largest, axis))
    return parts


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("index", range(len(CALLS)), ids=KEYS)
def test_values_are_those_of_keras_in_float32(index: int) -> None:
    call = CALLS[index]
    recorded = [RECORDED[k] for k in sorted(RECORDED) if k.rpartition("/")[0] == KEYS[index]]
    assert recorded
    arguments, options = _cast(call.args, "float32"), _as_dict(call.kwargs, "float32")
    got = _with_one_sign(call.name, _results(getattr(ops, call.name)(*arguments, **options)))
    recorded = _with_one_sign(call.name, recorded)
    assert len(got) == len(recorded)
    for mine, keras_s in zip(got, recorded, strict=True):
        assert mine.shape == keras_s.shape
        # Keras's own backends differ by some units in the last place, of the largest element where
        # a function sums.
        scale = np.max(np.abs(keras_s[np.isfinite(keras_s)]), initial=0) * 1e-6
        np.testing.assert_allclose(
            mine.astype("float64"), keras_s.astype("float64"), rtol=2e-5, atol=scale
        )


def _as_dict(options: dict[str, Any], dtype: str) -> dict[str, Any]:
    return {k: _cast(v, dtype) for k, v in options.items()}


def _numpy_result(call: Any) -> list[np.ndarray] | None:
    """None if NumPy does not have the function, or not with these arguments."""
    function = getattr(np, call.name, None) or getattr(np.linalg, call.name, None)
    if function is None:
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            results = _results(function(*call.args, **call.kwargs))
        except (TypeError, ValueError):
            return None
    # NumPy returns residuals and more as well.
    return _with_one_sign(call.name, results[:1] if call.name == "lstsq" else results)


NUMPY = {i: r for i, r in ((i, _numpy_result(c)) for i, c in enumerate(CALLS)) if r is not None}


@pytest.mark.parametrize("index", NUMPY, ids=[KEYS[i] for i in NUMPY])
def test_values_are_those_of_numpy_in_float64(index: int) -> None:
    call, expected = CALLS[index], NUMPY[index]
    got = _with_one_sign(call.name, _results(getattr(ops, call.name)(*call.args, **call.kwargs)))
    assert len(got) == len(expected)
    for mine, numpy_s in zip(got, expected, strict=True):
        # Each function is a handful of operations that round once; sums of a few terms.
        scale = np.max(np.abs(numpy_s[np.isfinite(numpy_s)]), initial=0) * 1e-15
        precise = mine.dtype != "float32"  # made from Python numbers alone, it is float32
        np.testing.assert_allclose(
            mine.astype("float64"),
            numpy_s.astype("float64"),
            rtol=2e-13 if precise else 1e-6,
            atol=scale,
        )


# -- tracing and gradients ----------------------------------------------------------------------


def _tensors_to_pass(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.name in ("float64", "float32")


def _split_arrays(call: Any) -> tuple[list[np.ndarray], Any]:
    """The float arrays of a call, and a function that calls the op on others in their places."""
    arrays = [v for v in flatten([list(call.args), call.kwargs]) if _tensors_to_pass(v)]

    def run(tensors: Any) -> Any:
        source = iter(tensors)

        def replaced(value: Any) -> Any:
            if isinstance(value, list | tuple):
                return type(value)(replaced(v) for v in value)
            return next(source) if _tensors_to_pass(value) else value

        args = [replaced(a) for a in call.args]
        kwargs = {k: replaced(call.kwargs[k]) for k in sorted(call.kwargs)}
        return getattr(ops, call.name)(*args, **kwargs)

    return arrays, run


# Their results have a length, or a content, that only values tell.
EAGER_ONLY = ("nonzero", "bincount", "unique")
TRACEABLE = [
    i for i, call in enumerate(CALLS) if call.name not in EAGER_ONLY and _split_arrays(call)[0]
]
TRACEABLE_KEYS = [KEYS[i] for i in TRACEABLE]


@pytest.mark.parametrize("index", TRACEABLE, ids=TRACEABLE_KEYS)
def test_a_trace_computes_what_eager_ops_do(index: int) -> None:
    """Chains are fused there, and a product into the sum that uses it: units in the last place."""
    arrays, run = _split_arrays(CALLS[index])
    eager = [ops.convert_to_tensor(r) for r in flatten(run(arrays))]
    with Trace() as trace:
        inputs = [trace.input(a.shape, a.dtype.name) for a in arrays]
        outputs = [ops.convert_to_tensor(r) for r in flatten(run(inputs))]
        program = trace.compile(outputs)
    traced = program.run(arrays)
    assert [t.dtype for t in outputs] == [t.dtype for t in eager]
    for mine, expected in zip(traced, eager, strict=True):
        assert mine.shape == expected.shape
        size = np.max(np.abs(mine[np.isfinite(mine)]), initial=0)
        np.testing.assert_allclose(mine, expected.numpy(), rtol=1e-12, atol=float(size) * 1e-15)


@pytest.mark.parametrize("index", TRACEABLE, ids=TRACEABLE_KEYS)
def test_shapes_of_a_functional_model_are_the_eager_ones(index: int) -> None:
    arrays, run = _split_arrays(CALLS[index])
    eager = [ops.convert_to_tensor(r) for r in flatten(run(arrays))]
    symbolic = flatten(run([KerasTensor(a.shape, a.dtype.name) for a in arrays]))
    assert [(t.shape, t.dtype) for t in symbolic] == [(t.shape, t.dtype) for t in eager]


# These need the size of the first axis to know their own shape.
NEEDS_THE_BATCH = _names(
    "argpartition-1 cholesky_inverse-0 cholesky_inverse-1 corrcoef-0 det-1 diag-0 diag-3 "
    "diagflat-0 diagflat-1 diagonal-0 diagonal-2 diagonal-3 eigh-1 einsum-3 einsum-8 inv-1 "
    "lstsq-1 lu_factor-1 matrix_rank-0 matrix_rank-1 median-0 median-1 nanmedian-0 "
    "nanmedian-1 nanmedian-2 nanpercentile-0 nanquantile-1 norm-9 norm-12 norm-13 norm-16 "
    "pad-1 pad-2 percentile-0 pinv-0 pinv-2 qr-4 quantile-0 repeat-2 split-1 svd-1 trace-0 "
    "trace-1 tril-0 triu-0 unstack-0 vsplit-0 "
)


def _batches(index: int) -> bool:
    """Could the first axes of all arrays be a batch?"""
    arrays, _ = _split_arrays(CALLS[index])
    return len({a.shape[0] for a in arrays}) == 1 and all(a.ndim > 1 for a in arrays)


BATCHED = [i for i in TRACEABLE if _batches(i)]


@pytest.mark.parametrize("index", BATCHED, ids=[KEYS[i] for i in BATCHED])
def test_an_unknown_batch_size_is_accepted(index: int) -> None:
    """Each known size is the right one; what is unknown is unknown because of the batch."""
    call = CALLS[index]
    arrays, run = _split_arrays(call)
    eager = [ops.convert_to_tensor(r) for r in flatten(run(arrays))]
    unknown = [KerasTensor((None, *a.shape[1:]), a.dtype.name) for a in arrays]
    if KEYS[index] in NEEDS_THE_BATCH:
        with pytest.raises(ValueError, match="known"):
            run(unknown)
        return
    symbolic = flatten(run(unknown))
    for mine, expected in zip(symbolic, eager, strict=True):
        assert len(mine.shape) == len(expected.shape)
        assert all(a in (None, b) for a, b in zip(mine.shape, expected.shape, strict=True))


# Called where the function jumps, or meant to have another gradient than its difference quotient.
WITHOUT_DERIVATIVE = _names(
    "argsort-1 digitize-1 nextafter-0 nextafter-1 qr-4 round-1 searchsorted-1 sort-1 "
    "stop_gradient-0 top_k-1"
)
SMOOTH = [i for i in TRACEABLE if KEYS[i] not in WITHOUT_DERIVATIVE]


@pytest.mark.parametrize("index", SMOOTH, ids=[KEYS[i] for i in SMOOTH])
def test_gradient_equals_central_differences(index: int) -> None:
    arrays, run = _split_arrays(CALLS[index])
    arrays = [np.where(np.isin(a, [0.0]) & (a.ndim == 1), 0.125, a) for a in arrays]  # no kinks
    with Trace() as trace:
        inputs = [trace.input(a.shape, "float64") for a in arrays]
        results = [ops.cast(r, "float64") for r in flatten(run(inputs))]
        weights = [np.random.default_rng(1).normal(size=r.shape) for r in results]
        finite = [ops.where(ops.isfinite(r), r, 0.0) for r in results]
        parts = [ops.sum(r * w) for r, w in zip(finite, weights, strict=True)]
        total = sum(parts[1:], parts[0])
        found = trace.gradients(total, inputs)
        program = trace.compile([total])
        gradients = trace.compile([g for g in found if g is not None])
    values = iter(gradients.run(arrays))
    for number, array in enumerate(arrays):
        analytic = next(values) if found[number] is not None else np.zeros_like(array)
        expected = np.zeros_like(array)
        step = 1e-6
        for place in np.ndindex(array.shape):
            if not math.isfinite(array[place]):
                continue
            moved = [a.copy() for a in arrays]
            moved[number][place] += step
            above = program.run(moved)[0]
            moved[number][place] -= 2 * step
            below = program.run(moved)[0]
            expected[place] = (above - below) / (2 * step)
        usual = np.isfinite(array)
        # Central differences err by step^2 f''' / 6 + eps |f| / step.
        noise = 1e-9 + abs(float(program.run(arrays)[0])) * 1e-9
        np.testing.assert_allclose(analytic[usual], expected[usual], rtol=2e-5, atol=1e-6 + noise)


# -- dtypes -------------------------------------------------------------------------------------

# Of integers Keras announces integers here (and some of its backends fail): floats are the only
# use of these functions.
FLOATS_OF_INTEGERS = _names(
    "celu cholesky cholesky_inverse det elu erf erfinv gelu glu hard_shrink hard_sigmoid "
    "hard_silu hard_swish hard_tanh inv layer_normalization leaky_relu log_sigmoid "
    "log_softmax logdet pinv relu6 rms_normalization rsqrt selu sigmoid silu soft_shrink "
    "softmax softplus softsign sparse_plus sparse_sigmoid squareplus swish tanh_shrink "
)
# Of int64 Keras makes float64 in these, and float32 in all others.
FLOAT64_OF_INT64 = _names("cbrt corrcoef deg2rad heaviside hypot i0 rad2deg")
# Keras announces float32 for float64, which it does not return.
FORGETFUL = ("logsumexp", "normalize", "reciprocal")
NO_TENSORS = ("size", "ndim", "bincount", "unique")
# Keras announces floats for floats, on which they fail.
OF_INTEGERS = ("bitwise_not", "bitwise_invert", "gcd", "lcm")


def _expected_dtype(name: str, dtypes: str) -> str:
    recorded = FACTS["dtypes"][name][dtypes]
    integers = "float" not in dtypes
    if integers and name in FLOATS_OF_INTEGERS | FLOAT64_OF_INT64:
        return "float32"
    if name in FORGETFUL and dtypes == "float64":
        return "float64"
    return "uint8" if recorded == "uint32" else recorded  # the engine has no uint32


def _dtype_cases() -> list[tuple[str, str]]:
    skipped = _absent() | set(NO_TENSORS) | WRONG_IN_KERAS
    return [
        (name, dtypes)
        for name, rule in FACTS["dtypes"].items()
        for dtypes in rule
        if name not in skipped and not (name in OF_INTEGERS and "float" in dtypes)
    ]


@pytest.mark.parametrize(("name", "dtypes"), _dtype_cases())
def test_dtype_is_that_of_keras(name: str, dtypes: str) -> None:
    result = getattr(ops, name)(*(KerasTensor((3, 3), d) for d in dtypes.split()))
    assert result.dtype == _expected_dtype(name, dtypes)


def test_a_scalar_is_formatted_as_the_number_it_is() -> None:
    assert f"{keras.metrics.Mean()([1.0, 2.0]):.2f}" == "1.50"
    assert f"{keras.ops.sum(keras.ops.ones(3, dtype='int32')):d}" == "3"
    vector = keras.ops.convert_to_tensor([1.0, 2.0])
    assert f"{vector}" == str(vector)
    with pytest.raises(TypeError, match="unsupported format string"):
        f"{vector:.2f}"
