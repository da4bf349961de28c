// SPDX-License-Identifier: Apache-2.0
// One row per elementwise kernel: result type and gradient.
#include <cmath>

#include "base/errors.hpp"
#include "ops/build.hpp"

namespace pronghorn {

NodeId build::unbroadcast(Builder& g, NodeId dy, const Shape& shape) {
  const Shape& from = g.shape(dy);
  if (from == shape) return dy;
  std::vector<int64_t> axes;
  const std::size_t extra = from.size() - shape.size();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (i < extra || (shape[i - extra] == 1 && from[i] != 1)) axes.push_back(i);
  }
  const NodeId sum = axes.empty() ? dy : reduce(g, "sum", dy, axes, true);
  return reshape(g, sum, shape);
}

namespace {

using namespace build;  // NOLINT: this file is made of these words

enum class Result { kSame, kBool };

void require_same_dtype(const Builder& g, const Node& node, std::size_t first) {
  for (std::size_t i = first + 1; i < node.inputs.size(); ++i) {
    const DType a = g.node(node.inputs[first]).dtype, b = g.node(node.inputs[i]).dtype;
    if (a != b) {
      throw Error(std::string(node.op->name) + ": operands must have one dtype. Received: " +
                  dtype_name(a) + " and " + dtype_name(b));
    }
  }
}

void infer_shape(const Builder& g, Node& node) {
  node.shape = g.shape(node.inputs[0]);
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    try {
      node.shape = broadcast_shapes(node.shape, g.shape(node.inputs[i]));
    } catch (const Error& e) {
      throw Error(std::string(node.op->name) + ": " + e.what());
    }
  }
}
void infer_same(const Builder& g, Node& node) {
  infer_shape(g, node);
  require_same_dtype(g, node, 0);
  node.dtype = g.node(node.inputs[0]).dtype;
}
void infer_bool(const Builder& g, Node& node) {
  infer_same(g, node);
  node.dtype = DType::kBool;
}
void infer_float(const Builder& g, Node& node) {
  infer_same(g, node);
  if (!is_float(node.dtype)) {
    throw Error(std::string(node.op->name) +
                ": operands must be floating point. Received: " + dtype_name(node.dtype));
  }
}
void infer_bool_of_float(const Builder& g, Node& node) {
  infer_float(g, node);
  node.dtype = DType::kBool;
}
void infer_logical(const Builder& g, Node& node) {
  infer_same(g, node);
  if (node.dtype != DType::kBool) {
    throw Error(std::string(node.op->name) +
                ": operands must be bool. Received: " + dtype_name(node.dtype));
  }
}
void infer_select(const Builder& g, Node& node) {
  infer_shape(g, node);
  require_same_dtype(g, node, 1);
  if (g.node(node.inputs[0]).dtype != DType::kBool) throw Error("where: condition must be bool");
  node.dtype = g.node(node.inputs[1]).dtype;
}

// Gradients. x, y, z are the operands, r the result.
#define PRONGHORN_OPERANDS                                               \
  [[maybe_unused]] const NodeId x = g.node(self).inputs[0];              \
  [[maybe_unused]] const NodeId y =                                      \
      g.node(self).inputs.size() > 1 ? g.node(self).inputs[1] : kNoNode; \
  [[maybe_unused]] const NodeId r = self;
#define PRONGHORN_UNARY_GRADIENT(name, dx)                                            \
  std::vector<NodeId> name##_d([[maybe_unused]] Builder& g, NodeId self, NodeId dy) { \
    PRONGHORN_OPERANDS return {dx};                                                   \
  }
#define PRONGHORN_BINARY_GRADIENT(name, dx, dz)                        \
  std::vector<NodeId> name##_d(Builder& g, NodeId self, NodeId dy) {   \
    PRONGHORN_OPERANDS                                                 \
    const Shape x_shape = g.shape(x), y_shape = g.shape(y);            \
    return {unbroadcast(g, dx, x_shape), unbroadcast(g, dz, y_shape)}; \
  }

PRONGHORN_BINARY_GRADIENT(add, dy, dy)
PRONGHORN_BINARY_GRADIENT(subtract, dy, negative(g, dy))
PRONGHORN_BINARY_GRADIENT(multiply, multiply(g, dy, y), multiply(g, dy, x))
PRONGHORN_BINARY_GRADIENT(divide, divide(g, dy, y), negative(g, divide(g, multiply(g, dy, r), y)))
PRONGHORN_BINARY_GRADIENT(mod, dy, negative(g, multiply(g, dy, g.add("floor_divide", {x, y}))))

