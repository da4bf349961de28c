# SPDX-License-Identifier: Apache-2.0
"""JAX by hand: a jitted step called from Python, or a whole epoch as one jitted scan."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


class Jax:
    def __init__(self, work: Any, x: np.ndarray, y: np.ndarray, weights: list[np.ndarray]) -> None:
        self.work, self.x, self.y = work, jnp.asarray(x), jnp.asarray(y)
        params = [jnp.asarray(weight) for weight in weights]
        means, squares = ([jnp.zeros_like(weight) for weight in params] for _ in range(2))
        self.state = (params, means, squares, jnp.zeros((), jnp.int32))
        self.rng = np.random.default_rng(0)
        self.jitted_step = jax.jit(
            lambda state, x, y, rows: self.step(state, x[rows], y[rows]), donate_argnums=0
        )
        self.jitted_loss = jax.jit(self.mean_loss)
        self.jitted_outputs = jax.jit(self.outputs)

    def logits(self, params: Any, x: Any) -> Any:
        activation = {"relu": jax.nn.relu, "tanh": jnp.tanh}[self.work.activation]
        for kernel, bias in zip(params[:-2:2], params[1:-2:2], strict=True):
            x = activation(x @ kernel + bias)
        return x @ params[-2] + params[-1]

    def outputs(self, params: Any, x: Any) -> Any:
        z = self.logits(params, x)
        return jax.nn.softmax(z) if self.work.classes else z

    def mean_loss(self, params: Any, x: Any, y: Any) -> Any:
        z = self.logits(params, x)
        if not self.work.classes:
            return jnp.mean((z - y) ** 2)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], 1))

    def step(self, state: Any, x: Any, y: Any) -> Any:
        params, means, squares, t = state
        gradients = jax.grad(self.mean_loss)(params, x, y)
        rate = self.work.learning_rate
        if self.work.optimizer == "sgd":
            params = [p - rate * g for p, g in zip(params, gradients, strict=True)]
            return params, means, squares, t + 1
        means = [0.9 * m + 0.1 * g for m, g in zip(means, gradients, strict=True)]
        squares = [0.999 * s + 0.001 * g * g for s, g in zip(squares, gradients, strict=True)]
        rate *= jnp.sqrt(1 - 0.999 ** (t + 1)) / (1 - 0.9 ** (t + 1))
        params = [
            p - rate * m / (jnp.sqrt(s) + 1e-7)
            for p, m, s in zip(params, means, squares, strict=True)
        ]
        return params, means, squares, t + 1

    def epoch(self) -> None:
        order = self.rng.permutation(len(self.x))
        for start in range(0, len(order), self.work.batch):
            rows = order[start : start + self.work.batch]
            self.state = self.jitted_step(self.state, self.x, self.y, rows)
        jax.block_until_ready(self.state)

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        return float(self.jitted_loss(self.state[0], x, y))

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.jitted_outputs(self.state[0], x))


class Scan(Jax):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)

        def run(state: Any, x: Any, y: Any, order: Any) -> Any:
            def one(state: Any, rows: Any) -> Any:
                return self.step(state, x[rows], y[rows]), None

            return jax.lax.scan(one, state, order)[0]

        self.jitted_epoch = jax.jit(run, donate_argnums=0)

    def epoch(self) -> None:
        order = self.rng.permutation(len(self.x))
        whole = len(order) // self.work.batch * self.work.batch
        batches = order[:whole].reshape(-1, self.work.batch)
        self.state = self.jitted_epoch(self.state, self.x, self.y, batches)
        if whole < len(order):
            rest = order[whole:]
            self.state = self.jitted_step(self.state, self.x, self.y, rest)
        jax.block_until_ready(self.state)


def rival(variant: str) -> type[Jax]:
    return Scan if variant == "scan" else Jax
