# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

import pronghorn as keras


def test_a_function_gives_the_order_of_the_rows_of_each_epoch():
    x = np.random.default_rng(0).normal(size=(7, 2))
    orders = np.array([[6, 5, 4, 3, 2, 1, 0], [1, 3, 5, 0, 2, 4, 6]])

    def trained(x, epochs, shuffle):
        model = keras.Sequential(
            [keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")]
        )
        model.compile("sgd", "mse")
        for epoch in range(epochs):
            model.fit(
                x[epoch], x[epoch][:, :1], 3, epoch + 1, 0, initial_epoch=epoch, shuffle=shuffle
            )
        return model.get_weights()

    by_function = trained([x, x], 2, lambda epoch: orders[epoch])
    by_hand = trained([x[orders[0]], x[orders[1]]], 2, False)
    for a, b in zip(by_function, by_hand, strict=True):
        np.testing.assert_array_equal(a, b)
