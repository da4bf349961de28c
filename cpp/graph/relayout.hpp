// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/tensor.hpp"

namespace pronghorn {

// Copies a tensor of the given shape from one layout to another, panels [begin, end) of the panel
// layout on either side (all of a row-major copy). Reads and writes real elements; padding lanes of
// whole panels may be overwritten with anything.
void relayout(DType dtype, const Shape& shape, const void* in, Layout from, void* out, Layout to,
              int64_t begin, int64_t end);
int64_t relayout_panels(const Shape& shape, Layout from, Layout to);

// Makes the 16 copies of a one-element tensor.
void splat(DType dtype, void* data);

}  // namespace pronghorn
