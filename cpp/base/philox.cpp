// SPDX-License-Identifier: Apache-2.0
#include "base/philox.hpp"

#include <utility>

namespace pronghorn {

void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t x[4] = {counter[0], counter[1], counter[2], counter[3]};
  uint32_t key0 = key[0], key1 = key[1];
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53u} * x[0], b = uint64_t{0xCD9E8D57u} * x[2];
    const uint32_t next[4] = {
        static_cast<uint32_t>(b >> 32) ^ x[1] ^ key0, static_cast<uint32_t>(b),
        static_cast<uint32_t>(a >> 32) ^ x[3] ^ key1, static_cast<uint32_t>(a)};
    for (int i = 0; i < 4; ++i) x[i] = next[i];
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  for (int i = 0; i < 4; ++i) out[i] = x[i];
}

namespace {

class Words {
 public:
  Words(uint64_t seed, uint64_t counter)
      : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
        counter_{0, 0, static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32)} {}

  uint32_t next() {
    if (used_ == 4) {
      philox(counter_, key_, block_);
      if (++counter_[0] == 0) ++counter_[1];
      used_ = 0;
    }
    return block_[used_++];
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
  uint32_t key_[2], counter_[4], block_[4];
  int used_ = 4;
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
