// SPDX-License-Identifier: Apache-2.0
// Small matrices of small integers, whose products float32 holds exactly, so that a program's
// result must equal the plain loop to the last bit.
#pragma once
#include "runtime/batch_loop.hpp"

namespace pronghorn {

struct Matrix {
  int64_t rows, columns;
  std::vector<float> values;

  Matrix(int64_t r, int64_t c, uint32_t seed) : rows(r), columns(c), values(r * c) {
    for (float& v : values) {
      seed = seed * 1664525u + 1013904223u;
      v = static_cast<float>(static_cast<int>(seed >> 28) - 8);
    }
  }
  Matrix(int64_t r, int64_t c) : rows(r), columns(c), values(r * c, 0.0f) {}
  float& at(int64_t i, int64_t j) { return values[i * columns + j]; }
  float at(int64_t i, int64_t j) const { return values[i * columns + j]; }

  ArrayView view() const {
    const int64_t size = sizeof(float);
    return {reinterpret_cast<const char*>(values.data()),
            ArrayType::kFloat32,
            {rows, columns},
            {columns * size, size}};
  }
  Sink sink() { return {reinterpret_cast<char*>(values.data()), ArrayType::kFloat32}; }
};

inline Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c(a.rows, b.columns);
  for (int64_t i = 0; i < a.rows; ++i) {
    for (int64_t k = 0; k < a.columns; ++k) {
      for (int64_t j = 0; j < b.columns; ++j) c.at(i, j) += a.at(i, k) * b.at(k, j);
    }
  }
  return c;
}

inline Matrix transposed(const Matrix& a) {
  Matrix t(a.columns, a.rows);
  for (int64_t i = 0; i < a.rows; ++i) {
    for (int64_t j = 0; j < a.columns; ++j) t.at(j, i) = a.at(i, j);
  }
  return t;
}

}  // namespace pronghorn
