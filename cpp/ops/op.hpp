// SPDX-License-Identifier: Apache-2.0
// The op table. An op is defined once: its name, the rule for shape and dtype, how it is evaluated,
// and its gradient in terms of other ops.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/tensor.hpp"
#include "kernels/kernels.hpp"

namespace pronghorn {

using NodeId = int32_t;
constexpr NodeId kNoNode = -1;

struct Op;
struct Variable;

// What an op needs to know besides its operands; each op uses the few fields it documents.
struct Attributes {
  Shape shape;                 // target shape (reshape, broadcast_to, uniform, input)
  std::vector<int64_t> axes;   // axes of a reduction, permutation, axis of concatenate/take
  std::vector<int64_t> begin;  // slice
  std::vector<int64_t> step;   // slice
  bool keepdims = false;
  DType dtype = DType::kFloat32;  // cast, input
  int64_t index = 0;              // number of an input
};

struct Node {
  const Op* op = nullptr;
  std::vector<NodeId> inputs;
  Attributes attributes;
  Shape shape;
  DType dtype = DType::kFloat32;
  std::shared_ptr<Variable> variable;        // of a `variable` leaf
  std::shared_ptr<const Tensor> constant;    // of a `constant` leaf, row-major
  std::shared_ptr<const std::string> scope;  // what it was recorded for, to name it to people
  bool is_gradient = false;                  // recorded by `Graph::gradients`
};

// What gradients and expansions are written against.
struct Builder {
  virtual ~Builder() = default;
  virtual const Node& node(NodeId id) const = 0;
  virtual NodeId add(const char* op, std::vector<NodeId> inputs, Attributes attributes = {}) = 0;
  virtual NodeId constant(double value, DType dtype) = 0;

  const Shape& shape(NodeId id) const { return node(id).shape; }
};

// Operands and result of an op that works on row-major data.
struct Evaluation {
  const Node* node;
  std::vector<const Node*> operands;
  std::vector<const void*> inputs;
  void* output;
};

enum class OpKind {
  kLeaf,         // input, variable, constant
  kElementwise,  // one of the elementwise kernels, with broadcasting
  kCast,
  kReshape,    // the same row-major bytes under another shape
  kTranspose,  // of a matrix; a relabelling of panels
  kMatmul,     // of matrices
  kReduce,
  kArgmax,   // over the last axis of a matrix
  kRowwise,  // softmax family: a matrix, over its last axis
  kConcatenate,
  kUniform,
  kRowMajor,  // anything else: has `evaluate`
};

enum class Rowwise { kSoftmax, kLogSoftmax, kSoftmaxCrossEntropy, kSparseSoftmaxCrossEntropy };

struct Op {
  const char* name;
  int arity;  // -1: any number
  OpKind kind;
  // Sets node.shape and node.dtype, or throws Error.
  void (*infer)(const Builder& graph, Node& node);
  // Gradients of the inputs given that of the output; kNoNode where there is none.
  std::vector<NodeId> (*gradient)(Builder& graph, NodeId self, NodeId dy) = nullptr;
  Elementwise elementwise = Elementwise::kCount;
  Reduction reduction = Reduction::kCount;
  void (*evaluate)(const Evaluation& e) = nullptr;
  // A composite: builds itself out of other ops when it is added.
  NodeId (*expand)(Builder& graph, const std::vector<NodeId>& inputs,
                   const Attributes& attributes) = nullptr;
  Rowwise rowwise = Rowwise::kSoftmax;
};

// An op that works on row-major data by `evaluate` alone.
Op row_major_op(const char* name, int arity, decltype(Op::infer) infer,
                decltype(Op::gradient) gradient, decltype(Op::evaluate) evaluate);

const Op& find_op(const std::string& name);  // throws Error
std::vector<std::string> op_names();

// The families; each file of this folder defines one.
std::vector<Op> leaf_ops();
std::vector<Op> elementwise_ops();
std::vector<Op> matmul_ops();
std::vector<Op> reduce_ops();
std::vector<Op> shape_ops();
std::vector<Op> indexing_ops();
std::vector<Op> softmax_ops();
std::vector<Op> random_ops();
std::vector<Op> sort_ops();
std::vector<Op> scan_ops();
std::vector<Op> bit_ops();
std::vector<Op> linalg_ops();

}  // namespace pronghorn
