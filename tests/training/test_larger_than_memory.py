# SPDX-License-Identifier: Apache-2.0
"""Training from a file four times as large as the memory that the process may have."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA and /proc are Linux's"),
    pytest.mark.skipif(
        bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        reason="a free-threaded Python reserves a gigabyte by itself",
    ),
]

# Only the file's pages are not counted by RLIMIT_DATA. That the limit binds is seen from the array
# that does not fit. Rows are 0, 1, 2, ... so that the mean squared target tells whether all were
# seen.
TRAIN = """
import json, resource, sys
import numpy as np
import pronghorn as keras
from benchmarks.memory_map import anonymous

path, limit, shuffle = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
keras.config.set_num_threads(2)
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
x = np.load(path, mmap_mode="r")
try:
    np.array(x)
    sys.exit("the limit does not bind")
except MemoryError:
    pass
y = np.arange(len(x), dtype="float32") / len(x)
net = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Rescaling(1 / 255),
                        keras.layers.Dense(4), keras.layers.Dense(1)])
net.compile(keras.optimizers.SGD(0.0), "mse")
net.fit(x[:1024], y[:1024], batch_size=1024, verbose=0)
before = anonymous()
peaks = []
look = keras.callbacks.LambdaCallback(on_batch_end=lambda batch, logs: peaks.append(anonymous()))
loss = net.fit(x, y, batch_size=1024, shuffle=shuffle, verbose=0, callbacks=[look])
print(json.dumps({"grown": max(peaks) - before, "steps": len(peaks),
                  "loss": loss.history["loss"][0]}))
"""
LIMIT = 160 * 2**20  # an interpreter with NumPy and the engine takes half of it
COLUMNS = 4096


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_memory_map_four_times_the_limit_trains_and_takes_no_memory(
    tmp_path: Path, shuffle: bool
) -> None:
    rows = 4 * LIMIT // COLUMNS
    path = tmp_path / "zeros.npy"
    with path.open("wb") as file:  # of holes, which take no room on the disk
        header = {"descr": "|u1", "fortran_order": False, "shape": (rows, COLUMNS)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + rows * COLUMNS)
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(path), str(LIMIT), str(shuffle).lower()],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["steps"] == rows // 1024
    assert found["grown"] < 4 * 2**20  # an order of the rows and their targets' pages: 1 MB
    y = np.arange(rows) / rows
    np.testing.assert_allclose(found["loss"], np.mean(y**2), rtol=1e-5)
