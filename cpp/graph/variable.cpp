// SPDX-License-Identifier: Apache-2.0
#include "graph/variable.hpp"

namespace pronghorn {

Layout canonical_layout(const Shape& shape, Layout layout) {
  if (layout == Layout::kRowMajor || shape.size() < 2) return Layout::kRowMajor;
  const MatrixView m = matrix_view(shape, layout);
  if (m.rows * m.columns == 1) return Layout::kRowMajor;
  if (layout == Layout::kRowPanels && m.columns == 1) return Layout::kRowMajor;
  if (layout == Layout::kColumnPanels && m.rows == 1) return Layout::kRowMajor;
  return layout;
}

Layout variable_layout(const Shape& shape, DType dtype) {
  if (shape.size() != 2 || shape[1] == 1 || !is_float(dtype)) return Layout::kRowMajor;
  return canonical_layout(shape, Layout::kColumnPanels);
}

DType storage_dtype(DType dtype) {
  if (dtype == DType::kBool) return DType::kFloat32;
  if (dtype == DType::kUInt8) return DType::kInt32;
  return dtype;
}

Variable::Variable(Shape shape, DType dtype)
    : tensor(shape, storage_dtype(dtype), variable_layout(shape, dtype)) {}

}  // namespace pronghorn
