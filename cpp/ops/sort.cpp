// SPDX-License-Identifier: Apache-2.0
// argsort: the order of the elements along the last axis, ascending, equal ones in their order,
// NaN behind everything. lower_bound, upper_bound: how many elements of a sorted vector lie before
// each value, those equal to it left out or counted. All indices are int32.
#include <algorithm>
#include <numeric>

#include "base/errors.hpp"
#include "ops/build.hpp"

namespace pronghorn {
namespace {

template <class T>
bool before(T a, T b) {
  return a < b || (b != b && a == a);
}

void infer_argsort(const Builder& g, Node& node) {
  node.shape = g.shape(node.inputs[0]);
  if (node.shape.empty()) throw Error("argsort: expected an axis. Received: a single number");
  node.dtype = DType::kInt32;
}
void evaluate_argsort(const Evaluation& e) {
  dispatch(e.operands[0]->dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = static_cast<const T*>(e.inputs[0]);
    int32_t* out = static_cast<int32_t*>(e.output);
    const int64_t length = e.node->shape.back(), count = element_count(e.node->shape);
    for (int64_t row = 0; row < count; row += length) {
      std::iota(out + row, out + row + length, 0);
      std::stable_sort(out + row, out + row + length,
                       [=](int32_t i, int32_t j) { return before(x[row + i], x[row + j]); });
    }
  });
}

void infer_bound(const Builder& g, Node& node) {
  const Node &sorted = g.node(node.inputs[0]), &values = g.node(node.inputs[1]);
  if (sorted.shape.size() != 1 || sorted.dtype != values.dtype) {
    throw Error("searchsorted: expected a sorted vector and values of one dtype. Received: " +
                to_string(sorted.shape) + " " + dtype_name(sorted.dtype) + " and " +
                dtype_name(values.dtype));
  }
  node.shape = values.shape;
  node.dtype = DType::kInt32;
}
template <bool kCountsEqual>
void evaluate_bound(const Evaluation& e) {
  dispatch(e.operands[0]->dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* first = static_cast<const T*>(e.inputs[0]);
    const T* last = first + e.operands[0]->shape[0];
    const T* values = static_cast<const T*>(e.inputs[1]);
    int32_t* out = static_cast<int32_t*>(e.output);
    for (int64_t i = 0; i < element_count(e.node->shape); ++i) {
      const T* at = kCountsEqual ? std::upper_bound(first, last, values[i], before<T>)
                                 : std::lower_bound(first, last, values[i], before<T>);
      out[i] = static_cast<int32_t>(at - first);
    }
  });
}

}  // namespace

std::vector<Op> sort_ops() {
  return {
      row_major_op("argsort", 1, infer_argsort, nullptr, evaluate_argsort),
      row_major_op("lower_bound", 2, infer_bound, nullptr, evaluate_bound<false>),
      row_major_op("upper_bound", 2, infer_bound, nullptr, evaluate_bound<true>),
  };
}

}  // namespace pronghorn
