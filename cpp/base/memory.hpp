// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>

namespace pronghorn {

constexpr std::size_t kCacheLine = 64;

struct FreeAligned {
  void operator()(void* p) const;
};
using Buffer = std::unique_ptr<unsigned char, FreeAligned>;

// Zeroed, aligned to a cache line; blocks above 4 MB to 2 MB and on huge pages where the kernel
// gives them on request. Throws std::bad_alloc.
Buffer allocate(std::size_t bytes);

}  // namespace pronghorn
