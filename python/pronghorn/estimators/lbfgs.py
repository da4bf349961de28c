# SPDX-License-Identifier: Apache-2.0
"""All rows at once, by SciPy's L-BFGS-B with this engine's gradients."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from pronghorn.backend import Trace


def minimize_loss(
    network: Any,
    x: np.ndarray,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
    *,
    max_iter: int,
    max_fun: int,
    tol: float,
) -> tuple[float, int]:
    """Change the weights of a network so that `compute_loss` of all rows is small.

    Args:
        network: a `_RegularizedNetwork` of dtype float64.
        x, y, sample_weight: all rows.
        max_iter, max_fun: most iterations and evaluations.
        tol: largest component of the gradient to stop at.

    Returns:
        The loss and the number of iterations.

    Warns:
        ConvergenceWarning: it has not converged.
    """
    arrays = [x, y] if sample_weight is None else [x, y, sample_weight]
    variables = network.trainable_variables
    with Trace() as trace:
        inputs = [trace.input(a.shape, str(a.dtype)) for a in arrays]
        loss = network.compute_loss(inputs[0], inputs[1], network(inputs[0]), *inputs[2:])
        gradients = [g for g in trace.gradients(loss, variables) if g is not None]
        program = trace.compile([loss, *gradients])
    sizes = np.cumsum([variable.numpy().size for variable in variables])[:-1]

    def assign(flat: np.ndarray) -> None:
        for variable, part in zip(variables, np.split(flat, sizes), strict=True):
            variable.assign(part.reshape(variable.shape))

    def loss_and_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        assign(flat)
        value, *parts = program.run(arrays)
        return float(value), np.concatenate([part.ravel() for part in parts])

    start = np.concatenate([variable.numpy().ravel() for variable in variables])
    options = {"maxfun": max_fun, "maxiter": max_iter, "gtol": tol}
    result = minimize(loss_and_gradient, start, method="L-BFGS-B", jac=True, options=options)
    assign(result.x)
    if not result.success:
        warnings.warn(
            f"lbfgs has not converged after {result.nit} iterations: {result.message}",
            ConvergenceWarning,
            stacklevel=2,
        )
    return float(result.fun), min(int(result.nit), max_iter)
