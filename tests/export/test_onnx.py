# SPDX-License-Identifier: Apache-2.0
"""Exported models compute in onnxruntime what they compute here, for any number of rows."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

import pronghorn as keras
from pronghorn import _core, layers, ops
from pronghorn.activations import ACTIVATIONS
from pronghorn.export.onnx_ops import RULES
from pronghorn.layers.layer import LAYERS
from pronghorn.ops.core import apply
from tests.layers.test_keras_layers import CASES, WITHOUT_MASKS, arrays, built

RECORDED = [*WITHOUT_MASKS, "dense"]  # whose recorded mask ends there
RNG = np.random.default_rng(0)
PREPROCESSING = {
    "CategoryEncoding": (
        lambda: layers.CategoryEncoding(4, "multi_hot"),
        RNG.integers(0, 4, (5, 3)),
    ),
    "Discretization": (lambda: layers.Discretization([0.0, 0.5]), RNG.normal(size=(5, 3))),
    "IntegerLookup": (lambda: layers.IntegerLookup(vocabulary=[3, 5]), RNG.integers(0, 9, (5, 3))),
    "Lambda": (lambda: layers.Lambda(lambda x: ops.sin(x) + x), RNG.normal(size=(5, 3))),
    "Normalization": (
        lambda: layers.Normalization(mean=1.0, variance=4.0),
        RNG.normal(size=(5, 3)),
    ),
}
# What has no formula of its own, and what works on strings.
NOT_EXPORTED = {"HashedCrossing", "Hashing", "InputLayer", "Merge", "Operation", "StringLookup"}
NOT_EXPORTED |= {"Wrapper"}


@pytest.fixture
def exported(tmp_path):
    """A function from a model to its checked ONNX model and a session that runs it."""

    def export(model, **arguments):
        path = tmp_path / "model.onnx"
        model.export(path, **arguments)
        proto = onnx.load(path)
        onnx.checker.check_model(proto, full_check=True)  # with inference of shapes
        return proto, onnxruntime.InferenceSession(path)

    return export


def close(got, wanted, tolerance=1e-6):
    """Equal up to a share of the largest element."""
    assert got.shape == wanted.shape
    assert got.dtype == wanted.dtype
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * np.abs(wanted).max(initial=0))


def of_rows(arrays, rows):
    return [np.resize(x, (rows, *x.shape[1:])) for x in arrays]


def agrees(model, session, inputs, tolerance=1e-6):
    """Onnxruntime computes what the model predicts, for several numbers of rows."""
    names = [place.name for place in session.get_inputs()]
    for rows in (1, len(inputs[0]), 13):
        fed = of_rows(inputs, rows)
        wanted = model.predict(fed if len(fed) > 1 else fed[0], verbose=0)
        got = session.run(None, dict(zip(names, fed, strict=True)))
        for ours, theirs in zip(wanted if isinstance(wanted, list) else [wanted], got, strict=True):
            close(theirs, ours, tolerance)
    return got


def test_every_layer_is_exported_below():
    ours = {name for name, cls in LAYERS.members.items() if not issubclass(cls, keras.Model)}
    tested = {CASES[name]["class"] for name in RECORDED} | set(PREPROCESSING)
    assert ours - tested == NOT_EXPORTED


@pytest.mark.parametrize("name", RECORDED)
def test_a_layer_computes_what_keras_recorded(name, exported):
    inputs, (wanted,) = arrays(name, "x"), arrays(name, "y")
    layer = built(name)
    places = [keras.Input(x.shape[1:], dtype=x.dtype, name=f"x{i}") for i, x in enumerate(inputs)]
    back = {"reverse": True} if CASES[name]["call"].get("reverse") else {}
    model = keras.Model(places, layer(places if len(places) > 1 else places[0], **back))
    _, session = exported(model)
    agrees(model, session, inputs)
    if not CASES[name]["call"].get("training"):  # what is exported is the prediction
        (got,) = session.run(None, {f"x{i}": x for i, x in enumerate(inputs)})
        np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", PREPROCESSING)
def test_a_layer_for_tables_computes_the_same(name, exported):
    make, x = PREPROCESSING[name]
    x = x.astype("int32" if x.dtype.kind == "i" else "float32")
    place = keras.Input(x.shape[1:], dtype=x.dtype)
    model = keras.Model(place, make()(place))
    agrees(model, exported(model)[1], [x])


ONE_ARGUMENT = [
    name for name, f in ACTIVATIONS.members.items() if f is not keras.activations.threshold
]


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_an_activation_computes_the_same(name, exported):
    x = np.concatenate([np.linspace(-12, 12, 48), np.geomspace(1e-7, 1, 12)]).astype("float32")
    model = keras.Sequential([keras.Input((10,)), layers.Activation(name)])
    agrees(model, exported(model)[1], [x.reshape(10, 6).T])  # large numbers in each row


# Ops that need more than operands of one shape: as formulas over a matrix x of numbers.
FORMULAS = {
    "argsort": lambda x: apply("argsort", [ops.floor(x)]),
    "cumsum": lambda x: ops.cumsum(x, axis=1),
    "lower_bound": lambda x: ops.searchsorted(np.array([-1.0, 0.0, 1.0], "float32"), ops.floor(x)),
    "upper_bound": lambda x: ops.searchsorted(
        np.array([-1.0, 0.0, 1.0], "float32"), ops.floor(x), side="right"
    ),
    "argmax": lambda x: apply("argmax", [x]),
    "batch_matmul": lambda x: apply("batch_matmul", [ops.reshape(x, (-1, 2, 2))] * 2),
    "broadcast_to": lambda x: ops.broadcast_to(x[:, :1], (x.shape[0], 3)),
    "cast": lambda x: ops.cast(3 * x, "int32"),
    "concatenate": lambda x: ops.concatenate([x, x[:, 1:]], axis=1),
    "iota": lambda x: x + ops.cast(apply("iota", [], shape=[4], dtype="int32"), x.dtype),
    "log_softmax": lambda x: apply("log_softmax", [x]),
    "matmul": lambda x: ops.matmul(ops.matmul(x, ops.transpose(x)), x),
    "max": lambda x: ops.max(x, axis=1),
    "min": lambda x: x - ops.min(x, axis=0, keepdims=True),
    "permute": lambda x: ops.transpose(ops.reshape(x, (-1, 2, 2)), (0, 2, 1)),
    "prod": lambda x: ops.prod(x, axis=1, keepdims=True),
    "reshape": lambda x: ops.reshape(ops.reshape(x, (2, -1, 2)), (-1, 4)),
    "scatter_add": lambda x: ops.segment_sum(x, [1, 0, 1, 1, 2], 3)[:1] + x,
    "slice": lambda x: x[::-1, 3:0:-2] + x[-1, 0],
    "softmax": lambda x: apply("softmax", [x]),
    "softmax_cross_entropy": lambda x: apply("softmax_cross_entropy", [x, x]),
    "sum": lambda x: x / ops.sum(x),
    "take": lambda x: ops.take(x, [[0, -1], [1, 1]], axis=1),
    "transpose": lambda x: ops.matmul(ops.transpose(ops.transpose(x)), np.ones((4, 2), "float32")),
}
# Only gradients and losses need them. Random numbers are tested below.
NOT_IN_PREDICTIONS = {"relu_gradient", "sigmoid_gradient", "slice_gradient", "tanh_gradient"}
NOT_IN_PREDICTIONS |= {"cross_entropy", "sparse_cross_entropy", "sparse_softmax_cross_entropy"}
NO_FORMULA = {"constant", "input", "materialize", "variable"}
# No layer needs them: linear algebra, which ONNX has not, and some rare ops on integers and groups.
RARE = {"cholesky", "eigh", "lu", "qr", "solve_lower", "solve_upper", "svd"}
RARE |= {"cumprod", "gcd", "last_pick", "lcm", "left_shift", "nextafter", "right_shift"}
RARE |= {"bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor"}
RARE |= {"scatter_max", "scatter_min", "scatter_prod"}
ELEMENTWISE = sorted(set(RULES) - set(FORMULAS) - {"uniform"})


def test_every_op_that_predictions_need_is_exported():
    assert set(_core.op_names()) - set(RULES) == NOT_IN_PREDICTIONS | NO_FORMULA | RARE


@pytest.mark.parametrize("op", FORMULAS)
def test_an_op_computes_the_same(op, exported):
    x = RNG.uniform(-2, 2, size=(5, 4)).astype("float32")
    layer = layers.Lambda(FORMULAS[op])
    rows = 5 if op == "scatter_add" else None
    model = keras.Sequential([keras.Input((4,), batch_size=rows), layer])
    _, session = exported(model)
    if rows is None:
        agrees(model, session, [x], 2e-6 if op == "sum" else 1e-6)
    (got,) = session.run(None, {session.get_inputs()[0].name: x})
    close(got, model.predict(x, verbose=0), 2e-6)


def applied(op, dtype):
    """A model of an elementwise op over as many inputs as it has; None for a dtype it refuses."""
    for count in (1, 2, 3):
        places = [keras.Input((6,), dtype=dtype, name=f"x{i}") for i in range(count)]
        if op == "select":
            places = [keras.Input((6,), dtype="bool", name="x0"), *places[1:]]
        layer = layers.Lambda(lambda xs: apply(op, xs), dtype="float64", autocast=False)
        try:
            return keras.Model(places, layer(places))
        except ValueError as error:
            if "must be" in str(error):
                return None
    raise AssertionError(op)


@pytest.mark.parametrize("op", ELEMENTWISE)
@pytest.mark.parametrize("dtype", ["float32", "int32", "int64", "uint8", "bool"])
def test_an_elementwise_op_computes_the_same(op, dtype, exported):
    model = applied(op, dtype)
    if model is None:
        return
    x = RNG.uniform(-3, 3, size=(len(model.inputs), 5, 6))
    if dtype == "uint8" or op in ("log", "log1p", "sqrt", "rsqrt", "power"):
        x = np.abs(x)
    if op in ("floor_divide", "mod"):
        x = x + np.sign(x)  # nothing is divided by zero
    inputs = [part.astype(place.dtype) for part, place in zip(x, model.inputs, strict=True)]
    agrees(model, exported(model)[1], inputs)


def test_small_arguments_keep_their_digits(exported):
    x = np.array([*np.geomspace(1e-30, 1e30, 59), np.inf], "float32").reshape(10, 6)
    for op, wanted in (("log1p", np.log1p), ("expm1", np.expm1)):
        _, session = exported(applied(op, "float32"))
        (got,) = session.run(None, {session.get_inputs()[0].name: x})
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(
                got, wanted(x.astype("float64")).astype("float32"), rtol=1e-6
            )


def test_several_inputs_and_outputs_keep_their_names(exported):
    wide, deep = keras.Input((2,), name="wide"), keras.Input((3,), name="deep")
    hidden = layers.Dense(4, activation="relu", name="hidden")(deep)
    main = layers.Dense(1, name="main")(layers.concatenate([wide, hidden]))
    model = keras.Model([wide, deep], [main, layers.Dense(2, name="aux")(hidden)])
    proto, session = exported(model)
    assert [x.name for x in proto.graph.input] == ["wide", "deep"]
    assert [x.name for x in proto.graph.output] == ["main", "aux"]
    assert {"hidden/kernel", "hidden/bias"} <= {x.name for x in proto.graph.initializer}
    assert session.get_inputs()[0].shape == ["batch", 2]
    assert session.get_outputs()[1].shape == ["batch", 2]
    assert (proto.producer_name, proto.producer_version) == ("pronghorn", keras.__version__)
    agrees(model, session, [RNG.normal(size=(5, n)).astype("float32") for n in (2, 3)])


def test_dicts_are_fed_and_returned_by_key(exported):
    a, b = keras.Input((2,), name="first"), keras.Input((3,), name="second")
    model = keras.Model({"z": a, "b": b}, {"out": layers.concatenate([a, b]), "in": a})
    _, session = exported(model)
    fed = {"z": np.ones((4, 2), "float32"), "b": np.zeros((4, 3), "float32")}
    got = dict(zip([y.name for y in session.get_outputs()], session.run(None, fed), strict=True))
    for key, wanted in model.predict(fed, verbose=0).items():
        np.testing.assert_array_equal(got[key], wanted)


def test_nested_and_shared_layers(exported):
    inner = keras.Sequential(
        [keras.Input((3,)), layers.Dense(3, activation="tanh"), layers.BatchNormalization()]
    )
    x, shared = keras.Input((3,)), layers.Dense(3)
    y = inner(shared(inner(shared(x))))
    model = keras.Model(x, [y, 2 * x - 1.0, y])
    proto, session = exported(model)
    kernels = [w.name for w in proto.graph.initializer if w.name.endswith("kernel")]
    assert len(kernels) == 2
    agrees(model, session, [RNG.normal(size=(5, 3)).astype("float32")])


class Centered(keras.Model):
    """Its formula needs the number of rows: a mean over them, their numbers, their order."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)
        self.others = [layers.Dense(2), layers.Dropout(0.5)]

    def call(self, x, training=None):
        x = self.dense(x)
        for layer in self.others:
            x = layer(x)
        rows = ops.shape(x)[0]
        numbers = ops.cast(ops.expand_dims(ops.arange(rows), 1), "float32")
        x = x - ops.mean(x, axis=0, keepdims=True) + numbers / rows
        return x + ops.concatenate([x[1:], x[:1]], axis=0)[::-1] + ops.ones((rows, 2))


