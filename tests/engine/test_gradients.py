# SPDX-License-Identifier: Apache-2.0
"""Every op's gradient against central differences in float64, found through the op table.

An op that the table says is differentiable and that has no case here fails the test, so that none
can be forgotten.
"""

from __future__ import annotations

import numpy as np
import pytest

from pronghorn import _core

RNG = np.random.default_rng(0)
POSITIVE = RNG.uniform(0.5, 2.0, (3, 4))
ANY = RNG.normal(size=(3, 4))
OTHER = RNG.normal(size=(3, 4)) + 0.1
ROW = RNG.normal(size=(4,))
COLUMN = RNG.normal(size=(3, 1))
TALL = RNG.normal(size=(19, 5))
INDICES = np.array([2, 0, 2], "int32")
MATRICES = RNG.normal(size=(2, 4, 4))
TALL_MATRICES = RNG.normal(size=(2, 5, 3))
COLUMNS = RNG.normal(size=(2, 4, 3))
# Of these the lower triangle is read, so that a step in one element of it keeps them symmetric.
SYMMETRIC = MATRICES + MATRICES.swapaxes(1, 2)
DEFINITE = MATRICES @ MATRICES.swapaxes(1, 2) + np.eye(4)
ZEROS = np.array([[1.5, 0.0, 2.0, 0.0], [0.0, 3.0, -0.5, 2.0], [1.0, 2.0, -3.0, 0.0]])

