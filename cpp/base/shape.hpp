// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace pronghorn {

using Shape = std::vector<int64_t>;  // -1: unknown until a batch size is given
constexpr int64_t kUnknown = -1;

std::string to_string(const Shape& shape);
bool is_concrete(const Shape& shape);
int64_t element_count(const Shape& shape);                    // of a concrete shape
Shape broadcast_shapes(const Shape& a, const Shape& b);       // NumPy's rule; throws Error
Shape row_major_strides(const Shape& shape);                  // in elements
Shape broadcast_strides(const Shape& from, const Shape& to);  // of `from` walked as `to`
int normalize_axis(int64_t axis, int rank);                   // -1 -> rank-1; throws Error

}  // namespace pronghorn