def test_a_subclassed_model_whose_formula_counts_rows(exported):
    model, x = Centered(), RNG.normal(size=(5, 4)).astype("float32")
    model(x)
    _, session = exported(model)
    agrees(model, session, [x], 2e-6)
    fresh = Centered()
    _, session = exported(fresh, input_signature=[keras.KerasTensor((None, 4), name="table")])
    assert [place.name for place in session.get_inputs()] == ["table"]
    agrees(fresh, session, [x], 2e-6)


def test_float64_stays_float64(exported):
    place = keras.Input((4,), dtype="float64")
    y = layers.Dense(8, activation="elu", dtype="float64")(place)
    model = keras.Model(place, layers.LayerNormalization(dtype="float64")(y))
    agrees(model, exported(model)[1], [RNG.normal(size=(5, 4))], 1e-12)


def test_random_numbers_of_a_prediction_have_the_same_distribution(exported):
    class MCDropout(layers.Dropout):
        def call(self, inputs):
            return super().call(inputs, training=True)

    _, session = exported(keras.Sequential([keras.Input((100,)), MCDropout(0.25)]))
    name = session.get_inputs()[0].name
    first, second = (session.run(None, {name: np.ones((100, 100), "float32")})[0] for _ in "ab")
    assert set(np.unique(first)) == {0, np.float32(1 / 0.75)}
    assert abs((first == 0).mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / first.size)
    assert (first != second).any()


