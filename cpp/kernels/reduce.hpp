// SPDX-License-Identifier: Apache-2.0
// Sums, extremes and softmax over panels. A reduction is one chain per lane in ascending order; the
// 16 lanes meet in a fixed tree. Neither depends on the width of the machine's vectors.
#pragma once

namespace pronghorn::PRONGHORN_ISA {
namespace {

struct SumOf {
  static PRONGHORN_INLINE Vec identity() { return zero(); }
  static PRONGHORN_INLINE Vec combine(Vec a, Vec b) { return a + b; }
  static PRONGHORN_INLINE T combine_one(T a, T b) { return a + b; }
};
struct MaxOf {
  static PRONGHORN_INLINE Vec identity() { return splat(-T(__builtin_inf())); }
  static PRONGHORN_INLINE Vec combine(Vec a, Vec b) { return max(a, b); }
  static PRONGHORN_INLINE T combine_one(T a, T b) { return a > b || a != a ? a : b; }
};
struct MinOf {
  static PRONGHORN_INLINE Vec identity() { return splat(T(__builtin_inf())); }
  static PRONGHORN_INLINE Vec combine(Vec a, Vec b) { return min(a, b); }
  static PRONGHORN_INLINE T combine_one(T a, T b) { return a < b || a != a ? a : b; }
};
struct ProductOf {
  static PRONGHORN_INLINE Vec identity() { return splat(T(1)); }
  static PRONGHORN_INLINE Vec combine(Vec a, Vec b) { return a * b; }
  static PRONGHORN_INLINE T combine_one(T a, T b) { return a * b; }
};

template <class Op>
void reduce_groups(T* out, const T* in, int64_t groups) {
  Vec acc[kVectors];
  for (int v = 0; v < kVectors; ++v) acc[v] = Op::identity();
  for (int64_t g = 0; g < groups; ++g, in += 16) {
    for (int v = 0; v < kVectors; ++v) acc[v] = Op::combine(acc[v], load(in + v * Vec::lanes));
  }
  for (int v = 0; v < kVectors; ++v) store(out + v * Vec::lanes, acc[v]);
}

// Up to kLinesAtOnce results: so many lines lie side by side in every panel, and are read together.
constexpr int64_t kLinesAtOnce = 16;

// Always-inline functions have no address, and would be long at each call.
void transpose_block(const T* in, int64_t in_stride, T* out, int64_t out_stride) {
  transpose16(in, in_stride, out, out_stride);
}

// The 16 lanes of each of `count` lines become one. Where there are several lines (all 16 hold
// numbers), their first lanes meet their ninth at once, and so on.
template <class Op>
void join_lanes(T* out, T* lines, int64_t count) {
  if (count > 2) {
    T lanes[256];
    transpose_block(lines, 16, lanes, 16);
    for (int half = 8; half > 0; half /= 2) {
      for (int i = 0; i < half * kVectors; ++i) {
        T* a = lanes + i * Vec::lanes;
        store(a, Op::combine(load(a), load(a + half * 16)));
      }
    }
    for (int64_t i = 0; i < count; ++i) out[i] = lanes[i];
    return;
  }
  for (int64_t i = 0; i < count; ++i, lines += 16) {
    for (int half = 8; half > 0; half /= 2) {
      for (int l = 0; l < half; ++l) lines[l] = Op::combine_one(lines[l], lines[l + half]);
    }
    out[i] = lines[0];
  }
}

template <class Op>
void reduce_some_lanes(T* out, const T* in, int64_t rows, int64_t panel_stride, int64_t count) {
  T acc[kLinesAtOnce * 16];
  for (int i = 0; i < kLinesAtOnce * kVectors; ++i) store(acc + i * Vec::lanes, Op::identity());
  const int64_t whole = rows / 16, rest = rows % 16;
  for (int64_t p = 0; p < whole; ++p, in += panel_stride) {
    for (int64_t i = 0; i < count * kVectors; ++i) {
      T* sum = acc + i * Vec::lanes;
      store(sum, Op::combine(load(sum), load(in + i * Vec::lanes)));
    }
  }
  for (int64_t i = 0; i < count; ++i) {
    T* lanes = acc + i * 16;
    for (int64_t l = 0; l < rest; ++l) lanes[l] = Op::combine_one(lanes[l], in[i * 16 + l]);
  }
  join_lanes<Op>(out, acc, count);
}

template <class Op>
void reduce_lanes(T* out, const T* in, int64_t rows, int64_t panel_stride, int64_t count) {
  for (int64_t i = 0; i < count; i += kLinesAtOnce) {
    const int64_t some = count - i < kLinesAtOnce ? count - i : kLinesAtOnce;
    reduce_some_lanes<Op>(out + i, in + i * 16, rows, panel_stride, some);
  }
}

// The sums of whole panels, in registers.
PRONGHORN_INLINE void dot_full_lanes(T* acc, const T* in, const T* x, int64_t panels,
                                     int64_t panel_stride) {
  for (int v = 0; v < kVectors; ++v, in += Vec::lanes, x += Vec::lanes, acc += Vec::lanes) {
    Vec sum[kLinesAtOnce];
    PRONGHORN_UNROLL
    for (int i = 0; i < kLinesAtOnce; ++i) sum[i] = zero();
    for (int64_t p = 0; p < panels; ++p) {
      const Vec factor = load(x + p * 16);
      PRONGHORN_UNROLL
      for (int i = 0; i < kLinesAtOnce; ++i) {
        sum[i] = fma(load(in + p * panel_stride + i * 16), factor, sum[i]);
      }
    }
    PRONGHORN_UNROLL
    for (int i = 0; i < kLinesAtOnce; ++i) store(acc + i * 16, sum[i]);
  }
}

void dot_some_lanes(T* out, const T* in, const T* x, int64_t rows, int64_t panel_stride,
                    int64_t count) {
  T acc[kLinesAtOnce * 16];
  const int64_t whole = rows / 16, rest = rows % 16;
  const auto add = [&](const T* lines, const T* factors) {
    for (int v = 0; v < kVectors; ++v) {
      const Vec factor = load(factors + v * Vec::lanes);
      for (int64_t i = 0; i < count; ++i) {
        T* sum = acc + i * 16 + v * Vec::lanes;
        store(sum, fma(load(lines + i * 16 + v * Vec::lanes), factor, load(sum)));
      }
    }
  };
  if (count == kLinesAtOnce) {
    dot_full_lanes(acc, in, x, whole, panel_stride);
  } else {
    for (int i = 0; i < kLinesAtOnce * kVectors; ++i) store(acc + i * Vec::lanes, zero());
    for (int64_t p = 0; p < whole; ++p) add(in + p * panel_stride, x + p * 16);
  }
  if (rest) {  // what lies in the padding of either might be anything
    in += whole * panel_stride;
    x += whole * 16;
    T lines[kLinesAtOnce * 16], factors[16];
    for (int64_t i = 0; i < count * 16; ++i) lines[i] = i % 16 < rest ? in[i] : T(0);
    for (int64_t l = 0; l < 16; ++l) factors[l] = l < rest ? x[l] : T(0);
    add(lines, factors);
  }
  join_lanes<SumOf>(out, acc, count);
}

void dot_lanes(T* out, const T* in, const T* x, int64_t rows, int64_t panel_stride, int64_t count) {
  for (int64_t i = 0; i < count; i += kLinesAtOnce) {
    const int64_t some = count - i < kLinesAtOnce ? count - i : kLinesAtOnce;
    dot_some_lanes(out + i, in + i * 16, x, rows, panel_stride, some);
  }
}

void argmax_groups(T* out, const T* in, int64_t groups) {
  for (int v = 0; v < kVectors; ++v) {
    Vec best = load(in + v * Vec::lanes), index = zero();
    for (int64_t g = 1; g < groups; ++g) {
      const Vec x = load(in + g * 16 + v * Vec::lanes);
      const Mask better = not_(x <= best) & (best == best);  // a NaN beats all and stays
      best = select(better, x, best);
      index = select(better, splat(T(g)), index);
    }
    store(out + v * Vec::lanes, index);
  }
}

PRONGHORN_INLINE Vec maximum_of(const T* in, int64_t classes) {
  Vec m = load(in);
  for (int64_t c = 1; c < classes; ++c) m = max(m, load(in + c * 16));
  return m;
}

// All vectors of a line side by side: their chains of sums and of exponentials hide each other's
// latency.
void softmax(T* out, const T* in, int64_t classes) {
  Vec m[kVectors], sum[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    m[v] = load(in + v * Vec::lanes);
    sum[v] = zero();
  }
  for (int64_t c = 1; c < classes; ++c) {
    for (int v = 0; v < kVectors; ++v) m[v] = max(m[v], load(in + c * 16 + v * Vec::lanes));
  }
  for (int64_t c = 0; c < classes; ++c) {
    for (int v = 0; v < kVectors; ++v) {
      const int64_t at = c * 16 + v * Vec::lanes;
      const Vec e = exp(load(in + at) - m[v]);
      sum[v] = sum[v] + e;
      store(out + at, e);
    }
  }
  for (int64_t c = 0; c < classes; ++c) {
    for (int v = 0; v < kVectors; ++v) {
      const int64_t at = c * 16 + v * Vec::lanes;
      store(out + at, load(out + at) / sum[v]);
    }
  }
}

PRONGHORN_INLINE Vec log_sum_exp(const T* in, int64_t classes, Vec m) {
  Vec sum = zero();
  for (int64_t c = 0; c < classes; ++c) sum = sum + exp(load(in + c * 16) - m);
  return log(sum);
}

void log_softmax(T* out, const T* in, int64_t classes) {
  for (int v = 0; v < kVectors; ++v, in += Vec::lanes, out += Vec::lanes) {
    const Vec m = maximum_of(in, classes);
    const Vec lse = log_sum_exp(in, classes, m);
    for (int64_t c = 0; c < classes; ++c) store(out + c * 16, (load(in + c * 16) - m) - lse);
  }
}

void softmax_cross_entropy(T* out, const T* in, const T* target, int64_t classes) {
  for (int v = 0; v < kVectors; ++v) {
    const int offset = v * Vec::lanes;
    const Vec m = maximum_of(in + offset, classes);
    const Vec lse = log_sum_exp(in + offset, classes, m);
    Vec loss = zero();
    for (int64_t c = 0; c < classes; ++c) {
      const Vec log_p = (load(in + offset + c * 16) - m) - lse;
      loss = fnma(load(target + offset + c * 16), log_p, loss);
    }
    store(out + offset, loss);
  }
}

void sparse_softmax_cross_entropy(T* out, const T* in, const T* label, int64_t classes) {
  for (int v = 0; v < kVectors; ++v) {
    const int offset = v * Vec::lanes;
    const Vec m = maximum_of(in + offset, classes);
    const Vec lse = log_sum_exp(in + offset, classes, m);
    const Vec wanted = load(label + offset);
    Vec chosen = splat(T(__builtin_nan("")));  // a label outside the classes shows as NaN
    for (int64_t c = 0; c < classes; ++c) {
      chosen = select(wanted == splat(T(c)), load(in + offset + c * 16), chosen);
    }
    store(out + offset, lse - (chosen - m));
  }
}

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
