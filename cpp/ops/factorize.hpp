// SPDX-License-Identifier: Apache-2.0
// Factorizations of one small matrix, in double precision: plain textbook algorithms (Golub and
// Van Loan, Matrix Computations, 4th edition). They are not hot, and an engine of a few megabytes
// should not carry LAPACK for them.
#pragma once
#include <cstdint>
#include <vector>

namespace pronghorn {

// Row-major.
struct Matrix {
  int64_t rows, columns;
  std::vector<double> values;

  Matrix(int64_t r, int64_t c) : rows(r), columns(c), values(r * c, 0.0) {}
  double& operator()(int64_t i, int64_t j) { return values[i * columns + j]; }
  double operator()(int64_t i, int64_t j) const { return values[i * columns + j]; }
};

// The lower L with a = L L^T, reading the lower triangle; false if `a` is not positive definite.
bool cholesky(Matrix& a);

// P a = L U with the largest pivots: L (its diagonal of ones is not stored) and U replace `a`;
// pivots[i] is the row exchanged with row i, and row i of P a is row order[i] of `a`.
void lu(Matrix& a, std::vector<int64_t>& pivots, std::vector<int64_t>& order);

// a = q r by Householder reflections, for rows >= columns: r replaces `a`, q is square.
void qr(Matrix& a, Matrix& q);

// a = v diag(w) v^T by Jacobi rotations, reading the lower triangle; w ascending.
void eigh(Matrix& a, std::vector<double>& w, Matrix& v);

// a = u diag(s) v^T by one-sided Jacobi rotations, for rows >= columns: u replaces `a`; s
// descending.
void svd(Matrix& a, std::vector<double>& s, Matrix& v);

}  // namespace pronghorn
