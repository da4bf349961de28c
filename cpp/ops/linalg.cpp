// SPDX-License-Identifier: Apache-2.0
// Linear algebra on stacks of matrices (batch, rows, columns). A factorization with several parts
// returns them one behind the other in (batch, everything):
//   lu    L and U in one (n, n), pivots (n), order of the rows (n)
//   qr    Q (m, m), R (m, n); m >= n
//   eigh  eigenvalues (n), eigenvectors (n, n)
//   svd   U (m, n), singular values (n), V^T (n, n); m >= n
// cholesky and eigh read the lower triangle, solve_lower and solve_upper one triangle. Gradients:
// Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
// differentiation", 2008; of qr: Walter and Lehmann, "Algorithmic differentiation of linear
// algebra functions", 2010.
#include <algorithm>

#include "base/errors.hpp"
#include "ops/build.hpp"
#include "ops/factorize.hpp"

namespace pronghorn {
namespace {

using namespace build;  // NOLINT

// -- shapes -------------------------------------------------------------------------------------

const Shape& check_matrices(const Builder& g, const Node& node, bool square) {
  const Node& x = g.node(node.inputs[0]);
  const bool stack = x.shape.size() == 3 && is_float(x.dtype);
  if (!stack || (square && x.shape[1] != x.shape[2]) || x.shape[1] < x.shape[2]) {
    throw Error(
        std::string(node.op->name) + ": expected a stack of " + (square ? "square" : "tall") +
        " floating-point matrices. Received: " + to_string(x.shape) + " " + dtype_name(x.dtype));
  }
  return x.shape;
}
template <bool kSquare, int64_t (*kSize)(int64_t m, int64_t n)>
void infer_packed(const Builder& g, Node& node) {
  const Shape& s = check_matrices(g, node, kSquare);
  node.shape = {s[0], kSize(s[1], s[2])};
  node.dtype = g.node(node.inputs[0]).dtype;
}
int64_t lu_size(int64_t, int64_t n) { return n * n + 2 * n; }
int64_t qr_size(int64_t m, int64_t n) { return m * m + m * n; }
int64_t eigh_size(int64_t, int64_t n) { return n + n * n; }
int64_t svd_size(int64_t m, int64_t n) { return m * n + n + n * n; }

void infer_cholesky(const Builder& g, Node& node) {
  node.shape = check_matrices(g, node, true);
  node.dtype = g.node(node.inputs[0]).dtype;
}
void infer_solve(const Builder& g, Node& node) {
  const Shape& a = check_matrices(g, node, true);
  const Node& b = g.node(node.inputs[1]);
  const bool same_batch =
      b.shape.size() == 3 && (a[0] == b.shape[0] || a[0] == kUnknown || b.shape[0] == kUnknown);
  if (!same_batch || b.shape[1] != a[1] || b.dtype != g.node(node.inputs[0]).dtype) {
    throw Error(
        "solve: expected as many right-hand sides as matrices, of their rows and dtype. "
        "Received: shapes " +
        to_string(a) + " and " + to_string(b.shape));
  }
  node.shape = b.shape;
  node.dtype = b.dtype;
}

// -- evaluation ---------------------------------------------------------------------------------

// Calls f(matrix, output) for each matrix of the first operand, with the place of its result.
template <class F>
void for_each_matrix(const Evaluation& e, F f) {
  dispatch(e.node->dtype, [&](auto zero) {
    using T = decltype(zero);
    const Shape& s = e.operands[0]->shape;
    const int64_t size = s[1] * s[2];
    const int64_t result = s[0] ? element_count(e.node->shape) / s[0] : 0;
    for (int64_t b = 0; b < s[0]; ++b) {
      Matrix a(s[1], s[2]);
      std::copy_n(static_cast<const T*>(e.inputs[0]) + b * size, size, a.values.begin());
      f(a, static_cast<T*>(e.output) + b * result, b);
    }
  });
}
template <class T, class Values>
T* put(T* to, const Values& values) {
  return std::transform(values.begin(), values.end(), to,
                        [](auto value) { return static_cast<T>(value); });
}

void evaluate_cholesky(const Evaluation& e) {
  for_each_matrix(e, [](Matrix& a, auto* out, int64_t) {
    if (!cholesky(a)) throw Error("cholesky: the matrix is not positive definite");
    put(out, a.values);
  });
}
void evaluate_lu(const Evaluation& e) {
  for_each_matrix(e, [](Matrix& a, auto* out, int64_t) {
    std::vector<int64_t> pivots, order;
    lu(a, pivots, order);
    put(put(put(out, a.values), pivots), order);
  });
}
void evaluate_qr(const Evaluation& e) {
  for_each_matrix(e, [](Matrix& a, auto* out, int64_t) {
    Matrix q(0, 0);
    qr(a, q);
    put(put(out, q.values), a.values);
  });
}
void evaluate_eigh(const Evaluation& e) {
  for_each_matrix(e, [](Matrix& a, auto* out, int64_t) {
    std::vector<double> w;
    Matrix v(0, 0);
    eigh(a, w, v);
    put(put(out, w), v.values);
  });
}
void evaluate_svd(const Evaluation& e) {
  for_each_matrix(e, [](Matrix& a, auto* out, int64_t) {
    std::vector<double> s;
    Matrix v(0, 0);
    svd(a, s, v);
    out = put(put(out, a.values), s);
    for (int64_t j = 0; j < v.columns; ++j) {
      for (int64_t i = 0; i < v.rows; ++i) *out++ = v(i, j);
    }
  });
}
template <bool kLower>
void evaluate_solve(const Evaluation& e) {
  for_each_matrix(e, [&](Matrix& a, auto* out, int64_t batch) {
    const int64_t n = a.rows, columns = e.node->shape[2];
    const auto* b =
        static_cast<decltype(out)>(const_cast<void*>(e.inputs[1])) + batch * n * columns;
    for (int64_t j = 0; j < columns; ++j) {
      std::vector<double> x(n);
      for (int64_t step = 0; step < n; ++step) {
        const int64_t i = kLower ? step : n - 1 - step;
        double sum = b[i * columns + j];
        for (int64_t k = kLower ? 0 : i + 1; k < (kLower ? i : n); ++k) sum -= a(i, k) * x[k];
        x[i] = sum / a(i, i);
        out[i * columns + j] = x[i];
      }
    }
  });
}

// -- gradients ----------------------------------------------------------------------------------

NodeId times(Builder& g, NodeId a, NodeId b) { return g.add("batch_matmul", {a, b}); }
NodeId transposed(Builder& g, NodeId a) { return transpose(g, a, {0, 2, 1}); }
// a^-1 b for a triangular a; b a^-T.
NodeId solved(Builder& g, bool lower, NodeId a, NodeId b) {
  return g.add(lower ? "solve_lower" : "solve_upper", {a, b});
}
NodeId solved_right(Builder& g, bool lower, NodeId b, NodeId a) {
  return transposed(g, solved(g, lower, a, transposed(g, b)));
}

NodeId iota(Builder& g, int64_t n, DType dtype) {
  Attributes a;
  a.shape = {n};
  a.dtype = dtype;
  return g.add("iota", {}, a);
}
// 1 where compare(i, j), else 0, for the elements of an (n, n) matrix.
NodeId pattern(Builder& g, const char* compare, int64_t n, DType dtype) {
  const NodeId j = iota(g, n, dtype), i = reshape(g, j, {n, 1});
  return cast(g, g.add(compare, {i, j}), dtype);
}
NodeId where(Builder& g, const char* compare, NodeId x) {  // x there, else 0
  return multiply(g, x, pattern(g, compare, g.shape(x)[2], g.node(x).dtype));
}
NodeId below(Builder& g, NodeId x) { return transposed(g, where(g, "less", transposed(g, x))); }
NodeId diagonal(Builder& g, NodeId x) { return where(g, "equal", x); }
NodeId upper(Builder& g, NodeId x) { return where(g, "less_equal", x); }
NodeId lower(Builder& g, NodeId x) { return add(g, below(g, x), diagonal(g, x)); }
// The lower triangle with half of the diagonal.
NodeId half_lower(Builder& g, NodeId x) {
  return add(g, below(g, x), multiply(g, diagonal(g, x), number(g, 0.5, x)));
}
// What one triangle that stands for both receives.
NodeId of_lower(Builder& g, NodeId x) { return half_lower(g, add(g, x, transposed(g, x))); }

// The part of a packed result that begins at `begin`, as (batch, rows, columns).
NodeId part(Builder& g, NodeId packed, int64_t begin, int64_t rows, int64_t columns) {
  Attributes a;
  const int64_t batch = g.shape(packed)[0];
  a.begin = {0, begin};
  a.step = {1, 1};
  a.shape = {batch, rows * columns};
  return reshape(g, g.add("slice", {packed}, a), {batch, rows, columns});
}
NodeId first_columns(Builder& g, NodeId x, int64_t count) {
  Attributes a;
  a.shape = g.shape(x);
  a.shape[2] = count;
  a.begin = {0, 0, 0};
  a.step = {1, 1, 1};
  return g.add("slice", {x}, a);
}
// 1 / (x_j - x_i) for a row x (batch, 1, n); 0 where they are equal, and on the diagonal.
NodeId inverse_gaps(Builder& g, NodeId x) {
  const NodeId zero = number(g, 0, x), gaps = subtract(g, x, transposed(g, x));
  const NodeId none = g.add("equal", {gaps, zero});
  return select(g, none, zero, divide(g, number(g, 1, x), select(g, none, number(g, 1, x), gaps)));
}

std::vector<NodeId> cholesky_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId l_t = transposed(g, self);
  const NodeId inner = half_lower(g, times(g, l_t, dy));
  return {of_lower(g, solved_right(g, false, solved(g, false, l_t, inner), l_t))};
}

template <bool kLower>
std::vector<NodeId> solve_d(Builder& g, NodeId self, NodeId dy) {
  const NodeId a = g.node(self).inputs[0];
  const NodeId db = solved(g, !kLower, transposed(g, a), dy);
  const NodeId da = negative(g, times(g, db, transposed(g, self)));
  return {kLower ? lower(g, da) : upper(g, da), db};
}

std::vector<NodeId> lu_d(Builder& g, NodeId self, NodeId dy) {
  const int64_t n = g.shape(g.node(self).inputs[0])[2];
  const NodeId both = part(g, self, 0, n, n), d_both = part(g, dy, 0, n, n);
  const NodeId u = upper(g, both);
  const NodeId unit = pattern(g, "equal", n, g.node(self).dtype);
  const NodeId l_t = transposed(g, add(g, below(g, both), unit));
  const NodeId inner = add(g, below(g, times(g, l_t, below(g, d_both))),
                           upper(g, times(g, upper(g, d_both), transposed(g, u))));
  const NodeId permuted = solved_right(g, false, solved(g, false, l_t, inner), u);
  const NodeId order = part(g, self, n * n + n, n, 1);
  const NodeId hit = g.add("equal", {order, iota(g, n, g.node(self).dtype)});
  return {times(g, transposed(g, cast(g, hit, g.node(self).dtype)), permuted)};
}

std::vector<NodeId> qr_d(Builder& g, NodeId self, NodeId dy) {
  const Shape s = g.shape(g.node(self).inputs[0]);
  const int64_t m = s[1], n = s[2];
  // The columns of Q beyond n are any basis of what is left: nothing smooth depends on them.
  const NodeId q = first_columns(g, part(g, self, 0, m, m), n);
  const NodeId dq = first_columns(g, part(g, dy, 0, m, m), n);
  const NodeId r = part(g, self, m * m, n, n), dr = upper(g, part(g, dy, m * m, n, n));
  const NodeId skew = subtract(g, times(g, r, transposed(g, dr)), times(g, transposed(g, dq), q));
  const NodeId symmetric = add(g, lower(g, skew), transposed(g, below(g, skew)));
  return {solved_right(g, false, add(g, dq, times(g, q, symmetric)), r)};
}

std::vector<NodeId> eigh_d(Builder& g, NodeId self, NodeId dy) {
  const int64_t n = g.shape(g.node(self).inputs[0])[2];
  const NodeId w = part(g, self, 0, 1, n), v = part(g, self, n, n, n);
  const NodeId dw = part(g, dy, 0, 1, n), dv = part(g, dy, n, n, n);
  const NodeId turned = multiply(g, inverse_gaps(g, w), times(g, transposed(g, v), dv));
  const NodeId unit = pattern(g, "equal", n, g.node(self).dtype);
  const NodeId inner = add(g, multiply(g, dw, unit), turned);
  return {of_lower(g, times(g, v, times(g, inner, transposed(g, v))))};
}

std::vector<NodeId> svd_d(Builder& g, NodeId self, NodeId dy) {
  const Shape shape = g.shape(g.node(self).inputs[0]);
  const int64_t m = shape[1], n = shape[2];
  const NodeId u = part(g, self, 0, m, n), du = part(g, dy, 0, m, n);
  const NodeId s = part(g, self, m * n, 1, n), ds = part(g, dy, m * n, 1, n);
  const NodeId v = transposed(g, part(g, self, m * n + n, n, n));
  const NodeId dv = transposed(g, part(g, dy, m * n + n, n, n));
  const NodeId f = inverse_gaps(g, g.add("square", {s}));
  const auto turned = [&](NodeId x, NodeId dx) {
    const NodeId product = times(g, transposed(g, x), dx);
    return multiply(g, f, subtract(g, product, transposed(g, product)));
  };
  const NodeId unit = pattern(g, "equal", n, g.node(self).dtype);
  const NodeId inner =
      add(g, add(g, multiply(g, turned(u, du), s), multiply(g, transposed(g, s), turned(v, dv))),
          multiply(g, ds, unit));
  const NodeId zero = number(g, 0, s), one = number(g, 1, s);
  const NodeId none = g.add("equal", {s, zero});
  const NodeId inverse = select(g, none, zero, divide(g, one, select(g, none, one, s)));
  const NodeId outside = subtract(g, du, times(g, u, times(g, transposed(g, u), du)));
  return {times(g, add(g, times(g, u, inner), multiply(g, outside, inverse)), transposed(g, v))};
}

}  // namespace

std::vector<Op> linalg_ops() {
  return {
      row_major_op("cholesky", 1, infer_cholesky, cholesky_d, evaluate_cholesky),
      row_major_op("lu", 1, infer_packed<true, lu_size>, lu_d, evaluate_lu),
      row_major_op("qr", 1, infer_packed<false, qr_size>, qr_d, evaluate_qr),
      row_major_op("eigh", 1, infer_packed<true, eigh_size>, eigh_d, evaluate_eigh),
      row_major_op("svd", 1, infer_packed<false, svd_size>, svd_d, evaluate_svd),
      row_major_op("solve_lower", 2, infer_solve, solve_d<true>, evaluate_solve<true>),
      row_major_op("solve_upper", 2, infer_solve, solve_d<false>, evaluate_solve<false>),
  };
}

}  // namespace pronghorn
