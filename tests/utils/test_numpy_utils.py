# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from pronghorn.utils import normalize, to_categorical


@given(
    nps.arrays(
        st.sampled_from([np.uint8, np.int64, np.float32]),
        nps.array_shapes(min_side=0),
        elements=st.integers(0, 9),
    )
)
def test_argmax_undoes_one_hot(classes):
    rows = to_categorical(classes, 10)
    squeezed = classes[..., 0] if classes.ndim > 1 and classes.shape[-1] == 1 else classes
    assert rows.shape == (*squeezed.shape, 10)
    assert np.array_equal(rows.argmax(axis=-1), squeezed)
    assert np.array_equal(rows.sum(axis=-1), np.ones(squeezed.shape))


def test_the_number_of_classes_is_read_off_the_data():
    assert to_categorical([1, 5]).shape == (2, 6)
    assert to_categorical([]).shape == (0, 0)


@pytest.mark.parametrize(
    ("x", "num_classes", "message"),
    [
        ([0, 3], 3, "from 0 to 2"),
        ([-1, 0], None, "numbers from -1 to 0"),
        ([0.5], None, "integers"),
        ([np.nan], None, "integers"),
        (["a"], None, "integers"),
    ],
)
def test_what_is_no_class_number_is_refused(x, num_classes, message):
    with pytest.raises(ValueError, match=message):
        to_categorical(x, num_classes)


@given(nps.arrays(np.float64, (3, 4), elements=st.floats(-100, 100)), st.sampled_from([1, 2, 3]))
def test_normalized_rows_have_norm_one_or_are_zero(x, order):
    norms = np.linalg.norm(normalize(x, order=order), order, axis=-1)
    nonzero = np.linalg.norm(x, order, axis=-1) > 0
    assert np.allclose(norms, nonzero)
