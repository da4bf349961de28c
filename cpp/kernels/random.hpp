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

// One block for each of the 16 counters (low, high) from `first` on: so many independent chains of
// multiplications hide each other's latency.
PRONGHORN_INLINE void philox16(PhiloxBlock (&x)[kVectors], uint64_t first, uint32_t key0,
                               uint32_t key1, const uint32_t counter[2]) {
  uint32_t low[16], high[16];
  for (int l = 0; l < 16; ++l) {
    low[l] = static_cast<uint32_t>(first + l);
    high[l] = static_cast<uint32_t>((first + l) >> 32);
  }
  for (int v = 0; v < kVectors; ++v) {
    x[v] = {{uload(low + v * Vec::lanes), uload(high + v * Vec::lanes), usplat(counter[0]),
             usplat(counter[1])}};
  }
  const UVec m0 = usplat(0xD2511F53u), m1 = usplat(0xCD9E8D57u);
  for (int round = 0; round < 10; ++round) {
    const UVec k0 = usplat(key0), k1 = usplat(key1);
    for (int v = 0; v < kVectors; ++v) {
      const UVec(&w)[4] = x[v].word;
      x[v] = {{mulhi(m1, w[2]) ^ w[1] ^ k0, mullo(m1, w[2]), mulhi(m0, w[0]) ^ w[3] ^ k1,
               mullo(m0, w[0])}};
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

void uniform(T* out, int64_t begin, int64_t end, const uint32_t key[2], const uint32_t counter[2]) {
  for (int64_t block = begin / 64; block * 64 < end; ++block) {
    PhiloxBlock bits[kVectors];
    philox16(bits, static_cast<uint64_t>(block) * 16, key[0], key[1], counter);
    const bool whole = block * 64 >= begin && block * 64 + 64 <= end;
    T numbers[64];
    T* to = whole ? out + (block * 64 - begin) : numbers;
    for (int w = 0; w < 4; ++w) {
      for (int v = 0; v < kVectors; ++v) {
        store(to + w * 16 + v * Vec::lanes, to_unit_float(bits[v].word[w]));
      }
    }
    if (whole) continue;
    const int64_t first = block * 64 < begin ? begin - block * 64 : 0;
    const int64_t last = block * 64 + 64 < end ? 64 : end - block * 64;
    for (int64_t i = first; i < last; ++i) out[block * 64 + i - begin] = numbers[i];
  }
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
