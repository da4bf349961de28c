// SPDX-License-Identifier: Apache-2.0
#include "base/memory.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace pronghorn {
namespace {
constexpr std::size_t kHugePage = std::size_t{1} << 21;
constexpr std::size_t kHugePageThreshold = std::size_t{1} << 22;
}  // namespace

void FreeAligned::operator()(void* p) const { std::free(p); }

Buffer allocate(std::size_t bytes) {
  const std::size_t alignment = bytes >= kHugePageThreshold ? kHugePage : kCacheLine;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* p = nullptr;
  if (posix_memalign(&p, alignment, rounded ? rounded : alignment) != 0) throw std::bad_alloc();
#if defined(__linux__)
  if (alignment == kHugePage) madvise(p, rounded, MADV_HUGEPAGE);
#endif
  std::memset(p, 0, rounded);
  return Buffer(static_cast<unsigned char*>(p));
}

}  // namespace pronghorn
