# SPDX-License-Identifier: Apache-2.0
"""Data frames, sparse matrices, tensors of others and arrays in files train like plain arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import pronghorn as keras
from pronghorn.training.arrays import to_arrays

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
sparse = pytest.importorskip("scipy.sparse")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3)).astype("float32")
Y = (X @ [[1.0], [-2.0], [0.5]]).astype("float32")


def _weights_after_training(x: Any, y: Any = Y, **options: Any) -> list[np.ndarray]:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, epochs=2, batch_size=8, verbose=0, **options)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    return model.get_weights()


def _column(library: Any) -> Any:
    return library.array(Y.ravel()) if library is pa else library.Series(Y.ravel())


def _table(library: Any) -> Any:
    columns = {name: X[:, i] for i, name in enumerate("abc")}
    return pa.table(columns) if library is pa else library.DataFrame(columns)


@pytest.mark.parametrize("library", [pd, pl, pa], ids=["pandas", "polars", "pyarrow"])
def test_tables_train_like_their_array(library: Any) -> None:
    got = _weights_after_training(_table(library), _column(library))
    for mine, expected in zip(got, _weights_after_training(X), strict=True):
        np.testing.assert_array_equal(mine, expected)


MIXED = {
    "ints": [1, 2, 3],
    "bools": [True, False, True],
    "missing": [1, None, 3],
    "missing bools": [None, True, False],
}
EXPECTED = np.array([[1, 1, 1, np.nan], [2, 0, np.nan, 1], [3, 1, 3, 0]])


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(MIXED).convert_dtypes(),
        pd.DataFrame(MIXED).convert_dtypes(dtype_backend="pyarrow"),
        pl.DataFrame(MIXED),
        pa.table(MIXED),
    ],
    ids=["pandas", "pandas-pyarrow", "polars", "pyarrow"],
)
def test_nullable_columns_have_nan_where_a_value_is_missing(table: Any) -> None:
    np.testing.assert_array_equal(to_arrays(table, "x"), EXPECTED)


def test_categories_stand_for_themselves() -> None:
    frame = pd.DataFrame({"digit": pd.Categorical([7, 1, 7]), "one": [1.0, 1.0, 1.0]})
    np.testing.assert_array_equal(to_arrays(frame, "x"), [[7, 1], [1, 1], [7, 1]])


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"size": [1.0], "colour": ["red"]}),
        pd.DataFrame({"size": [1.0], "colour": pd.Categorical(["red"])}),
        pl.DataFrame({"size": [1.0], "colour": ["red"]}),
        pa.table({"size": [1.0], "colour": ["red"]}),
    ],
)
def test_a_column_of_text_is_named(table: Any) -> None:
    with pytest.raises(ValueError, match=r"x\['colour'\].*red"):
        _weights_after_training(table)


def test_a_frame_of_numbers_is_not_copied() -> None:
    frame = pd.DataFrame(X, copy=False)
    assert np.shares_memory(to_arrays(frame, "x"), np.asarray(frame))


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix])
@pytest.mark.parametrize("shuffle", [False, True])
def test_sparse_matrices_train_like_their_array(make: Any, shuffle: bool) -> None:
    x = np.where(RNG.uniform(size=X.shape) < 0.6, 0, X)
    options = {"shuffle": shuffle, "class_weight": None}
    got = _weights_after_training(make(x), **options)
    for mine, expected in zip(got, _weights_after_training(x, **options), strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_sparse_matrices_stay_sparse_until_their_batch() -> None:
    rows, columns = 20_000, 200_000  # 16 GB as an array of float32
    x = sparse.csr_matrix(
        (np.ones(rows, "float32"), (np.arange(rows), RNG.integers(0, columns, rows))),
        (rows, columns),
    )
    model = keras.Sequential([keras.Input((columns,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, np.ones(rows), batch_size=8, steps_per_epoch=2, verbose=0)
    assert model.predict(x[:5], verbose=0).shape == (5, 1)


def test_sparse_and_dense_inputs_are_split_and_weighted_together() -> None:
    a, b = keras.Input((3,)), keras.Input((2,))
    out = keras.layers.Dense(1)(keras.layers.Concatenate()([a, b]))
    model = keras.Model([a, b], out)
    model.compile("sgd", "mse")
    data = [sparse.csr_matrix(X), X[:, :2]]
    history = model.fit(
        data, Y, sample_weight=np.ones(50), validation_split=0.2, epochs=2, verbose=0
    )
    assert list(history.history) == ["loss", "val_loss"]
    dense = [X, X[:, :2]]
    np.testing.assert_array_equal(model.predict(data, verbose=0), model.predict(dense, verbose=0))
    np.testing.assert_array_equal(model.predict_on_batch(data), model.predict_on_batch(dense))


def test_an_array_in_a_file_is_read_as_it_is_used(tmp_path: Path) -> None:
    """The file has 64 GB, of which a file system stores nothing, and memory holds two batches."""
    x = np.memmap(tmp_path / "x.bin", "float32", "w+", shape=(2**30, 16))
    model = keras.Sequential([keras.Input((16,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    y = np.broadcast_to(np.float32(1), len(x))
    model.fit(x, y, steps_per_epoch=2, shuffle=False, verbose=0)
    assert model.predict(x[-3:], verbose=0).shape == (3, 1)


@pytest.mark.parametrize("options", [{}, {"chunks": (10, 3), "compression": "gzip"}])
def test_datasets_of_hdf5_files_train_like_their_array(tmp_path: Path, options: Any) -> None:
    with h5py.File(tmp_path / "data.h5", "w") as file:
        x = file.create_dataset("x", data=X, **options)
        assert isinstance(to_arrays(x, "x"), np.memmap) == (not options)
        got = _weights_after_training(x)
    for mine, expected in zip(got, _weights_after_training(X), strict=True):
        np.testing.assert_array_equal(mine, expected)


class _Tensors:
    """Batches as `tf.data` gives them: an iterable that starts anew each time."""

    def __iter__(self) -> Any:
        return ((X[i : i + 8], Y[i : i + 8]) for i in range(0, 50, 8))

    def __len__(self) -> int:
        return 7


def test_iterables_of_batches_start_anew_in_each_epoch() -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(_Tensors(), validation_data=_Tensors(), epochs=2, verbose=0)
    assert history.params["steps"] == 7
    assert len(history.history["val_loss"]) == 2


def test_tensors_and_loaders_of_pytorch_train_like_arrays() -> None:
    torch = pytest.importorskip("torch")
    x, y = torch.tensor(X, requires_grad=True), torch.tensor(Y)
    expected = _weights_after_training(X, shuffle=False)
    for mine, theirs in zip(_weights_after_training(x, y, shuffle=False), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    half = x.detach().to(torch.bfloat16)
    np.testing.assert_array_equal(to_arrays(half, "x"), half.float().numpy())
    data = torch.utils.data.TensorDataset(torch.tensor(X), y)
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(torch.utils.data.DataLoader(data, batch_size=8), epochs=2, verbose=0)
    for mine, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