# op -> operands, attributes. Values keep away from kinks and ties.
CASES: dict[str, list[tuple[list[np.ndarray], dict]]] = {
    "add": [([ANY, OTHER], {}), ([ANY, ROW], {}), ([TALL, TALL[:, :1]], {})],
    "subtract": [([ANY, ROW], {}), ([ROW, ANY], {})],
    "multiply": [([ANY, OTHER], {}), ([ANY, COLUMN], {}), ([TALL, TALL[0]], {})],
    "divide": [([ANY, POSITIVE], {}), ([ANY, POSITIVE[0]], {})],
    "mod": [([ANY, POSITIVE * 1.7], {})],
    "power": [([POSITIVE, ANY], {})],
    "maximum": [([ANY, OTHER], {}), ([ANY, ROW], {})],
    "minimum": [([ANY, OTHER], {})],
    "select": [([(ANY > 0), OTHER, ROW], {})],
    "copy": [([ANY], {})],
    "negative": [([ANY], {})],
    "absolute": [([ANY], {})],
    "square": [([ANY], {})],
    "sqrt": [([POSITIVE], {})],
    "rsqrt": [([POSITIVE], {})],
    "reciprocal": [([POSITIVE], {})],
    "exp": [([ANY], {})],
    "expm1": [([ANY], {})],
    "log": [([POSITIVE], {})],
    "log1p": [([POSITIVE], {})],
    "sin": [([ANY], {})],
    "cos": [([ANY], {})],
    "tanh": [([ANY], {})],
    "sigmoid": [([ANY], {})],
    "softplus": [([ANY], {})],
    "erf": [([ANY], {})],
    "relu": [([ANY], {})],
    "relu_gradient": [([ANY, OTHER], {})],
    "tanh_gradient": [([ANY, OTHER], {})],
    "sigmoid_gradient": [([ANY, OTHER], {})],
    "broadcast_to": [([ROW], {"shape": [3, 4]}), ([COLUMN], {"shape": [2, 3, 4]})],
    "cast": [([ANY], {"dtype": "float64"})],
    "matmul": [([ANY, RNG.normal(size=(4, 2))], {}), ([TALL, RNG.normal(size=(5, 33))], {})],
    "batch_matmul": [([RNG.normal(size=(2, 3, 4)), RNG.normal(size=(1, 4, 2))], {})],
    "sum": [
        ([ANY], {"axes": [0]}),
        ([TALL], {"axes": [1]}),
        ([TALL], {}),
        ([ANY], {"axes": [-1], "keepdims": True}),
        ([RNG.normal(size=(2, 3, 4))], {"axes": [1]}),
    ],
    "max": [([ANY], {"axes": [0]}), ([TALL], {"axes": [1], "keepdims": True})],
    "min": [([ANY], {"axes": [1]}), ([TALL], {})],
    "prod": [
        ([ANY], {"axes": [0]}),
        ([np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])], {"axes": [1]}),
    ],
    "reshape": [([ANY], {"shape": [2, -1]}), ([TALL], {"shape": [19, 5, 1]})],
    "transpose": [([ANY], {}), ([TALL], {})],
    "permute": [([RNG.normal(size=(2, 3, 4))], {"axes": [2, 0, 1]})],
    "concatenate": [
        ([ANY, OTHER], {"axes": [1]}),
        ([TALL, TALL * 2, TALL[:, :1]], {"axes": [-1]}),
        ([ANY, OTHER], {"axes": [0]}),
    ],
    "slice": [([TALL], {"begin": [2, 4], "shape": [5, 2], "step": [3, -2]})],
    "slice_gradient": [([ANY], {"begin": [1, 0], "shape": [6, 5], "step": [2, 1]})],
    "take": [([ANY, INDICES], {"axes": [0]}), ([ANY, INDICES], {"axes": [1]})],
    "scatter_add": [([ANY, INDICES], {"shape": [5, 4], "axes": [0]})],
    "scatter_max": [([ANY, INDICES // 2], {"shape": [2, 4], "axes": [0]})],
    "scatter_min": [([ANY, INDICES // 2], {"shape": [2, 4], "axes": [0]})],
    "scatter_prod": [([x, INDICES], {"shape": [3, 4], "axes": [0]}) for x in (ANY, ZEROS)],
    "cumsum": [([ANY], {"axes": [1]}), ([RNG.normal(size=(2, 3, 4))], {"axes": [-2]})],
    "cumprod": [([ANY], {"axes": [0]}), ([ZEROS], {"axes": [1]}), ([ZEROS], {"axes": [0]})],
    "cholesky": [([DEFINITE], {})],
    "lu": [([MATRICES], {})],
    "qr": [([MATRICES], {})],
    "eigh": [([SYMMETRIC], {})],
    "svd": [([MATRICES], {}), ([TALL_MATRICES], {})],
    "solve_lower": [([DEFINITE, COLUMNS], {})],
    "solve_upper": [([DEFINITE, COLUMNS], {})],
    "softmax": [([ANY], {}), ([TALL], {})],
    "log_softmax": [([ANY], {}), ([TALL], {})],
    "softmax_cross_entropy": [([TALL, np.abs(TALL[:, ::-1])], {})],
    "sparse_softmax_cross_entropy": [([ANY, np.array([0.0, 3.0, 1.0])], {})],
}


def _loss(op: str, arrays: list[np.ndarray], attributes: dict, gradient: bool) -> list[np.ndarray]:
    """sum(weights * op(...)), or its gradients, by the engine in float64."""
    graph = _core.Graph()
    nodes = [graph.input(a.shape, a.dtype.name) for a in arrays]
    result = graph.add(op, nodes, attributes)
    shape = graph.shape(result)
    weights = np.random.default_rng(1).normal(size=shape)
    weighted = graph.add("multiply", [result, graph.constant(weights, "float64")], {})
    loss = graph.add("sum", [weighted], {})
    if not gradient:
        return _core.Program(graph, [loss]).run(arrays)
    found = graph.gradients(loss, nodes)
    kept = [g for g in found if g >= 0]
    values = iter(_core.Program(graph, kept).run(arrays))
    return [next(values) if g >= 0 else None for g in found]


def test_every_differentiable_op_has_a_case() -> None:
    differentiable = {name for name in _core.op_names() if _core.has_gradient(name)}
    assert differentiable == set(CASES)


@pytest.mark.parametrize(
    ("op", "case"), [(op, i) for op, cases in CASES.items() for i in range(len(cases))]
)
def test_gradient_equals_central_differences(op: str, case: int) -> None:
    arrays, attributes = CASES[op][case]
    analytic = _loss(op, arrays, attributes, gradient=True)
    step = 1e-6
    for number, array in enumerate(arrays):
        gradient = analytic[number]
        is_label = op == "sparse_softmax_cross_entropy" and number == 1
        if array.dtype != np.float64 or is_label:
            assert gradient is None
            continue
        expected = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            moved = [a.copy() for a in arrays]
            moved[number][index] += step
            above = _loss(op, moved, attributes, gradient=False)[0]
            moved[number][index] -= 2 * step
            below = _loss(op, moved, attributes, gradient=False)[0]
            expected[index] = (above - below) / (2 * step)
        # Central differences err by step^2 f'''/6 + eps |f| / step: 1e-8 for values of order one.
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7)
