# SPDX-License-Identifier: Apache-2.0
"""onnxruntime: prediction only."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


class Onnx:
    def __init__(self, work: Any, x: np.ndarray, y: np.ndarray, weights: list[np.ndarray]) -> None:
        nodes, value = [], "x"
        layers = len(weights) // 2
        for layer in range(layers):
            last = layer == layers - 1
            nodes.append(helper.make_node("Gemm", [value, f"w{layer}", f"b{layer}"], [f"z{layer}"]))
            value = f"z{layer}"
            if not last or work.classes:
                op = "Softmax" if last else work.activation.replace("relu", "Relu").title()
                nodes.append(helper.make_node(op, [value], [f"a{layer}"]))
                value = f"a{layer}"
        graph = helper.make_graph(
            nodes,
            "mlp",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", work.sizes[0]])],
            [helper.make_tensor_value_info(value, TensorProto.FLOAT, ["n", work.sizes[-1]])],
            [
                numpy_helper.from_array(weight, f"{'wb'[i % 2]}{i // 2}")
                for i, weight in enumerate(weights)
            ],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", 0))
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.session.run(None, {"x": x})[0]


def rival(variant: str) -> type[Onnx]:
    return Onnx
