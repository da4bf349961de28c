// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdexcept>

namespace pronghorn {

// The caller's mistake; becomes Python's ValueError.
struct Error : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

}  // namespace pronghorn
