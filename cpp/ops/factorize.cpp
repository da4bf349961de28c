// SPDX-License-Identifier: Apache-2.0
#include "ops/factorize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace pronghorn {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// Jacobi's methods converge quadratically; a handful of sweeps is usual.
constexpr int kMaxSweeps = 60;

Matrix identity(int64_t n) {
  Matrix m(n, n);
  for (int64_t i = 0; i < n; ++i) m(i, i) = 1;
  return m;
}

// (x, y) -> (c x - s y, s x + c y)
void rotate(double& x, double& y, double c, double s) {
  const double a = x;
  x = c * a - s * y;
  y = s * a + c * y;
}

// The tangent of the smaller of the two angles with cot(2 angle) = tau.
double jacobi_tangent(double tau) {
  return std::copysign(1.0, tau) / (std::abs(tau) + std::sqrt(1 + tau * tau));
}

double dot(const Matrix& m, int64_t p, int64_t q) {
  double sum = 0;
  for (int64_t i = 0; i < m.rows; ++i) sum += m(i, p) * m(i, q);
  return sum;
}

// The order that sorts x, NaN last.
std::vector<int64_t> ascending(const std::vector<double>& x) {
  std::vector<int64_t> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
    return x[i] < x[j] || (std::isnan(x[j]) && !std::isnan(x[i]));
  });
  return order;
}

// The columns of m in another order.
void reorder(Matrix& m, const std::vector<int64_t>& order) {
  const Matrix before = m;
  for (int64_t i = 0; i < m.rows; ++i) {
    for (int64_t j = 0; j < m.columns; ++j) m(i, j) = before(i, order[j]);
  }
}

// Makes column j a unit vector orthogonal to the columns before it: what is left of that axis which
// they span least, by Gram and Schmidt, twice for the sake of rounding.
void complete_column(Matrix& u, int64_t j) {
  int64_t axis = 0;
  double least = 2;
  for (int64_t i = 0; i < u.rows; ++i) {
    double spanned = 0;
    for (int64_t k = 0; k < j; ++k) spanned += u(i, k) * u(i, k);
    if (spanned < least) {
      least = spanned;
      axis = i;
    }
  }
  for (int64_t i = 0; i < u.rows; ++i) u(i, j) = i == axis;
  for (int pass = 0; pass < 2; ++pass) {
    for (int64_t k = 0; k < j; ++k) {
      const double share = dot(u, k, j);
      for (int64_t i = 0; i < u.rows; ++i) u(i, j) -= share * u(i, k);
    }
    const double length = std::sqrt(dot(u, j, j));
    for (int64_t i = 0; i < u.rows; ++i) u(i, j) /= length;
  }
}

}  // namespace

bool cholesky(Matrix& a) {
  const int64_t n = a.rows;
  for (int64_t j = 0; j < n; ++j) {
    double d = a(j, j);
    for (int64_t k = 0; k < j; ++k) d -= a(j, k) * a(j, k);
    if (!(d > 0)) return false;
    a(j, j) = std::sqrt(d);
    for (int64_t i = j + 1; i < n; ++i) {
      double x = a(i, j);
      for (int64_t k = 0; k < j; ++k) x -= a(i, k) * a(j, k);
      a(i, j) = x / a(j, j);
      a(j, i) = 0;
    }
  }
  return true;
}

void lu(Matrix& a, std::vector<int64_t>& pivots, std::vector<int64_t>& order) {
  const int64_t n = a.rows;
  pivots.resize(n);
  order.resize(n);
  std::iota(order.begin(), order.end(), 0);
  for (int64_t k = 0; k < n; ++k) {
    int64_t p = k;
    for (int64_t i = k + 1; i < n; ++i) {
      if (std::abs(a(i, k)) > std::abs(a(p, k))) p = i;
    }
    pivots[k] = p;
    if (p != k) {
      std::swap(order[k], order[p]);
      for (int64_t j = 0; j < n; ++j) std::swap(a(k, j), a(p, j));
    }
    if (a(k, k) == 0) continue;  // a singular matrix has a factorization too
    for (int64_t i = k + 1; i < n; ++i) {
      a(i, k) /= a(k, k);
      for (int64_t j = k + 1; j < n; ++j) a(i, j) -= a(i, k) * a(k, j);
    }
  }
}

