// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>
#include <limits>

#include "base/errors.hpp"
#include "check.hpp"
#include "graph/relayout.hpp"
#include "machine.hpp"

namespace pronghorn {
namespace {

struct Size {
  int64_t m, k, n;
};
// Around the sizes of panels, register tiles and depth blocks.
const Size kSizes[] = {{1, 1, 1},   {1, 7, 5},     {2, 16, 33},   {7, 3, 1},
                       {8, 5, 16},  {15, 17, 14},  {16, 16, 16},  {17, 31, 15},
                       {32, 57, 3}, {33, 300, 30}, {48, 513, 29}, {64, 1, 64}};

Matrix run_one(const Graph& graph, NodeId output, const std::vector<Matrix>& inputs) {
  const Shape& shape = graph.shape(output);
  Matrix result(shape[0], shape[1]);
  std::fill(result.values.begin(), result.values.end(), std::nanf(""));
  std::vector<ArrayView> views;
  for (const Matrix& m : inputs) views.push_back(m.view());
  run_program(Program(graph, {output}), views, {result.sink()});
  return result;
}

TEST(matmul_equals_the_plain_loop) {
  for (const Size& s : kSizes) {
    const Matrix a(s.m, s.k, 1), b(s.k, s.n, 2);
    Graph g;
    const NodeId x = g.input({s.m, s.k}, DType::kFloat32), y = g.input({s.k, s.n}, DType::kFloat32);
    CHECK(run_one(g, g.add("matmul", {x, y}), {a, b}).values == product(a, b).values);
  }
}

TEST(gradients_of_matmul_equal_the_plain_loops) {
  for (const Size& s : kSizes) {
    const Matrix a(s.m, s.k, 3), b(s.k, s.n, 4), dy(s.m, s.n, 5);
    Graph g;
    const NodeId x = g.input({s.m, s.k}, DType::kFloat32), y = g.input({s.k, s.n}, DType::kFloat32);
    const NodeId d = g.input({s.m, s.n}, DType::kFloat32);
    const NodeId loss = g.add("sum", {g.add("multiply", {g.add("matmul", {x, y}), d})});
    const std::vector<NodeId> gradients = g.gradients(loss, {x, y});
    CHECK(run_one(g, gradients[0], {a, b, dy}).values == product(dy, transposed(b)).values);
    CHECK(run_one(g, gradients[1], {a, b, dy}).values == product(transposed(a), dy).values);
  }
}

// One SGD step of a dense layer: the update is fused behind the weight gradient, and the bits must
// be those of the update computed by itself from a stored gradient.
TEST(fused_update_equals_stored_gradient) {
  for (const Size& s : kSizes) {
    const Matrix a(s.m, s.k, 6), w(s.k, s.n, 7), dy(s.m, s.n, 8);
    const auto step = [&](bool store) {
      auto variable = std::make_shared<Variable>(Shape{s.k, s.n}, DType::kFloat32);
      Tensor& t = variable->tensor;
      if (t.layout == Layout::kRowMajor) {
        std::memcpy(t.data<float>(), w.values.data(), w.values.size() * sizeof(float));
        if (w.values.size() == 1) splat(t.dtype, t.buffer.get());
      } else {
        relayout(t.dtype, t.shape, w.values.data(), Layout::kRowMajor, t.buffer.get(), t.layout, 0,
                 relayout_panels(t.shape, Layout::kRowMajor, t.layout));
      }
      Graph g;
      const NodeId x = g.input({s.m, s.k}, DType::kFloat32),
                   d = g.input({s.m, s.n}, DType::kFloat32);
      const NodeId v = g.read(variable);
      const NodeId dw = g.add("matmul", {g.add("transpose", {x}), d});
      const NodeId rate = g.constant(0.1, DType::kFloat32);
      const NodeId next = g.add("subtract", {v, g.add("multiply", {rate, dw})});
      g.assign(variable, next);
      Matrix gradient(s.k, s.n), result(s.k, s.n);
      const std::vector<NodeId> outputs =
          store ? std::vector<NodeId>{dw, next} : std::vector<NodeId>{next};
      const std::vector<Sink> sinks = store ? std::vector<Sink>{gradient.sink(), result.sink()}
                                            : std::vector<Sink>{result.sink()};
      run_program(Program(g, outputs), {a.view(), dy.view()}, sinks);
      return result.values;
    };
    CHECK(step(false) == step(true));
  }
}

TEST(a_row_alone_has_the_bits_it_has_in_a_batch) {
  const int64_t k = 37, n = 21;
  Matrix a(64, k, 9), w(k, n, 10), b(1, n, 11);
  for (float& v : a.values) v *= 0.37f;
  const auto forward = [&](int64_t rows, int64_t first) {
    Graph g;
    const NodeId x = g.input({rows, k}, DType::kFloat32), y = g.input({k, n}, DType::kFloat32);
    const NodeId bias = g.input({n}, DType::kFloat32);
    const NodeId z = g.add("tanh", {g.add("add", {g.add("matmul", {x, y}), bias})});
    Matrix part(rows, k), out(rows, n);
    std::memcpy(part.values.data(), &a.at(first, 0), rows * k * sizeof(float));
    ArrayView vector = b.view();
    vector.shape = {n};
    vector.strides = {sizeof(float)};
    run_program(Program(g, {z}), {part.view(), w.view(), vector}, {out.sink()});
    return out;
  };
  Matrix all = forward(64, 0);
  for (int64_t rows : {1, 3, 8, 16}) {
    const Matrix some = forward(rows, 5);
    CHECK(std::memcmp(some.values.data(), &all.at(5, 0), rows * n * sizeof(float)) == 0);
  }
}

TEST(variables_can_be_swapped) {
  auto a = std::make_shared<Variable>(Shape{3}, DType::kFloat32);
  auto b = std::make_shared<Variable>(Shape{3}, DType::kFloat32);
  for (int i = 0; i < 3; ++i) {
    a->tensor.data<float>()[i] = static_cast<float>(i);
    b->tensor.data<float>()[i] = static_cast<float>(10 + i);
  }
  Graph g;
  const NodeId old_a = g.read(a), old_b = g.read(b);
  g.assign(a, old_b);
  g.assign(b, old_a);
  run_program(Program(g, {}), {}, {});
  for (int i = 0; i < 3; ++i) {
    CHECK(a->tensor.data<float>()[i] == static_cast<float>(10 + i));
    CHECK(b->tensor.data<float>()[i] == static_cast<float>(i));
  }
}

TEST(reductions_skip_the_padding) {
  for (int64_t rows : {1, 5, 16, 19, 40}) {
    for (int64_t columns : {1, 3, 16, 21}) {
      const Matrix a(rows, columns, 12);
      Graph g;
      const NodeId x = g.input({rows, columns}, DType::kFloat32);
      Attributes over_rows, over_columns;
      over_rows.axes = {0};
      over_columns.axes = {1};
      over_rows.keepdims = over_columns.keepdims = true;
      const NodeId ids[] = {g.add("sum", {x}, over_rows), g.add("sum", {x}, over_columns)};
      Matrix down(1, columns), across(rows, 1);
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          down.at(0, j) += a.at(i, j);
          across.at(i, 0) += a.at(i, j);
        }
      }
      CHECK(run_one(g, ids[0], {a}).values == down.values);
      CHECK(run_one(g, ids[1], {a}).values == across.values);
    }
  }
}

TEST(bad_programs_are_errors) {
  const auto fails = [](auto f) {
    try {
      f();
    } catch (const Error&) {
      return true;
    }
    return false;
  };
  Graph g;
  const NodeId x = g.input({2, 3}, DType::kFloat32), y = g.input({4, 5}, DType::kFloat32);
  CHECK(fails([&] { g.add("matmul", {x, y}); }));
  CHECK(fails([&] { g.add("add", {x, y}); }));
  CHECK(fails([&] { g.add("no such op", {x}); }));
  CHECK(fails([&] { g.add("add", {x}); }));
  Attributes a;
  a.axes = {2};
  CHECK(fails([&] { g.add("sum", {x}, a); }));
}

}  // namespace
}  // namespace pronghorn
