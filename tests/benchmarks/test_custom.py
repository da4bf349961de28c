# SPDX-License-Identifier: Apache-2.0
"""What `benchmarks.custom` compares does the same work."""

from __future__ import annotations

import pytest

import pronghorn as keras
from benchmarks.custom import OwnDense, OwnStep, agree, fit, loop, make, work_of_a_step
from benchmarks.workloads import Workload

WORKS = [
    Workload("classes", (4, 8, 3), "sgd", 16, 64, classes=True),
    Workload("numbers", (4, 8, 1), "adam", 16, 64),
]


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_parts_of_ones_own_train_as_the_built_in_ones(work: Workload) -> None:
    x, y = work.arrays()
    models = {
        "built in": make(work),
        "own": make(work, OwnStep, OwnDense, ["loss", "optimizer", "metric"]),
        "eager": make(work, run_eagerly=True),
    }
    looped, epoch = loop(work, x, y)
    epochs = [fit(model, work, x, y) for model in models.values()]
    agree({**models, "loop": looped}, work, [*epochs, epoch])


def test_a_train_step_of_ones_own_compiles_to_the_built_in_program() -> None:
    work = WORKS[0]
    x, y = work.arrays()
    programs = []
    for style in (keras.Sequential, OwnStep):
        model = make(work, style)
        fit(model, work, x, y)()
        (step,) = model._steps
        programs.append(step.program.describe())
        assert work_of_a_step(model, work) > 0
    assert programs[0] == programs[1]
