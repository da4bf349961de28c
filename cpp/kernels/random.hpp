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

// Independent chains of multiplications that hide each other's latency: of so many vectors. (Zen 5,
// dropout of 256 x 128: 26 us with one of AVX-512, 13 with four; with two of AVX2 31, with
// four 23.)
constexpr int kChains = kVectors < 4 ? 4 : kVectors;

// One block for each of the counters (low, high) from `first` on, 16 for every kVectors vectors.
template <int kCount>
PRONGHORN_INLINE void philox(PhiloxBlock (&x)[kCount], uint64_t first, uint32_t key0, uint32_t key1,
                             const uint32_t counter[2]) {
  constexpr int kCounters = kCount * Vec::lanes;
  uint32_t low[kCounters], high[kCounters];
  for (int l = 0; l < kCounters; ++l) {
    low[l] = static_cast<uint32_t>(first + l);
    high[l] = static_cast<uint32_t>((first + l) >> 32);
  }
  for (int v = 0; v < kCount; ++v) {
    x[v] = {{uload(low + v * Vec::lanes), uload(high + v * Vec::lanes), usplat(counter[0]),
             usplat(counter[1])}};
  }
  const UVec m0 = usplat(0xD2511F53u), m1 = usplat(0xCD9E8D57u);
  for (int round = 0; round < 10; ++round) {
    const UVec k0 = usplat(key0), k1 = usplat(key1);
    for (int v = 0; v < kCount; ++v) {
      const UVec(&w)[4] = x[v].word;
      x[v] = {{mulhi(m1, w[2]) ^ w[1] ^ k0, mullo(m1, w[2]), mulhi(m0, w[0]) ^ w[3] ^ k1,
               mullo(m0, w[0])}};
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

// Blocks from `first` on, 16 for every kVectors vectors: each vector of words to its place in the
// stream.
template <int kCount, class Put>
PRONGHORN_INLINE void make_blocks(uint64_t first, const uint32_t key[2], const uint32_t counter[2],
                                  const Put& put) {
  PhiloxBlock bits[kCount];
  philox(bits, first, key[0], key[1], counter);
  for (int v = 0; v < kCount; ++v) {
    const int place = v / kVectors * 64 + v % kVectors * Vec::lanes;
    for (int w = 0; w < 4; ++w) put(place + w * 16, bits[v].word[w]);
  }
}

void random_words(uint32_t* out, uint64_t first, int64_t blocks, const uint32_t key[2],
                  const uint32_t counter[2]) {
  constexpr int64_t kAtOnce = kChains * Vec::lanes;
  for (int64_t block = 0; block < blocks; block += kAtOnce, out += 4 * kAtOnce) {
    make_blocks<kChains>(first + block, key, counter,
                         [out](int place, UVec word) { ustore(out + place, word); });
  }
}

// Elements from that of `block` * 64 on, 64 for every kVectors vectors.
template <int kCount>
PRONGHORN_INLINE void uniform_blocks(T* out, int64_t block, const uint32_t key[2],
                                     const uint32_t counter[2]) {
  make_blocks<kCount>(static_cast<uint64_t>(block) * 16, key, counter,
                      [out](int place, UVec word) { store(out + place, to_unit_float(word)); });
}

void uniform(T* out, int64_t begin, int64_t end, const uint32_t key[2], const uint32_t counter[2]) {
  constexpr int64_t kAtOnce = kChains / kVectors;  // blocks of 64 elements
  for (int64_t block = begin / 64; block * 64 < end;) {
    const int64_t first = block * 64;
    if (first >= begin && first + kAtOnce * 64 <= end) {
      uniform_blocks<kChains>(out + (first - begin), block, key, counter);
      block += kAtOnce;
    } else if (first >= begin && first + 64 <= end) {
      uniform_blocks<kVectors>(out + (first - begin), block++, key, counter);
    } else {
      T numbers[64];
      uniform_blocks<kVectors>(numbers, block++, key, counter);
      for (int64_t i = first < begin ? begin - first : 0; i < 64 && first + i < end; ++i) {
        out[first + i - begin] = numbers[i];
      }
    }
  }
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
