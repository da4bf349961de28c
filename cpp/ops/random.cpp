// SPDX-License-Identifier: Apache-2.0
// uniform: numbers in [0, 1) of a shape, element i a function of (seed, counter, i) alone. The
// operand is an int64 vector (seed, counter).
#include "base/errors.hpp"
#include "ops/op.hpp"

namespace pronghorn {

std::vector<Op> random_ops() {
  const auto infer = [](const Builder& g, Node& node) {
    const Node& state = g.node(node.inputs[0]);
    if (state.dtype != DType::kInt64 || state.shape != Shape{2}) {
      throw Error("uniform: the state must be an int64 tensor of shape (2,). Received: " +
                  to_string(state.shape) + " " + dtype_name(state.dtype));
    }
    if (!is_float(node.attributes.dtype)) throw Error("uniform: dtype must be floating point");
    node.shape = node.attributes.shape;
    node.dtype = node.attributes.dtype;
  };
  return {{"uniform", 1, OpKind::kUniform, infer}};
}

}  // namespace pronghorn