// d/dx x^y = y x^(y-1); d/dy x^y = x^y log x, taken as 0 where x = 0.
std::vector<NodeId> power_d(Builder& g, NodeId self, NodeId dy) {
  PRONGHORN_OPERANDS
  const Shape x_shape = g.shape(x), y_shape = g.shape(y);
  const NodeId one = number(g, 1, x), zero = number(g, 0, x);
  const NodeId dx = multiply(g, multiply(g, dy, y), g.add("power", {x, subtract(g, y, one)}));
  const NodeId is_zero = g.add("equal", {x, zero});
  const NodeId log_x = g.add("log", {select(g, is_zero, one, x)});
  return {unbroadcast(g, dx, x_shape),
          unbroadcast(g, multiply(g, multiply(g, dy, r), log_x), y_shape)};
}

// At a tie each operand gets half, so that the two agree with central differences.
std::vector<NodeId> extremum_d(Builder& g, NodeId self, NodeId dy) {
  PRONGHORN_OPERANDS
  const Shape x_shape = g.shape(x), y_shape = g.shape(y);
  const NodeId half = number(g, 0.5, x), zero = number(g, 0, x), one = number(g, 1, x);
  const NodeId tie = g.add("equal", {x, y});
  const NodeId share = select(g, tie, half, select(g, g.add("equal", {x, r}), one, zero));
  return {unbroadcast(g, multiply(g, dy, share), x_shape),
          unbroadcast(g, multiply(g, dy, subtract(g, one, share)), y_shape)};
}

std::vector<NodeId> select_d(Builder& g, NodeId self, NodeId dy) {
  const std::vector<NodeId> in = g.node(self).inputs;
  const NodeId zero = number(g, 0, dy);
  const Shape a = g.shape(in[1]), b = g.shape(in[2]);
  return {kNoNode, unbroadcast(g, select(g, in[0], dy, zero), a),
          unbroadcast(g, select(g, in[0], zero, dy), b)};
}

PRONGHORN_UNARY_GRADIENT(copy, dy)
PRONGHORN_UNARY_GRADIENT(negative, negative(g, dy))
PRONGHORN_UNARY_GRADIENT(absolute, multiply(g, dy, g.add("sign", {x})))
PRONGHORN_UNARY_GRADIENT(square, multiply(g, dy, multiply(g, number(g, 2, x), x)))
PRONGHORN_UNARY_GRADIENT(sqrt, divide(g, multiply(g, dy, number(g, 0.5, x)), r))
PRONGHORN_UNARY_GRADIENT(rsqrt, multiply(g, multiply(g, dy, number(g, -0.5, x)), divide(g, r, x)))
PRONGHORN_UNARY_GRADIENT(reciprocal, negative(g, multiply(g, dy, g.add("square", {r}))))
PRONGHORN_UNARY_GRADIENT(exp, multiply(g, dy, r))
PRONGHORN_UNARY_GRADIENT(expm1, multiply(g, dy, add(g, r, number(g, 1, x))))
PRONGHORN_UNARY_GRADIENT(log, divide(g, dy, x))
PRONGHORN_UNARY_GRADIENT(log1p, divide(g, dy, add(g, x, number(g, 1, x))))
PRONGHORN_UNARY_GRADIENT(sin, multiply(g, dy, g.add("cos", {x})))
PRONGHORN_UNARY_GRADIENT(cos, negative(g, multiply(g, dy, g.add("sin", {x}))))
PRONGHORN_UNARY_GRADIENT(tanh, g.add("tanh_gradient", {dy, r}))
PRONGHORN_UNARY_GRADIENT(sigmoid, g.add("sigmoid_gradient", {dy, r}))
PRONGHORN_UNARY_GRADIENT(softplus, multiply(g, dy, g.add("sigmoid", {x})))
PRONGHORN_UNARY_GRADIENT(relu, g.add("relu_gradient", {dy, r}))
// d erf(x)/dx = 2/sqrt(pi) exp(-x^2)
PRONGHORN_UNARY_GRADIENT(erf, multiply(g, dy,
                                       multiply(g, number(g, 2 / std::sqrt(std::acos(-1.0)), x),
                                                g.add("exp", {negative(g, g.add("square", {x}))}))))
// The gradient ops are linear in dy; with respect to y only second derivatives need them.
PRONGHORN_BINARY_GRADIENT(relu_gradient, g.add("relu_gradient", {dy, y}),
                          broadcast_to(g, number(g, 0, dy), g.shape(self)))
PRONGHORN_BINARY_GRADIENT(tanh_gradient, g.add("tanh_gradient", {dy, y}),
                          multiply(g, dy, multiply(g, number(g, -2, x), multiply(g, x, y))))
PRONGHORN_BINARY_GRADIENT(
    sigmoid_gradient, g.add("sigmoid_gradient", {dy, y}),
    multiply(g, dy, multiply(g, x, subtract(g, number(g, 1, x), multiply(g, number(g, 2, x), y)))))

