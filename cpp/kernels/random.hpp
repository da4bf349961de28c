// SPDX-License-Identifier: Apache-2.0
// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//
// Element e of a stream is word (e / 16) % 4 of the block with counter (e / 64) * 16 + e % 16: a
// vector of 16 counters then gives 64 consecutive elements, and any piece of a stream can be made
// by anyone.
#pragma once

namespace pronghorn::PRONGHORN_ISA {
namespace {

struct PhiloxBlock {
  UVec word[4];
};

PRONGHORN_INLINE PhiloxBlock philox(PhiloxBlock x, uint32_t key0, uint32_t key1) {
  const UVec m0 = usplat(0xD2511F53u), m1 = usplat(0xCD9E8D57u);
  for (int round = 0; round < 10; ++round) {
    const UVec high0 = mulhi(m0, x.word[0]), low0 = mullo(m0, x.word[0]);
    const UVec high1 = mulhi(m1, x.word[2]), low1 = mullo(m1, x.word[2]);
    x = {{high1 ^ x.word[1] ^ usplat(key0), low1, high0 ^ x.word[3] ^ usplat(key1), low0}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return x;
}

void uniform(T* out, int64_t begin, int64_t end, const uint32_t key[2], const uint32_t counter[2]) {
  for (int64_t block = begin / 64; block * 64 < end; ++block) {
    T numbers[64];
    for (int v = 0; v < kVectors; ++v) {
      uint32_t low[Vec::lanes], high[Vec::lanes];
      for (int l = 0; l < Vec::lanes; ++l) {
        const uint64_t c = static_cast<uint64_t>(block) * 16 + v * Vec::lanes + l;
        low[l] = static_cast<uint32_t>(c);
        high[l] = static_cast<uint32_t>(c >> 32);
      }
      const PhiloxBlock bits = philox(
          {{uload(low), uload(high), usplat(counter[0]), usplat(counter[1])}}, key[0], key[1]);
      for (int w = 0; w < 4; ++w) {
        store(numbers + w * 16 + v * Vec::lanes, to_unit_float(bits.word[w]));
      }
    }
    const int64_t first = block * 64 < begin ? begin - block * 64 : 0;
    const int64_t last = block * 64 + 64 < end ? 64 : end - block * 64;
    for (int64_t i = first; i < last; ++i) out[block * 64 + i - begin] = numbers[i];
  }
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
