# SPDX-License-Identifier: Apache-2.0
"""Initializers: what distribution their values have, and when values repeat."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.initializers.initializer import INITIALIZERS
from pronghorn.initializers.variance_scaling import fans

CLASSES = INITIALIZERS.members
RANDOM = [name for name in CLASSES if name not in ("Zeros", "Ones", "Constant", "Identity")]
SHAPE = (120, 80)
CUT = 0.87962566103423978  # standard deviation of a standard normal distribution cut at +-2

# Those that are not for weights of every rank -> shapes besides a matrix.
SHAPES = {"Identity": (), "Orthogonal": ((2, 3, 4),)}

# name -> (limit of the absolute value, standard deviation) at SHAPE
SPREAD = {
    "RandomNormal": (math.inf, 0.05),
    "RandomUniform": (0.05, 0.05 / math.sqrt(3)),
    "TruncatedNormal": (0.1, 0.05 * CUT),
    "VarianceScaling": (2 / CUT * math.sqrt(1 / 120), math.sqrt(1 / 120)),
    "GlorotUniform": (math.sqrt(6 / 200), math.sqrt(2 / 200)),
    "GlorotNormal": (2 / CUT * math.sqrt(2 / 200), math.sqrt(2 / 200)),
    "HeUniform": (math.sqrt(6 / 120), math.sqrt(2 / 120)),
    "HeNormal": (2 / CUT * math.sqrt(2 / 120), math.sqrt(2 / 120)),
    "LecunUniform": (math.sqrt(3 / 120), math.sqrt(1 / 120)),
    "Orthogonal": (1, math.sqrt(1 / 120)),
    "LecunNormal": (2 / CUT * math.sqrt(1 / 120), math.sqrt(1 / 120)),
}


@pytest.mark.parametrize("name", RANDOM)
def test_values_have_the_right_mean_spread_and_bounds(name):
    limit, stddev = SPREAD[name]  # a new initializer needs a row
    values = CLASSES[name](seed=1)(SHAPE).numpy().astype("float64")
    n = values.size
    assert values.shape == SHAPE
    assert np.abs(values).max() <= limit * (1 + 1e-6)
    # Five standard errors: of the mean stddev / sqrt(n); of the spread at most stddev / sqrt(2n).
    assert abs(values.mean()) < 5 * stddev / math.sqrt(n)
    assert abs(values.std() - stddev) < 5 * stddev / math.sqrt(2 * n)


@pytest.mark.parametrize("name", RANDOM)
def test_an_int_seed_repeats_and_no_seed_does_not(name):
    cls = CLASSES[name]
    seeded, free = cls(seed=7), cls()
    np.testing.assert_array_equal(seeded((3, 4)), seeded((3, 4)))
    np.testing.assert_array_equal(seeded((3, 4)), cls(seed=7)((3, 4)))
    assert (np.asarray(seeded((3, 4))) != np.asarray(cls(seed=8)((3, 4)))).any()
    first, second = free((3, 4)), free((3, 4))
    assert (np.asarray(first) != np.asarray(second)).any()
    generator = keras.random.SeedGenerator(1)
    drawn = cls(seed=generator)
    assert (np.asarray(drawn((3, 4))) != np.asarray(drawn((3, 4)))).any()


@pytest.mark.parametrize("name", RANDOM)
def test_the_global_seed_makes_runs_repeat(name):
    runs = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        runs.append([CLASSES[name]()((2, 5)).numpy() for _ in range(2)])
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("dtype", [None, "float32", "float64"])
def test_dtypes_and_shapes(name, dtype):
    for shape in ((2, 3), *SHAPES.get(name, ((), (3,), (2, 3, 4)))):
        values = CLASSES[name]()(shape, dtype=dtype)
        assert values.shape == shape
        assert values.dtype == (dtype or "float32")


def test_constants():
    np.testing.assert_array_equal(keras.initializers.Constant(2.5)((2, 2)), np.full((2, 2), 2.5))
    row = keras.initializers.Constant([1.0, 2.0])((3, 2))
    np.testing.assert_array_equal(row, [[1, 2]] * 3)
    assert keras.initializers.Ones()((2,), dtype="int32").dtype == "int32"


def test_fans():
    assert fans(()) == (1, 1)
    assert fans((5,)) == (5, 5)
    assert fans((3, 4)) == (3, 4)
    assert fans((2, 5, 3, 4)) == (30, 40)


def test_given_axes_stand_for_inputs_and_outputs():
    assert fans((2, 3, 4), [1], [0, 2]) == (3, 8)
    values = keras.initializers.LecunUniform(1, [1], [0, 2])((40, 3, 50)).numpy()
    assert 0.999 < np.abs(values).max() <= 1.0  # sqrt(3 / 3); 6000 draws: 0.25 % are above 0.999


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (2, 3, 4)])
def test_orthogonal_matrices_are_orthogonal(shape):
    matrix = keras.initializers.Orthogonal(2.0, seed=3)(shape, "float64").numpy()
    matrix = matrix.reshape(-1, shape[-1])
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-14)


def test_orthogonal_signs_are_as_likely_as_each_other():
    draw = keras.initializers.Orthogonal(seed=keras.random.SeedGenerator(1))
    first = np.array([draw((2, 2)).numpy()[0, 0] > 0 for _ in range(400)])
    assert abs(first.mean() - 0.5) < 5 * 0.5 / np.sqrt(400)


def test_identity_is_the_identity_matrix():
    np.testing.assert_array_equal(keras.initializers.Identity(3.0)((2, 3)), 3 * np.eye(2, 3))


def test_variance_scaling_in_all_its_forms():
    n = {"fan_in": 120, "fan_out": 80, "fan_avg": 100}
    for mode, size in n.items():
        for distribution in ("uniform", "untruncated_normal", "truncated_normal", "normal"):
            init = keras.initializers.VarianceScaling(3.0, mode, distribution, seed=2)
            values = init(SHAPE).numpy().astype("float64")
            stddev = math.sqrt(3 / size)
            assert abs(values.std() - stddev) < 5 * stddev / math.sqrt(2 * values.size)
            is_bounded = np.abs(values).max() <= 2.3 * stddev
            assert is_bounded == (distribution != "untruncated_normal")


@pytest.mark.parametrize("name", CLASSES)
def test_configs_go_there_and_back(name):
    init = CLASSES[name](**({"seed": 5} if name in RANDOM else {}))
    form = json.loads(json.dumps(keras.initializers.serialize(init)))
    assert (form["module"], form["class_name"]) == ("keras.initializers", name)
    again = keras.initializers.deserialize(form)
    assert type(again) is CLASSES[name]
    assert again.get_config() == init.get_config()
    np.testing.assert_array_equal(init.clone()((2, 3)), init((2, 3)))


def test_configs_of_newer_and_older_keras():
    new = {
        "module": "keras.initializers",
        "class_name": "GlorotUniform",
        "config": {"seed": None, "input_axes": None, "output_axes": None},
        "registered_name": None,
    }
    assert isinstance(keras.initializers.get(new), keras.initializers.GlorotUniform)
    old = {"class_name": "Constant", "config": {"value": 0.5}}
    assert keras.initializers.get(old).value == 0.5
    with pytest.raises(TypeError, match="new_axes"):
        keras.initializers.get({**new, "config": {"new_axes": 0}})


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("zeros", "Zeros"),
        ("zero", "Zeros"),
        ("one", "Ones"),
        ("normal", "RandomNormal"),
        ("uniform", "RandomUniform"),
        ("random_uniform", "RandomUniform"),
        ("truncated_normal", "TruncatedNormal"),
        ("glorot_uniform", "GlorotUniform"),
        ("HeNormal", "HeNormal"),
        ("lecun_normal", "LecunNormal"),
    ],
)
def test_names(alias, name):
    assert type(keras.initializers.get(alias)) is CLASSES[name]


def test_snake_case_names_are_the_classes():
    for name in keras.initializers.__all__:
        if name.islower() and name not in ("get", "serialize", "deserialize"):
            assert keras.initializers.get(name).__class__ is getattr(keras.initializers, name)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: keras.initializers.get("glorot"), "Unknown initializer: 'glorot'"),
        (lambda: keras.initializers.get("he_norml"), "'he_normal'"),
        (lambda: keras.initializers.RandomNormal(stddev=-1), "stddev=-1"),
        (lambda: keras.initializers.RandomUniform(1.0, 0.0), "minval=1.0, maxval=0.0"),
        (lambda: keras.initializers.VarianceScaling(0.0), "scale=0.0"),
        (lambda: keras.initializers.VarianceScaling(mode="fan"), "mode='fan'"),
        (lambda: keras.initializers.VarianceScaling(distribution="x"), "distribution='x'"),
        (lambda: keras.initializers.HeNormal(seed=1.5), "seed=1.5"),
        (lambda: keras.initializers.Identity()((2, 3, 4)), r"shape=\(2, 3, 4\)"),
        (lambda: keras.initializers.Orthogonal()((3,)), r"shape=\(3,\)"),
    ],
)
def test_errors_say_what_came(make, message):
    with pytest.raises(ValueError, match=message):
        make()
