# SPDX-License-Identifier: Apache-2.0
"""Layers for tabular data: what real Keras made of the same data, recorded by
`tests/fixtures/record_preprocessing.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pronghorn as keras
from pronghorn import layers
from pronghorn.layers._fingerprints import farm_fingerprint64, sip_hash

FIXTURE = Path(__file__).parents[1] / "fixtures" / "keras" / "preprocessing.json"
CASES = json.loads(FIXTURE.read_text("utf-8"))
IDS = [f"{case['class']}-{i}" for i, case in enumerate(CASES)]
every_case = pytest.mark.parametrize("case", CASES, ids=IDS)


def _inputs(case: dict[str, Any]) -> Any:
    if case.get("several"):
        return [np.array(x) for x in case["inputs"]]
    return np.array(case["inputs"])


def _adapted(case: dict[str, Any]) -> Any:
    layer = getattr(layers, case["class"])(**case["options"])
    if case.get("in_batches"):
        layer.adapt(np.array(batch) for batch in case["adapt"])
    elif "adapt" in case:
        layer.adapt(np.array(case["adapt"]))
    return layer


def _assert_outputs(got: Any, case: dict[str, Any]) -> None:
    expected = np.array(case["outputs"])
    got = np.asarray(got)
    assert got.shape == expected.shape
    if expected.dtype.kind in "fiu":
        np.testing.assert_allclose(got, expected, rtol=3e-6, atol=1e-6)  # Keras's are float32 too
    else:
        assert got.tolist() == expected.tolist()


@every_case
def test_outputs_are_those_of_keras(case) -> None:
    layer = _adapted(case)
    outputs = layer(_inputs(case))
    _assert_outputs(outputs, case)
    if case["dtype"] != "string":
        assert outputs.dtype == case["dtype"]
    if "vocabulary" in case:
        assert layer.get_vocabulary() == case["vocabulary"]
        assert layer.vocabulary_size() == len(case["vocabulary"])


@every_case
def test_config_has_the_entries_of_keras_and_makes_the_same_layer(case, tmp_path) -> None:
    layer = _adapted(case)
    config = layer.get_config()
    recorded = case["config"] | {"name": layer.name}
    assert set(config) == set(recorded)
    for name, value in recorded.items():
        if name == "bin_boundaries" and value is not None:
            np.testing.assert_allclose(config[name], value, rtol=1e-6)
        elif name != "dtype":
            wanted = list(value) if isinstance(value, tuple) else value
            assert config[name] == wanted, name
    twin = type(layer).from_config(json.loads(json.dumps(config)))
    assert twin.get_config().keys() == config.keys()
    if "adapt" in case and case["class"] != "Discretization":  # what files hold beside the config
        if case["class"] == "Normalization":
            return
        store: dict[str, Any] = {}
        layer.save_own_variables(store)
        layer.save_assets(tmp_path)
        twin.load_own_variables(store)
        twin.load_assets(tmp_path)
    assert np.array_equal(np.asarray(twin(_inputs(case))), np.asarray(layer(_inputs(case))))


@every_case
def test_configs_of_keras_load(case) -> None:
    dtype = case["config"]["dtype"]
    dtype = dtype if isinstance(dtype, str) else dtype["config"]["name"]
    config = case["config"] | {"name": "loaded", "dtype": dtype}
    layer = getattr(layers, case["class"]).from_config(config)
    if "adapt" not in case:
        _assert_outputs(layer(_inputs(case)), case)


NUMERIC = ("CategoryEncoding", "Discretization", "IntegerLookup", "Normalization", "Rescaling")
IN_MODELS = [
    (case, id_)
    for case, id_ in zip(CASES, IDS, strict=True)
    if case["class"] in NUMERIC
    and case["options"].get("oov_method") != "farmhash"
    and np.ndim(case["inputs"]) > 1
]


@pytest.mark.parametrize("case", [c for c, _ in IN_MODELS], ids=[i for _, i in IN_MODELS])
def test_numeric_layers_work_inside_models(case) -> None:
    data = _inputs(case)
    dtype = "int64" if data.dtype.kind == "i" else "float32"
    x = keras.Input(data.shape[1:], dtype=dtype)
    y = _adapted(case)(x)
    expected = np.array(case["outputs"])
    assert y.shape == (None, *expected.shape[1:])
    assert y.dtype == case["dtype"]
    _assert_outputs(keras.Model(x, y).predict(data.astype(dtype), verbose=0), case)


def test_a_functional_model_of_keras_with_preprocessing_predicts_the_same() -> None:
    with np.load(FIXTURE.with_name("09_func_preproc.npz")) as file:
        recorded = dict(file)
    weights = [recorded[f"w0_{i:03}"] for i in range(10)]
    age = keras.Input((1,), name="age")
    category = keras.Input((2,), dtype="int32", name="cat")
    numbers = keras.Input((3,), name="num")
    bins = layers.Discretization([37.0, 52.0, 56.0])(age)
    normalize = layers.Normalization()
    parts = [
        layers.Flatten()(keras.ops.take(weights[0], category, axis=0)),  # what Embedding computes
        normalize(numbers),
        layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0])(numbers),
        layers.CategoryEncoding(4, output_mode="one_hot")(bins),
        layers.Discretization([30.0, 50.0], output_mode="one_hot")(age),
        layers.CategoryEncoding(6, output_mode="multi_hot")(category),
        layers.Rescaling(0.01)(age),
    ]
    dense = [layers.Dense(n, a) for n, a in ((6, "relu"), (3, "softmax"), (1, None))]
    hidden = dense[0](layers.Concatenate()(parts))
    model = keras.Model([age, category, numbers], [dense[1](hidden), dense[2](hidden)])
    normalize.set_weights(weights[1:4])
    for layer, pair in zip(dense, (weights[4:6], weights[6:8], weights[8:10]), strict=True):
        layer.set_weights(pair)
    got = model.predict([recorded["x0"], recorded["x1"], recorded["x2"]], verbose=0)
    for mine, keras_s in zip(got, (recorded["pred0_0"], recorded["pred0_1"]), strict=True):
        np.testing.assert_allclose(mine, keras_s, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        layers.StringLookup(vocabulary=["a"]),
        layers.Hashing(num_bins=3),
        layers.HashedCrossing(num_bins=3),
        layers.IntegerLookup(vocabulary=[1], oov_method="farmhash", num_oov_indices=2),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_that_hash_or_read_strings_say_so_in_a_compiled_computation(layer) -> None:
    class Subclassed(keras.Model):
        def call(self, x):
            return layer([x, x] if isinstance(layer, layers.HashedCrossing) else x)

    with pytest.raises(TypeError, match="to the data first"):
        Subclassed().predict(np.ones((2, 1), "int64"))


@pytest.mark.parametrize("weight", [[[1.0, 0.5], [2.0, 0.25]]])
def test_counts_may_be_weighted(weight) -> None:
    layer = layers.CategoryEncoding(3, output_mode="count")
    got = layer(np.array([[0, 2], [1, 1]]), count_weights=np.array(weight))
    np.testing.assert_array_equal(got, [[1.0, 0.0, 0.5], [0.0, 2.25, 0.0]])


LONG = {
    0: 1936946117179621480,
    1: 3694432073954588156,
    3: 2640714258260161385,
    4: 1897425971756105985,
    7: 4341691227789030229,
    8: 9145071594317031714,
    16: 6080716761534418621,
    17: 2171023947900359617,
    32: 9193738709215163827,
    33: 2004761416539416594,
    64: 2038540033609931795,
    65: 2608948203458330154,
    128: 4838076969191229283,
    129: 1953612634356772845,
    300: 1389365093342485161,
}


def test_hashes_are_the_published_ones() -> None:
    # SipHash-2-4 of 00 01 02 ..., the vectors of its authors for 0 and 63 bytes.
    key = (0x0706050403020100, 0x0F0E0D0C0B0A0908)
    assert sip_hash(b"", key) == 0x726FDB47DD0E0E31
    assert sip_hash(bytes(range(63)), key) == 0x958A324CEB064572
    # A string of each kind of length, by TensorFlow's to_hash_bucket_fast modulo 2^63 - 25.
    for size, expected in LONG.items():
        text = (b"abcdefghijklmnopqrstuvwxyz" * 12)[:size]
        assert farm_fingerprint64(text) % (2**63 - 25) == expected


def test_a_vocabulary_may_come_from_a_file_or_be_replaced(tmp_path) -> None:
    path = tmp_path / "vocabulary.txt"
    path.write_text("x\ny\n", "utf-8")
    layer = layers.StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary() == ["[UNK]", "x", "y"]
    assert layer.get_config()["vocabulary"] is None
    layer.set_vocabulary(["y", "ö"])
    assert layer([["ö", "x"]]).numpy().tolist() == [[2, 0]]
    assert layer.get_vocabulary(include_special_tokens=False) == ["y", "ö"]
    path.write_text("7\n5\n", "utf-8")
    assert layers.IntegerLookup(vocabulary=str(path))([5, 7, 6]).numpy().tolist() == [2, 1, 0]


def test_normalization_adapts_to_batches_as_to_all_at_once() -> None:
    data = np.random.default_rng(0).normal(2, 3, size=(30, 4)).astype("float32")
    whole, parts, some = (layers.Normalization() for _ in range(3))
    whole.adapt(data)
    parts.adapt(iter([data[:7], data[7:]]))
    some.adapt(iter([data[:7], data[7:]]), steps=1)
    np.testing.assert_array_equal(parts(data), whole(data))
    np.testing.assert_allclose(some.mean, data[:7].mean(0, keepdims=True), rtol=1e-6)


def test_bytes_and_objects_are_strings() -> None:
    layer = layers.StringLookup(vocabulary=["a", "ö"])
    expected = [[1, 2, 0]]
    for data in (
        [["a", "ö", "x"]],
        np.array([["a", "ö", "x"]], dtype=object),
        np.array([["a", "ö", "x"]]).astype(object),
        np.char.encode(np.array([["a", "ö", "x"]]), "utf-8"),
    ):
        assert layer(data).numpy().tolist() == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layers.CategoryEncoding(), "num_tokens"),
        (lambda: layers.CategoryEncoding(3, output_mode="int"), "output_mode"),
        (lambda: layers.CategoryEncoding(3)([[1]], count_weights=[[1.0]]), "count_weights"),
        (lambda: layers.CategoryEncoding(3, sparse=True), "sparse"),
        (lambda: layers.Discretization(), "either"),
        (lambda: layers.Discretization([0.0], num_bins=2), "either"),
        (lambda: layers.Discretization(num_bins=2)(np.ones((1, 1))), "adapt"),
        (lambda: layers.Discretization([0.0]).adapt(np.ones(3)), "bin_boundaries"),
        (lambda: layers.Hashing(0), "num_bins"),
        (lambda: layers.Hashing(3, salt="pepper"), "salt"),
        (lambda: layers.Hashing(3, dtype="float32"), "int32 or int64"),
        (lambda: layers.HashedCrossing(3)([np.array(["a"])]), "two arrays"),
        (lambda: layers.HashedCrossing(3)([np.ones((2, 2), int)] * 2), "shapes"),
        (lambda: layers.HashedCrossing(3)([np.ones(2), np.ones(2)]), "strings or ints"),
        (lambda: layers.StringLookup(max_tokens=1), "max_tokens"),
        (lambda: layers.Hashing(3)(np.array(["a", None], dtype=object)), "strings or numbers"),
        (lambda: layers.StringLookup()(np.array(["a", np.nan], dtype=object)), "strings or num"),
        (lambda: layers.StringLookup(pad_to_max_tokens=True), "max_tokens"),
        (lambda: layers.StringLookup(num_oov_indices=-1), "num_oov_indices"),
        (lambda: layers.StringLookup(invert=True, output_mode="count"), "invert"),
        (lambda: layers.StringLookup(vocabulary=["a", "a"]), "twice"),
        (lambda: layers.StringLookup(vocabulary=[]), "vocabulary"),
        (lambda: layers.StringLookup(vocabulary="/nowhere"), "no vocabulary file"),
        (lambda: layers.StringLookup(vocabulary=["a", "m"], mask_token="m"), "mask_token"),
        (lambda: layers.StringLookup(vocabulary=list("abc"), max_tokens=3), "longer"),
        (lambda: layers.StringLookup(vocabulary=["a"], idf_weights=[1.0]), "idf_weights"),
        (lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf"), "idf_weights"),
        (lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"]), "nothing to adapt"),
        (lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"]), "no place"),
        (lambda: layers.StringLookup(output_mode="tf_idf")(["b"]), "idf_weights"),
        (lambda: layers.IntegerLookup(oov_method="md5"), "oov_method"),
        (lambda: layers.IntegerLookup(salt=3), "salt"),
        (lambda: layers.IntegerLookup(vocabulary_dtype="int32"), "vocabulary_dtype"),
        (lambda: layers.IntegerLookup()(keras.Input((1,), dtype="int64")), "adapt"),
    ],
)
def test_bad_arguments_are_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