def test_what_cannot_be_exported_says_why(tmp_path, monkeypatch):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
    path = tmp_path / "model.onnx"
    with pytest.raises(NotImplementedError, match="as ONNX only"):
        model.export(tmp_path / "folder")
    with pytest.raises(NotImplementedError, match="format='openvino'"):
        model.export(path, format="openvino")
    with pytest.raises(ValueError, match="before its input shape is known"):
        keras.Sequential([layers.Dense(2)]).export(path)
    with pytest.raises(ValueError, match="all other sizes must be known"):
        keras.Sequential([keras.Input((None, 2)), layers.Dense(2)]).export(path)
    squared = layers.Lambda(lambda x: x * float(x.shape[0] or 1) ** 2)
    with pytest.raises(ValueError, match="depends on that number"):
        keras.Sequential([keras.Input((2,)), squared]).export(path)
    words = keras.Input((1,), dtype="string")
    with pytest.raises(ValueError, match="takes strings"):
        keras.Model(words, layers.StringLookup(vocabulary=["a"])(words)).export(path)
    numbers = keras.Input((1,), dtype="int32")
    with pytest.raises(ValueError, match=r"cannot be traced: .*'hashing'"):
        keras.Model(numbers, layers.Hashing(7, name="hashing")(numbers)).export(path)
    monkeypatch.setattr("pronghorn.export.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pronghorn\[onnx\]"):
        model.export(path)
    assert list(tmp_path.iterdir()) == []  # no half file is left
