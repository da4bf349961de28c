# SPDX-License-Identifier: Apache-2.0
"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
BESIDE_THE_REPOSITORY = TESTS.parents[1] / "shared"

# What records fixtures needs Keras, which the tests do not.
collect_ignore_glob = ["fixtures/*.py"]

if (BESIDE_THE_REPOSITORY / "data").is_dir():
    os.environ.setdefault("PRONGHORN_DATA_DIR", str(BESIDE_THE_REPOSITORY / "data"))


@pytest.fixture(autouse=True)
def _same_random_numbers_for_every_test() -> None:
    import pronghorn as keras

    keras.utils.set_random_seed(20260101)


@pytest.fixture(scope="session")
def fixture_path() -> Callable[[str], Path]:
    """A function from a name to the path of a file or folder made by a script of `fixtures/`.

    It skips the test if the file is neither in `tests/fixtures` nor beside the repository.
    """

    def find(name: str) -> Path:
        for root in (TESTS / "fixtures", BESIDE_THE_REPOSITORY / "fixtures"):
            if (root / name).exists():
                return root / name
        pytest.skip(f"tests/fixtures/{name} is not there")

    return find


@pytest.fixture
def offline_dataset() -> Callable[[str], None]:
    """A function that skips the test if a data set would have to be downloaded."""

    def require(name: str) -> None:
        folder = os.environ.get("PRONGHORN_DATA_DIR")
        if not folder or not (Path(folder) / name).is_dir():
            pytest.skip(f"PRONGHORN_DATA_DIR has no folder {name}")

    return require
