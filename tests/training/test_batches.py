# SPDX-License-Identifier: Apache-2.0
"""Generators, iterables and PyDatasets as data."""

from __future__ import annotations

import numpy as np
import pytest

import pronghorn as keras

L = keras.layers
rng = np.random.default_rng(3)
X = rng.normal(size=(20, 4)).astype(np.float32)
Y = rng.integers(0, 3, 20)
W = rng.random(20).astype(np.float32)


class Batches:
    """Batch by number, as Keras's PyDataset."""

    def __init__(self, *arrays, size=8):
        self.arrays, self.size, self.epochs_seen = arrays, size, 0

    def __len__(self):
        return -(-len(self.arrays[0]) // self.size)

    def __getitem__(self, index):
        rows = slice(index * self.size, (index + 1) * self.size)
        return tuple(array[rows] for array in self.arrays)

    def on_epoch_end(self):
        self.epochs_seen += 1


class Loader:
    """An iterable that can be started again, as a data loader."""

    def __init__(self, *arrays):
        self.batches = Batches(*arrays)

    def __iter__(self):
        return (self.batches[i] for i in range(len(self.batches)))


def endless(*arrays):
    while True:
        yield from Loader(*arrays)


def model():
    made = keras.Sequential([L.Input((4,)), L.Dense(3, activation="softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    made.set_weights([np.linspace(-1, 1, 12).reshape(4, 3), np.zeros(3)])
    return made


def assert_same(model, other):
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (Batches, {"shuffle": False}),
        (Loader, {}),
        (endless, {"steps_per_epoch": 3}),
        (Loader, {"steps_per_epoch": 3}),
    ],
)
@pytest.mark.parametrize("arrays", [(X, Y), (X, Y, W)], ids=["x y", "x y weight"])
def test_batches_train_like_arrays(make, arguments, arrays):
    first, second = model(), model()
    weight = arrays[2] if len(arrays) == 3 else None
    history = first.fit(make(*arrays), epochs=3, verbose=0, **arguments).history
    expected = second.fit(
        X, Y, sample_weight=weight, batch_size=8, epochs=3, shuffle=False, verbose=0
    ).history
    assert history == expected
    assert_same(first, second)


def test_class_weight_applies_to_batches():
    first, second = model(), model()
    first.fit(Loader(X, Y), class_weight={0: 3.0}, verbose=0)
    second.fit(X, Y, class_weight={0: 3.0}, batch_size=8, shuffle=False, verbose=0)
    assert_same(first, second)


def test_batches_for_validation_evaluate_and_predict():
    m = model()
    expected = m.evaluate(X, Y, batch_size=8, verbose=0)
    assert m.evaluate(Loader(X, Y), verbose=0) == expected
    assert m.evaluate(endless(X, Y), steps=3, verbose=0) == expected
    np.testing.assert_array_equal(m.predict(Loader(X, Y), verbose=0), m.predict(X, verbose=0))
    m.optimizer.learning_rate = 0.0
    history = m.fit(X, Y, epochs=2, validation_data=Loader(X, Y), verbose=0).history
    assert history["val_loss"] == [expected[0]] * 2


def test_a_dataset_hears_of_the_end_of_an_epoch():
    data = Batches(X, Y)
    model().fit(data, epochs=2, verbose=0)
    assert data.epochs_seen == 2


def test_a_generator_that_ends_early_warns():
    with pytest.warns(UserWarning, match="ran out"):
        model().fit(iter(Loader(X, Y)), epochs=1, steps_per_epoch=5, verbose=0)


def test_batches_bring_their_own_targets():
    with pytest.raises(ValueError, match="`y` cannot be given"):
        model().fit(Loader(X, Y), Y, verbose=0)


def test_batch_hooks_are_called_for_batches():
    steps = []
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: steps.append(step)
    )
    model().fit(Loader(X, Y), verbose=0, callbacks=[callback])
    assert steps == [0, 1, 2]
