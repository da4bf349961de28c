// SPDX-License-Identifier: Apache-2.0
// How a tensor lies in memory inside a program. A panel is 16 lanes wide on every instruction set
// (one cache line of float32), so that bits and layouts do not depend on the machine.
//
//   kRowMajor     as NumPy, C order
//   kRowPanels    a matrix R x C as [R/16][C][16]: lanes run over rows (a batch of activations).
//                 Of higher rank: R is the first dimension, C the product of the others.
//   kColumnPanels [C/16][R][16]: lanes run over columns (weights). C is the last dimension.
//
// The transpose of a matrix in row panels is the same bytes read as column panels. Storage is
// rounded up to whole panels; what lies in the padding is never read as a value. A tensor of one
// element is stored 16 times over, so that it can be an operand of any vector operation.
#pragma once
#include "base/dtype.hpp"
#include "base/shape.hpp"

namespace pronghorn {

constexpr int64_t kPanel = 16;
constexpr int64_t round_up_panel(int64_t n) { return (n + kPanel - 1) / kPanel * kPanel; }

enum class Layout { kRowMajor, kRowPanels, kColumnPanels };

// The matrix that a layout sees in a shape.
struct MatrixView {
  int64_t rows, columns;
};
inline MatrixView matrix_view(const Shape& shape, Layout layout) {
  const int64_t count = element_count(shape);
  if (shape.empty()) return {1, 1};
  if (layout == Layout::kColumnPanels)
    return {shape.back() ? count / shape.back() : 0, shape.back()};
  return {shape.front(), shape.front() ? count / shape.front() : 0};
}

// Elements of storage, padding included.
inline int64_t storage_count(const Shape& shape, Layout layout) {
  const MatrixView m = matrix_view(shape, layout);
  if (layout == Layout::kRowPanels) return round_up_panel(m.rows) * m.columns;
  if (layout == Layout::kColumnPanels) return round_up_panel(m.columns) * m.rows;
  return round_up_panel(element_count(shape));
}

}  // namespace pronghorn
