# SPDX-License-Identifier: Apache-2.0
"""States in files: what goes in comes out, and a damaged file is an error."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pronghorn as keras
from pronghorn.saving.state_file import read_state, write_state
from tests.callbacks.kill_and_resume import same

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text()
    | hnp.arrays(st.sampled_from(["f4", "f8", "i4", "i8", "u4", "?"]), hnp.array_shapes(min_dims=0))
)
STATES = st.dictionaries(
    st.text().filter(lambda key: key != "<array>"),
    st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.just("k"), inner)),
)


@settings(
    deadline=None,  # a write waits for the disk
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=30,
)
@given(STATES)
def test_what_goes_in_comes_out(tmp_path, state):
    write_state(tmp_path / "state.npz", state)
    assert same(read_state(tmp_path / "state.npz"), state)


def test_arrays_keep_their_dtype_and_tensors_become_arrays(tmp_path):
    state = {"a": np.float32(0.1), "v": keras.Variable([1.0]), "t": (keras.ops.ones(2), math.inf)}
    write_state(tmp_path / "s.npz", state)
    got = read_state(tmp_path / "s.npz")
    assert got["a"].dtype == "float32"
    assert got["a"] == np.float32(0.1)
    np.testing.assert_array_equal(got["v"], [1.0])
    np.testing.assert_array_equal(got["t"][0], [1.0, 1.0])
    assert got["t"][1] == math.inf


@pytest.mark.parametrize("odd", [{1: 2}, {"<array>": 0}, object(), np.array([object()]), 1j])
def test_anything_else_is_refused_and_the_old_file_stays(tmp_path, odd):
    path = tmp_path / "s.npz"
    write_state(path, {"number": 1})
    with pytest.raises(TypeError, match=r"state\['it'\]"):
        write_state(path, {"it": odd})
    assert read_state(path) == {"number": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["s.npz"]


def test_a_damaged_file_is_an_error(tmp_path):
    path = tmp_path / "s.npz"
    with pytest.raises(ValueError, match=r"s\.npz is not readable"):
        read_state(path)
    write_state(path, {"numbers": np.arange(1000)})
    content = bytearray(path.read_bytes())
    for damaged in (content[:-30], content[:100], b""):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"s\.npz is not readable"):
            read_state(path)
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"s\.npz is not readable"):
        read_state(path)
