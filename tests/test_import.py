# SPDX-License-Identifier: Apache-2.0
"""`import pronghorn` brings what every program needs, and not what some do."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import pronghorn as keras

SLOW = [
    "concurrent.futures",
    "csv",
    "email",
    "h5py",
    "html",
    "importlib.metadata",
    "logging",
    "matplotlib",
    "pandas",
    "optuna",
    "pathlib",
    "rich",
    "sklearn",
    "socket",
    "tempfile",
    "tensorboard",
    "zipfile",
]


def test_import_brings_nothing_slow() -> None:
    code = (
        "import json, sys, numpy; before = set(sys.modules); import pronghorn; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = json.loads(run.stdout)
    assert "pronghorn.models" in loaded
    assert not set(SLOW) & set(loaded)


def test_lazy_modules_are_there() -> None:
    assert "datasets" in dir(keras)
    assert keras.datasets.iris.load_data()[0][0].shape[1] == 4


def test_a_missing_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Dense'"):
        _ = keras.Dense


def test_version_is_that_of_the_installed_package() -> None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        installed = version("pronghorn")
    except PackageNotFoundError:
        pytest.skip("runs from a source tree")
    assert keras.__version__ == installed