void qr(Matrix& a, Matrix& q) {
  const int64_t m = a.rows, n = a.columns;
  Matrix v(m, n);  // the reflections I - tau v v^T, with the signs that LAPACK has
  std::vector<double> tau(n, 0.0);
  const auto reflect = [&](Matrix& x, int64_t k, int64_t from) {
    for (int64_t j = from; j < x.columns; ++j) {
      double share = 0;
      for (int64_t i = k; i < m; ++i) share += v(i, k) * x(i, j);
      for (int64_t i = k; i < m; ++i) x(i, j) -= tau[k] * share * v(i, k);
    }
  };
  for (int64_t k = 0; k < n; ++k) {
    double below = 0;
    for (int64_t i = k + 1; i < m; ++i) below += a(i, k) * a(i, k);
    if (below == 0) continue;
    const double alpha = a(k, k), beta = -std::copysign(std::sqrt(alpha * alpha + below), alpha);
    tau[k] = (beta - alpha) / beta;
    v(k, k) = 1;
    for (int64_t i = k + 1; i < m; ++i) v(i, k) = a(i, k) / (alpha - beta);
    reflect(a, k, k);
    for (int64_t i = k + 1; i < m; ++i) a(i, k) = 0;
  }
  q = identity(m);
  for (int64_t k = n - 1; k >= 0; --k) reflect(q, k, k);
}

void eigh(Matrix& a, std::vector<double>& w, Matrix& v) {
  const int64_t n = a.rows;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = i + 1; j < n; ++j) a(i, j) = a(j, i);
  }
  v = identity(n);
  for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < n; ++p) {
      for (int64_t q = p + 1; q < n; ++q) {
        // Stops where adding the element to either eigenvalue would change nothing.
        if (std::abs(a(p, q)) <= kEpsilon * std::min(std::abs(a(p, p)), std::abs(a(q, q))) ||
            std::abs(a(p, q)) < std::numeric_limits<double>::min()) {
          continue;
        }
        rotated = true;
        const double t = jacobi_tangent((a(q, q) - a(p, p)) / (2 * a(p, q)));
        const double c = 1 / std::sqrt(1 + t * t), s = t * c;
        for (int64_t i = 0; i < n; ++i) rotate(a(i, p), a(i, q), c, s);
        for (int64_t i = 0; i < n; ++i) rotate(a(p, i), a(q, i), c, s);
        for (int64_t i = 0; i < n; ++i) rotate(v(i, p), v(i, q), c, s);
        a(p, q) = a(q, p) = 0;
      }
    }
    if (!rotated) break;
  }
  std::vector<double> unordered(n);
  for (int64_t i = 0; i < n; ++i) unordered[i] = a(i, i);
  const std::vector<int64_t> order = ascending(unordered);
  w.resize(n);
  for (int64_t i = 0; i < n; ++i) w[i] = unordered[order[i]];
  reorder(v, order);
}

void svd(Matrix& a, std::vector<double>& s, Matrix& v) {
  const int64_t m = a.rows, n = a.columns;
  v = identity(n);
  for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < n; ++p) {
      for (int64_t q = p + 1; q < n; ++q) {
        const double pp = dot(a, p, p), qq = dot(a, q, q), pq = dot(a, p, q);
        if (std::abs(pq) <= kEpsilon * std::sqrt(pp * qq)) continue;
        rotated = true;
        const double t = jacobi_tangent((qq - pp) / (2 * pq));
        const double c = 1 / std::sqrt(1 + t * t), sine = t * c;
        for (int64_t i = 0; i < m; ++i) rotate(a(i, p), a(i, q), c, sine);
        for (int64_t i = 0; i < n; ++i) rotate(v(i, p), v(i, q), c, sine);
      }
    }
    if (!rotated) break;
  }
  std::vector<double> negative(n);
  for (int64_t j = 0; j < n; ++j) negative[j] = -std::sqrt(dot(a, j, j));
  const std::vector<int64_t> order = ascending(negative);
  reorder(a, order);
  reorder(v, order);
  s.resize(n);
  for (int64_t j = 0; j < n; ++j) {
    s[j] = -negative[order[j]];
    if (s[j] <= kEpsilon * static_cast<double>(m) * s[0]) {  // its direction is rounding error
      complete_column(a, j);
    } else {
      for (int64_t i = 0; i < m; ++i) a(i, j) /= s[j];
    }
  }
}

}  // namespace pronghorn
