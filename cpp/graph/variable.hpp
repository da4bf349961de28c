// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/state_lock.hpp"
#include "base/tensor.hpp"

namespace pronghorn {

// State that outlives programs: weights, slots, metric totals, seeds. Matrices of floating-point
// numbers are kept in column panels, where every program wants them; the rest is row-major, also a
// single column, which would fill one lane of 16.
struct Variable {
  Tensor tensor;
  std::shared_ptr<StateGroup> group = std::make_shared<StateGroup>();

  Variable(Shape shape, DType dtype);
};

// The layout in which a program keeps a value of this shape when `layout` is asked for: where a
// panel layout is the same bytes as row-major it is called row-major.
Layout canonical_layout(const Shape& shape, Layout layout);
Layout variable_layout(const Shape& shape, DType dtype);

// bool is stored as float32, uint8 as int32.
DType storage_dtype(DType dtype);

}  // namespace pronghorn
