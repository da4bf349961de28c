// SPDX-License-Identifier: Apache-2.0
#include "base/shape.hpp"

#include <algorithm>

#include "base/errors.hpp"

namespace pronghorn {

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i) text += ", ";
    text += shape[i] == kUnknown ? "None" : std::to_string(shape[i]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

bool is_concrete(const Shape& shape) {
  return std::find(shape.begin(), shape.end(), kUnknown) == shape.end();
}

int64_t element_count(const Shape& shape) {
  int64_t count = 1;
  for (int64_t dim : shape) count *= dim;
  return count;
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  Shape out(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    const int64_t x = i + a.size() >= rank ? a[i + a.size() - rank] : 1;
    const int64_t y = i + b.size() >= rank ? b[i + b.size() - rank] : 1;
    if (x == y || y == 1) {
      out[i] = x;
    } else if (x == 1 || x == kUnknown) {
      out[i] = y;
    } else if (y == kUnknown) {
      out[i] = x;
    } else {
      throw Error("shapes cannot be broadcast together: " + to_string(a) + " and " + to_string(b));
    }
  }
  return out;
}

Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (int i = static_cast<int>(shape.size()) - 2; i >= 0; --i) {
    strides[i] = strides[i + 1] * shape[i + 1];
  }
  return strides;
}

Shape broadcast_strides(const Shape& from, const Shape& to) {
  const Shape strides = row_major_strides(from);
  const std::size_t missing = to.size() - from.size();
  Shape repeated(to.size(), 0);
  for (std::size_t i = missing; i < to.size(); ++i) {
    if (from[i - missing] != 1) repeated[i] = strides[i - missing];
  }
  return repeated;
}

int normalize_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    throw Error("axis " + std::to_string(axis) + " is out of range for a tensor of rank " +
                std::to_string(rank));
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

}  // namespace pronghorn
