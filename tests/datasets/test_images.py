# SPDX-License-Identifier: Apache-2.0
"""MNIST and Fashion-MNIST, found in all the places and forms that are promised."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest

from pronghorn.datasets import fashion_mnist, mnist
from pronghorn.datasets._idx import read_idx
from pronghorn.datasets._images import IDX_NAMES


def idx_bytes(array: np.ndarray) -> bytes:
    """The IDX file of an array of bytes, written from the format's description."""
    header = bytes([0, 0, 8, array.ndim])
    return header + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def arrays(seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = [(5, 28, 28), (5,), (3, 28, 28), (3,)]
    return [rng.integers(0, 10, shape).astype(np.uint8) for shape in shapes]


def write_idx(folder, compressed: bool, seed: int = 0):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(IDX_NAMES, arrays(seed), strict=True):
        content = idx_bytes(array)
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)


def write_npz(path, seed: int = 0):
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(path, **dict(zip(names, arrays(seed), strict=True)))


def assert_loaded(data, seed: int = 0):
    flat = [array for part in data for array in part]
    for mine, expected in zip(flat, arrays(seed), strict=True):
        assert mine.dtype == np.uint8
        assert np.array_equal(mine, expected)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("subfolder", ["mnist", "."])
def test_mnist_is_read_from_idx_files_of_the_data_folder(home, monkeypatch, subfolder, compressed):
    monkeypatch.setenv("PRONGHORN_DATA_DIR", str(home / "data"))
    write_idx(home / "data" / subfolder, compressed)
    assert_loaded(mnist.load_data())


@pytest.mark.parametrize(
    "place", [".pronghorn/datasets/mnist", ".pronghorn/datasets", ".keras/datasets"]
)
def test_mnist_is_read_from_the_caches_of_pronghorn_and_keras(home, place):
    write_npz(home / place / "mnist.npz")
    assert_loaded(mnist.load_data())


def test_the_data_folder_comes_before_the_caches(home, monkeypatch):
    monkeypatch.setenv("PRONGHORN_DATA_DIR", str(home / "data"))
    write_npz(home / ".keras/datasets/mnist.npz", seed=1)
    write_idx(home / "data/mnist", compressed=True, seed=2)
    assert_loaded(mnist.load_data(), seed=2)


def test_an_absolute_path_is_the_only_place_looked_at(home):
    write_npz(home / ".keras/datasets/mnist.npz", seed=1)
    write_npz(home / "mine.npz", seed=2)
    assert_loaded(mnist.load_data(str(home / "mine.npz")), seed=2)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        mnist.load_data(str(home / "nowhere.npz"))


@pytest.mark.parametrize("folder", ["fashion-mnist", "fashion_mnist"])
def test_fashion_mnist_is_read_from_its_own_folder_only(home, folder):
    write_idx(home / ".keras/datasets", compressed=True, seed=1)  # that is MNIST
    with pytest.raises(OSError, match="fashion_mnist"):
        fashion_mnist.load_data()
    write_idx(home / ".keras/datasets" / folder, compressed=True, seed=2)
    assert_loaded(fashion_mnist.load_data(), seed=2)


@pytest.mark.parametrize("dataset", [mnist, fashion_mnist])
def test_without_a_network_the_error_says_which_file_to_put_where(home, dataset):
    name = dataset.__name__.rpartition(".")[2]
    with pytest.raises(OSError, match="could not be downloaded") as caught:
        dataset.load_data()
    text = str(caught.value)
    assert str(home / ".pronghorn/datasets" / name) in text
    assert "PRONGHORN_DATA_DIR (now: not set)" in text
    assert "https://" in text
    assert "train-images-idx3-ubyte" in text


def test_a_download_with_a_wrong_checksum_is_no_data_set(home, monkeypatch):
    import pooch

    def corrupted(*args, **kwargs):
        raise ValueError("SHA256 hash of downloaded file does not match")

    monkeypatch.setattr(pooch, "retrieve", corrupted)
    with pytest.raises(OSError, match="could not be downloaded") as caught:
        mnist.load_data()
    assert "SHA256" in str(caught.value.__cause__)


def test_downloads_are_checked_and_kept(home, monkeypatch):
    import pooch

    asked = []

    def download(url, known_hash, fname, path):
        asked.append((url, known_hash))
        write_npz(path / fname)
        return str(path / fname)

    monkeypatch.setattr(pooch, "retrieve", download)
    assert_loaded(mnist.load_data())
    assert_loaded(mnist.load_data())  # the second time from the cache
    [(url, known_hash)] = asked
    assert url.endswith("mnist.npz")
    assert known_hash.startswith("sha256:")
    assert len(known_hash) == len("sha256:") + 64


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"\x00\x00\x08\x01\x00\x00\x00\x00", "3 axes"),
        (b"\x00\x00\x0d\x03" + bytes(12), "00 00 0d 03"),
        (b"\x00\x00\x08\x03\x00\x00", "3 lengths"),
        (idx_bytes(np.zeros((2, 3, 4), np.uint8))[:-1], "Received: 23 bytes"),
        (idx_bytes(np.zeros((2, 3, 4), np.uint8)) + b"\x00", "Received: 25 bytes"),
        (idx_bytes(np.zeros((2, 3, 4), np.uint8)).replace(b"\x02", b"\xff"), "(255, 3, 4)"),
        (gzip.compress(bytes(100), mtime=0)[:-10], "damaged gzip file"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path, content, message):
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(message)):
        read_idx(path, ndim=3)


def test_images_and_labels_of_different_number_are_refused(home):
    folder = home / ".keras/datasets/mnist"
    write_idx(folder, compressed=False)
    (folder / IDX_NAMES[1]).write_bytes(idx_bytes(np.zeros(4, np.uint8)))
    with pytest.raises(ValueError, match="as many labels"):
        mnist.load_data()


def test_an_npz_file_with_other_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", x_train=np.zeros(1))
    with pytest.raises(ValueError, match="y_train"):
        mnist.load_data(str(tmp_path / "other.npz"))


def test_an_npz_file_with_pickled_objects_is_not_unpickled(tmp_path):
    objects = np.array([print], dtype=object)
    np.savez(
        tmp_path / "evil.npz", x_train=objects, y_train=objects, x_test=objects, y_test=objects
    )
    with pytest.raises(ValueError, match="allow_pickle"):
        mnist.load_data(str(tmp_path / "evil.npz"))


def test_the_whole_of_mnist_is_there(offline_dataset):
    offline_dataset("mnist")
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert x_train.shape == (60000, 28, 28)
    assert x_test.shape == (10000, 28, 28)
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert y_test[:5].tolist() == [7, 2, 1, 0, 4]
