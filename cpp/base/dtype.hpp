// SPDX-License-Identifier: Apache-2.0
// Element types. uint8 and bool exist at the borders only: inside a program a bool is a float32
// that holds 0 or 1, and uint8 an int32 (see graph/legalize.cpp).
#pragma once
#include <cstddef>
#include <string>

namespace pronghorn {

enum class DType { kBool, kUInt8, kInt32, kInt64, kFloat32, kFloat64 };

const char* dtype_name(DType dtype);
DType dtype_from_name(const std::string& name);
std::size_t dtype_size(DType dtype);

inline bool is_float(DType dtype) { return dtype == DType::kFloat32 || dtype == DType::kFloat64; }

}  // namespace pronghorn
