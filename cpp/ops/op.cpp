// SPDX-License-Identifier: Apache-2.0
#include "ops/op.hpp"

#include <unordered_map>

#include "base/errors.hpp"

namespace pronghorn {
namespace {

using Table = std::unordered_map<std::string, Op>;

const Table& table() {
  static const Table ops = [] {
    Table t;
    for (auto family : {leaf_ops, elementwise_ops, matmul_ops, reduce_ops, shape_ops, indexing_ops,
                        softmax_ops, random_ops, sort_ops, scan_ops, bit_ops, linalg_ops}) {
      for (const Op& op : family()) t.emplace(op.name, op);
    }
    return t;
  }();
  return ops;
}

}  // namespace

Op row_major_op(const char* name, int arity, decltype(Op::infer) infer,
                decltype(Op::gradient) gradient, decltype(Op::evaluate) evaluate) {
  Op op{name, arity, OpKind::kRowMajor, infer, gradient};
  op.evaluate = evaluate;
  return op;
}

const Op& find_op(const std::string& name) {
  const auto found = table().find(name);
  if (found == table().end()) throw Error("there is no op named " + name);
  return found->second;
}

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const auto& entry : table()) names.push_back(entry.first);
  return names;
}

std::vector<Op> leaf_ops() {
  const auto keep = [](const Builder&, Node& node) {
    node.shape = node.attributes.shape;
    node.dtype = node.attributes.dtype;
  };
  return {
      {"input", 0, OpKind::kLeaf, keep},
      {"variable", 0, OpKind::kLeaf, keep},
      {"constant", 0, OpKind::kLeaf, keep},
  };
}

}  // namespace pronghorn
