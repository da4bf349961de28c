// SPDX-License-Identifier: Apache-2.0
// The user's own arrays: read where they lie, whatever their dtype and strides.
#pragma once
#include <cstddef>

#include "base/tensor.hpp"

namespace pronghorn {

enum class ArrayType {
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kFloat16,
  kFloat32,
  kFloat64
};

struct ArrayView {
  const char* data = nullptr;
  ArrayType type = ArrayType::kFloat32;
  Shape shape;                   // rows first
  std::vector<int64_t> strides;  // in bytes
};

// Gathers rows order[0..count) (null: first, first+1, ...) of an array into a program's input of
// `count` rows; panels [begin, end) of it where it lies in panels, all rows otherwise.
void gather_rows(const ArrayView& array, const uint32_t* order, int64_t first, int64_t count,
                 DType dtype, Layout layout, void* out, int64_t begin, int64_t end);
// How many pieces gather_rows may be split into.
int64_t gather_pieces(const Shape& shape, Layout layout);

}  // namespace pronghorn
