// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/layout.hpp"
#include "base/memory.hpp"

namespace pronghorn {

// Owned storage of one shape, element type and layout.
struct Tensor {
  Shape shape;
  DType dtype = DType::kFloat32;
  Layout layout = Layout::kRowMajor;
  Buffer buffer;

  Tensor() = default;
  Tensor(Shape shape_, DType dtype_, Layout layout_)
      : shape(std::move(shape_)),
        dtype(dtype_),
        layout(layout_),
        buffer(allocate(storage_count(shape, layout) * dtype_size(dtype))) {}

  template <class T>
  T* data() const {
    return reinterpret_cast<T*>(buffer.get());
  }
};

// Calls f with a value of the C++ type of a storage dtype: dispatch(dtype, [&](auto zero) {...}).
template <class F>
void dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kFloat32:
      return f(float{});
    case DType::kFloat64:
      return f(double{});
    case DType::kInt64:
      return f(int64_t{});
    default:
      return f(int32_t{});
  }
}

}  // namespace pronghorn
