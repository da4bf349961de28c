# SPDX-License-Identifier: Apache-2.0
"""How many threads the engine uses, and who may say so."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import pronghorn as keras


def printed_by(code: str, **environment: str) -> str:
    """What a new Python prints."""
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


NUMBER = "import pronghorn as keras; print(keras.config.num_threads())"


def test_omp_num_threads_is_honoured() -> None:
    assert printed_by(NUMBER, OMP_NUM_THREADS="1") == "1"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_affinity_is_honoured_even_if_it_changes_later() -> None:
    code = (
        "import os, pronghorn as keras; all = os.sched_getaffinity(0); "
        "before = keras.config.num_threads(); os.sched_setaffinity(0, [min(all)]); "
        "one = keras.config.num_threads(); os.sched_setaffinity(0, all); "
        "print(one, keras.config.num_threads() == before)"
    )
    assert printed_by(code) == "1 True"


def test_threadpoolctl_sees_and_limits_the_engine() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    assert any(pool["user_api"] == "openmp" for pool in threadpoolctl.threadpool_info())
    before = keras.config.num_threads()
    with threadpoolctl.threadpool_limits(1):
        assert keras.config.num_threads() == 1
    assert keras.config.num_threads() == before


def test_a_limit_binds_only_the_thread_that_set_it() -> None:
    seen = []
    try:
        keras.config.set_num_threads(4)
        with keras.config.thread_limit(2):
            with keras.config.thread_limit(3):
                assert keras.config.num_threads() == 3
            assert keras.config.num_threads() == 2
            with keras.config.thread_limit(None):
                assert keras.config.num_threads() == 4
            other = threading.Thread(target=lambda: seen.append(keras.config.num_threads()))
            other.start()
            other.join()
        assert seen == [4]
        assert keras.config.num_threads() == 4
    finally:
        keras.config.set_num_threads(None)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2"])
def test_a_limit_that_is_no_number_of_threads_is_an_error(threads: object) -> None:
    expected = pytest.raises(ValueError, match="threads must be a positive int or None. Received: ")
    with expected, keras.config.thread_limit(threads):  # type: ignore[arg-type]
        pass


def test_idle_threads_sleep() -> None:
    x = np.ones((4000, 200), "float32")
    model = keras.Sequential([keras.Input((200,)), keras.layers.Dense(400)])
    keras.config.set_num_threads(2)
    try:
        model.predict(x, batch_size=4000, verbose=0)
    finally:
        keras.config.set_num_threads(None)
    time.sleep(0.1)
    busy = time.process_time()
    time.sleep(0.5)
    assert time.process_time() - busy < 0.05
