# SPDX-License-Identifier: Apache-2.0
"""PyTorch: the usual loop, eager or with the loss compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


class Torch:
    compiled = False

    def __init__(self, work: Any, x: np.ndarray, y: np.ndarray, weights: list[np.ndarray]) -> None:
        activation = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[work.activation]
        layers: list[torch.nn.Module] = []
        for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
            linear = torch.nn.Linear(*kernel.shape)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(kernel.T.copy()))
                linear.bias.copy_(torch.from_numpy(bias))
            layers += [linear, activation()]
        network = torch.nn.Sequential(*layers[:-1])
        criterion = torch.nn.CrossEntropyLoss() if work.classes else torch.nn.MSELoss()
        optimizer = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[work.optimizer]
        self.work, self.x, self.y = work, torch.from_numpy(x), torch.from_numpy(y)
        self.optimizer = optimizer(network.parameters(), lr=work.learning_rate)

        def loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return criterion(network(x), y)

        def outputs(x: torch.Tensor) -> torch.Tensor:
            z = network(x)
            return torch.softmax(z, -1) if work.classes else z

        self.outputs = torch.compile(outputs) if self.compiled else outputs
        self.criterion = torch.compile(loss) if self.compiled else loss

    def epoch(self) -> None:
        order = torch.randperm(len(self.x))
        for rows in order.split(self.work.batch):
            self.optimizer.zero_grad()
            self.criterion(self.x[rows], self.y[rows]).backward()
            self.optimizer.step()

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        with torch.no_grad():
            return float(self.criterion(torch.from_numpy(x), torch.from_numpy(y)))

    def predict(self, x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return self.outputs(torch.from_numpy(x)).numpy()


class Compiled(Torch):
    compiled = True


def rival(variant: str) -> type[Torch]:
    return Compiled if variant == "compile" else Torch
