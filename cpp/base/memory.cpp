// SPDX-License-Identifier: Apache-2.0
#include "base/memory.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace pronghorn {
namespace {
constexpr std::size_t kHugePage = std::size_t{1} << 21;
constexpr std::size_t kHugePageThreshold = std::size_t{1} << 22;
}  // namespace

// What calloc gave lies before the block.
void FreeAligned::operator()(void* p) const { std::free(static_cast<void**>(p)[-1]); }

Buffer allocate(std::size_t bytes) {
  if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
  const std::size_t alignment = bytes >= kHugePageThreshold ? kHugePage : kCacheLine;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  // Large blocks are then zero without being touched, so that the threads that use them share the
  // work of the page faults.
  void* all = std::calloc(1, sizeof(void*) + alignment + std::max(rounded, alignment));
  if (!all) throw std::bad_alloc();
  const auto after = reinterpret_cast<std::uintptr_t>(all) + sizeof(void*);
  void* p = reinterpret_cast<void*>((after + alignment - 1) / alignment * alignment);
  static_cast<void**>(p)[-1] = all;
#if defined(__linux__)
  if (alignment == kHugePage) madvise(p, rounded, MADV_HUGEPAGE);
#endif
  return Buffer(static_cast<unsigned char*>(p));
}

}  // namespace pronghorn
