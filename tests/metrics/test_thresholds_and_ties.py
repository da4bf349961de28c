# SPDX-License-Identifier: Apache-2.0
"""Predictions at a threshold, equal to each other, or not numbers at all."""

from __future__ import annotations

import numpy as np

import pronghorn as keras


def test_the_threshold_is_not_reached_but_exceeded():
    assert float(keras.metrics.BinaryAccuracy()([[1.0]], [[0.5]])) == 0.0
    assert float(keras.metrics.BinaryAccuracy(threshold=0.4)([[1.0]], [[0.5]])) == 1.0


def test_binary_accuracy_is_of_each_element_and_can_be_weighed_so():
    y, p = np.array([[1, 0], [1, 1]]), np.array([[0.6, 0.7], [0.2, 0.9]])
    hits = np.array([[1, 0], [0, 1]])
    np.testing.assert_array_equal(keras.metrics.binary_accuracy(y, p), hits)
    assert float(keras.metrics.BinaryAccuracy()(y, p)) == 0.5
    weights = np.array([[4.0, 1.0], [2.0, 1.0]])
    assert float(keras.metrics.BinaryAccuracy()(y, p, weights)) == (weights * hits).sum() / 8


def test_ties_among_the_top_k_count_as_hits():
    p = [[0.3, 0.3, 0.3, 0.1]]
    assert [float(keras.metrics.SparseTopKCategoricalAccuracy(k=k)([2], p)) for k in (1, 2)] == [
        1.0,
        1.0,
    ]
    assert float(keras.metrics.SparseTopKCategoricalAccuracy(k=3)([3], p)) == 0.0
    assert float(keras.metrics.SparseTopKCategoricalAccuracy(k=3)([0], [[np.nan] * 4])) == 0.0


def test_the_first_of_equals_is_in_the_top_k():
    metric = keras.metrics.Precision(top_k=2)
    assert float(metric([[1, 1, 0, 0]], [[0.3, 0.3, 0.3, 0.1]])) == 1.0
    assert float(keras.metrics.Recall(top_k=4)([[1, 1, 0, 1]], [[0.3, 0.0, 0.3, -1.0]])) == 1.0


def test_not_a_number_is_never_positive():
    y, p = np.array([1, 0, 1]), np.array([np.nan, np.nan, 0.9])
    assert float(keras.metrics.TruePositives()(y, p)) == 1.0
    assert float(keras.metrics.FalsePositives(thresholds=[0.0, 0.5, 1.0])(y, p)[0]) == 0.0
    assert 0 <= float(keras.metrics.AUC()(y, p)) <= 1
