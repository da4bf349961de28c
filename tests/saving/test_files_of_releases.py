# SPDX-License-Identifier: Apache-2.0
"""The files of every release are read for ever."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pronghorn as keras
from tests.saving.recorded import assert_close, flat

FOLDER = Path(__file__).parents[1] / "fixtures" / "files"
VERSIONS = sorted(path.name for path in FOLDER.iterdir())


def test_there_are_files_of_a_release():
    assert "0.1.0" in VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["sequential", "functional"])
def test_models_and_weights_of_a_release(version, name):
    arrays = np.load(FOLDER / version / "expected_outputs.npz")
    expected = [arrays[key] for key in sorted(arrays) if key.startswith(f"{name}/")]
    x, y = arrays["x"], arrays["y"]
    for ending in (".keras", ".h5"):
        model = keras.models.load_model(FOLDER / version / f"{name}{ending}")
        assert_close(flat(model.predict(x, verbose=0)), expected, 1e-6)
        assert int(model.optimizer.iterations) == 4
        model.fit(x, y if name == "sequential" else {"one": y, "two": y}, verbose=0)
    for ending in (".weights.h5", ".npz"):
        model.load_weights(FOLDER / version / f"{name}{ending}")
        assert_close(flat(model.predict(x, verbose=0)), expected, 1e-6)
