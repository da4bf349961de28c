# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras

X = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")


def member(width: int, outputs: int = 2) -> keras.Sequential:
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(width, "tanh"), keras.layers.Dense(outputs)]
    )


@pytest.mark.parametrize("count", [1, 2, 5])
def test_predicts_the_mean_of_its_members(count: int) -> None:
    members = [member(4 + i) for i in range(count)]
    mean = np.mean([m.predict(X, verbose=0).astype("float64") for m in members], axis=0)
    together = keras.models.ensemble(members)
    np.testing.assert_allclose(together.predict(X, verbose=0), mean, atol=1e-6)


def test_members_with_several_inputs_and_outputs() -> None:
    def two() -> keras.Model:
        a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
        both = keras.layers.concatenate([a, b])
        return keras.Model(
            {"a": a, "b": b},
            {"p": keras.layers.Dense(2, name="p")(both), "q": keras.layers.Dense(1, name="q")(a)},
        )

    members = [two() for _ in range(3)]
    data = {"a": X, "b": X[:, :2]}
    found = keras.models.ensemble(members).predict(data, verbose=0)
    assert list(found) == ["p", "q"]
    for name in found:
        parts = [m.predict(data, verbose=0)[name] for m in members]
        np.testing.assert_allclose(found[name], np.mean(parts, axis=0), atol=1e-6)


def test_is_a_model_that_trains_its_members() -> None:
    members = [member(4, 1), member(5, 1)]
    together = keras.models.ensemble(members, name="both")
    assert together.name == "both"
    together.compile("sgd", "mse")
    before = [m.get_weights()[0] for m in members]
    together.fit(X, X[:, 0], verbose=0)
    assert all((m.get_weights()[0] != old).any() for m, old in zip(members, before, strict=True))


def test_members_that_do_not_fit_together_are_errors() -> None:
    with pytest.raises(ValueError, match="at least one model"):
        keras.models.ensemble([])
    with pytest.raises(ValueError, match=r"same output_shape. Received: \(None, 2\) of"):
        keras.models.ensemble([member(4, 2), member(4, 3)])