void infer_broadcast(const Builder& g, Node& node) {
  const Node& x = g.node(node.inputs[0]);
  node.shape = node.attributes.shape;
  node.dtype = x.dtype;
  if (broadcast_shapes(x.shape, node.shape) != node.shape) {
    throw Error("broadcast_to: a tensor of shape " + to_string(x.shape) +
                " cannot be broadcast to " + to_string(node.shape));
  }
}
std::vector<NodeId> broadcast_d(Builder& g, NodeId self, NodeId dy) {
  const Shape shape = g.shape(g.node(self).inputs[0]);
  return {unbroadcast(g, dy, shape)};
}

void infer_cast(const Builder& g, Node& node) {
  node.shape = g.shape(node.inputs[0]);
  node.dtype = node.attributes.dtype;
}
std::vector<NodeId> cast_d(Builder& g, NodeId self, NodeId dy) {
  const DType from = g.node(g.node(self).inputs[0]).dtype;
  return {is_float(from) ? cast(g, dy, from) : kNoNode};
}

void infer_stop_gradient(const Builder& g, Node& node) {
  node.shape = g.shape(node.inputs[0]);
  node.dtype = g.node(node.inputs[0]).dtype;
}

}  // namespace

std::vector<Op> elementwise_ops() {
  const auto row = [](Elementwise which, const char* name, int arity, auto infer, auto gradient) {
    return Op{name, arity, OpKind::kElementwise, infer, gradient, which};
  };
#define ROW(name, arity, infer, gradient) row(Elementwise::k_##name, #name, arity, infer, gradient)
  return {
      ROW(add, 2, infer_same, add_d),
      ROW(subtract, 2, infer_same, subtract_d),
      ROW(multiply, 2, infer_same, multiply_d),
      ROW(divide, 2, infer_float, divide_d),
      ROW(floor_divide, 2, infer_same, nullptr),
      ROW(mod, 2, infer_same, mod_d),
      ROW(power, 2, infer_float, power_d),
      ROW(maximum, 2, infer_same, extremum_d),
      ROW(minimum, 2, infer_same, extremum_d),
      ROW(equal, 2, infer_bool, nullptr),
      ROW(not_equal, 2, infer_bool, nullptr),
      ROW(less, 2, infer_bool, nullptr),
      ROW(less_equal, 2, infer_bool, nullptr),
      ROW(logical_and, 2, infer_logical, nullptr),
      ROW(logical_or, 2, infer_logical, nullptr),
      ROW(logical_not, 1, infer_logical, nullptr),
      ROW(select, 3, infer_select, select_d),
      ROW(fma, 3, infer_float, nullptr),
      ROW(fnma, 3, infer_float, nullptr),
      ROW(copy, 1, infer_same, copy_d),
      ROW(negative, 1, infer_same, negative_d),
      ROW(absolute, 1, infer_same, absolute_d),
      ROW(sign, 1, infer_same, nullptr),
      ROW(square, 1, infer_same, square_d),
      ROW(sqrt, 1, infer_float, sqrt_d),
      ROW(rsqrt, 1, infer_float, rsqrt_d),
      ROW(reciprocal, 1, infer_float, reciprocal_d),
      ROW(exp, 1, infer_float, exp_d),
      ROW(expm1, 1, infer_float, expm1_d),
      ROW(log, 1, infer_float, log_d),
      ROW(log1p, 1, infer_float, log1p_d),
      ROW(sin, 1, infer_float, sin_d),
      ROW(cos, 1, infer_float, cos_d),
      ROW(tanh, 1, infer_float, tanh_d),
      ROW(sigmoid, 1, infer_float, sigmoid_d),
      ROW(softplus, 1, infer_float, softplus_d),
      ROW(erf, 1, infer_float, erf_d),
      ROW(floor, 1, infer_float, nullptr),
      ROW(ceil, 1, infer_float, nullptr),
      ROW(round, 1, infer_float, nullptr),
      ROW(isnan, 1, infer_bool_of_float, nullptr),
      ROW(isfinite, 1, infer_bool_of_float, nullptr),
      ROW(relu, 1, infer_same, relu_d),
      ROW(relu_gradient, 2, infer_float, relu_gradient_d),
      ROW(tanh_gradient, 2, infer_float, tanh_gradient_d),
      ROW(sigmoid_gradient, 2, infer_float, sigmoid_gradient_d),
      {"broadcast_to", 1, OpKind::kElementwise, infer_broadcast, broadcast_d, Elementwise::k_copy},
      {"stop_gradient", 1, OpKind::kElementwise, infer_stop_gradient, nullptr, Elementwise::k_copy},
      {"cast", 1, OpKind::kCast, infer_cast, cast_d},
  };
#undef ROW
}

}  // namespace pronghorn
