// SPDX-License-Identifier: Apache-2.0
#include "runtime/permutation.hpp"

#include <utility>

#include "kernels/kernels.hpp"

namespace pronghorn {
namespace {

// The words of Philox's blocks, one block after the other.
class Words {
 public:
  Words(uint64_t seed, uint64_t counter)
      : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
        counter_{static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32)} {}

  uint32_t next() {
    const int64_t at = used_++ % kWords;
    if (at == 0) {
      kernels_.random_words(words_, block_, kBlocks, key_, counter_);
      block_ += kBlocks;
    }
    return words_[at / 64 * 64 + at % 4 * 16 + at / 4 % 16];  // see kernels/random.hpp
  }

  // Uniform in [0, bound) without bias (Lemire, "Fast random integer generation in an interval",
  // 2019).
  uint32_t below(uint32_t bound) {
    uint64_t product = uint64_t{next()} * bound;
    if (static_cast<uint32_t>(product) < bound) {
      const uint32_t threshold = -bound % bound;
      while (static_cast<uint32_t>(product) < threshold) product = uint64_t{next()} * bound;
    }
    return static_cast<uint32_t>(product >> 32);
  }

 private:
  static constexpr int64_t kBlocks = 64, kWords = 4 * kBlocks;

  const KernelTable<float>& kernels_ = kernel_table<float>();
  const uint32_t key_[2], counter_[2];
  uint32_t words_[kWords];
  uint64_t block_ = 0;
  uint64_t used_ = 0;
};

}  // namespace

void permutation(uint32_t* out, int64_t count, uint64_t seed, uint64_t counter) {
  Words words(seed, counter);
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<uint32_t>(i);
  for (int64_t i = count - 1; i > 0; --i) {  // Fisher and Yates
    std::swap(out[i], out[words.below(static_cast<uint32_t>(i + 1))]);
  }
}

}  // namespace pronghorn
