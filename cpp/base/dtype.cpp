// SPDX-License-Identifier: Apache-2.0
#include "base/dtype.hpp"

#include <iterator>

#include "base/errors.hpp"

namespace pronghorn {
namespace {
struct Row {
  const char* name;
  std::size_t size;
};
constexpr Row kRows[] = {{"bool", 1},  {"uint8", 1},   {"int32", 4},
                         {"int64", 8}, {"float32", 4}, {"float64", 8}};
}  // namespace

const char* dtype_name(DType dtype) { return kRows[static_cast<int>(dtype)].name; }
std::size_t dtype_size(DType dtype) { return kRows[static_cast<int>(dtype)].size; }

DType dtype_from_name(const std::string& name) {
  for (int i = 0; i < static_cast<int>(std::size(kRows)); ++i) {
    if (name == kRows[i].name) return static_cast<DType>(i);
  }
  throw Error("dtype must be one of bool, uint8, int32, int64, float32, float64. Received: " +
              name);
}

}  // namespace pronghorn
