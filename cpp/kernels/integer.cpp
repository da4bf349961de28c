// SPDX-License-Identifier: Apache-2.0
// Integer kernels: compiled once, for the baseline. Integers are counters and labels, never hot.
#include "kernels/integer.hpp"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace pronghorn {
namespace {

template <class T>
T wrapped(T a, T b, char op) {  // overflow wraps, as in NumPy
  using U = std::make_unsigned_t<T>;
  const U x = static_cast<U>(a), y = static_cast<U>(b);
  return static_cast<T>(op == '+' ? x + y : op == '-' ? x - y : x * y);
}
template <class T>
T floor_quotient(T a, T b) {
  if (b == 0) return 0;  // NumPy's value, without its warning
  if (b == -1) return wrapped<T>(0, a, '-');
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

template <class T, T (*kFormula)(const T*), int kArity>
void elementwise(T* out, const Operand<T>* o, int64_t groups) {
  for (int64_t g = 0; g < groups; ++g) {
    for (int l = 0; l < 16; ++l) {
      T x[3] = {0, 0, 0};
      for (int i = 0; i < kArity; ++i) x[i] = o[i].data[g * o[i].stride + l];
      out[g * 16 + l] = kFormula(x);
    }
  }
}

#define PRONGHORN_INTEGER_FORMULAS(X)                                           \
  X(add, 2, wrapped(x[0], x[1], '+'))                                           \
  X(subtract, 2, wrapped(x[0], x[1], '-'))                                      \
  X(multiply, 2, wrapped(x[0], x[1], '*'))                                      \
  X(floor_divide, 2, floor_quotient(x[0], x[1]))                                \
  X(mod, 2, wrapped(x[0], wrapped(floor_quotient(x[0], x[1]), x[1], '*'), '-')) \
  X(maximum, 2, std::max(x[0], x[1]))                                           \
  X(minimum, 2, std::min(x[0], x[1]))                                           \
  X(equal, 2, x[0] == x[1])                                                     \
  X(not_equal, 2, x[0] != x[1])                                                 \
  X(less, 2, x[0] < x[1])                                                       \
  X(less_equal, 2, x[0] <= x[1])                                                \
  X(logical_and, 2, x[0] && x[1])                                               \
  X(logical_or, 2, x[0] || x[1])                                                \
  X(logical_not, 1, !x[0])                                                      \
  X(select, 3, x[0] ? x[1] : x[2])                                              \
  X(copy, 1, x[0])                                                              \
  X(negative, 1, wrapped<T>(0, x[0], '-'))                                      \
  X(absolute, 1, x[0] < 0 ? wrapped<T>(0, x[0], '-') : x[0])                    \
  X(sign, 1, (x[0] > 0) - (x[0] < 0))                                           \
  X(square, 1, wrapped(x[0], x[0], '*'))                                        \
  X(relu, 1, std::max<T>(x[0], 0))

#define PRONGHORN_ROW(name, arity, formula) \
  template <class T>                        \
  T name##_formula(const T* x) {            \
    return static_cast<T>(formula);         \
  }
PRONGHORN_INTEGER_FORMULAS(PRONGHORN_ROW)
#undef PRONGHORN_ROW

template <class T, Reduction kKind>
T combine(T a, T b) {
  if (kKind == Reduction::kSum) return wrapped(a, b, '+');
  if (kKind == Reduction::kMax) return std::max(a, b);
  if (kKind == Reduction::kMin) return std::min(a, b);
  return wrapped(a, b, '*');
}
template <class T, Reduction kKind>
constexpr T identity() {
  return kKind == Reduction::kSum   ? T(0)
         : kKind == Reduction::kMax ? std::numeric_limits<T>::min()
         : kKind == Reduction::kMin ? std::numeric_limits<T>::max()
                                    : T(1);
}

template <class T, Reduction kKind>
void reduce_groups(T* out, const T* in, int64_t groups) {
  for (int l = 0; l < 16; ++l) {
    T acc = identity<T, kKind>();
    for (int64_t g = 0; g < groups; ++g) acc = combine<T, kKind>(acc, in[g * 16 + l]);
    out[l] = acc;
  }
}
template <class T, Reduction kKind>
void reduce_lanes(T* out, const T* in, int64_t rows, int64_t panel_stride, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    T acc = identity<T, kKind>();
    for (int64_t r = 0; r < rows; ++r) {
      acc = combine<T, kKind>(acc, in[(r / 16) * panel_stride + i * 16 + r % 16]);
    }
    out[i] = acc;
  }
}

template <class T, Reduction kKind>
void add_reduction(KernelTable<T>& t) {
  t.reduce_groups[static_cast<int>(kKind)] = &reduce_groups<T, kKind>;
  t.reduce_lanes[static_cast<int>(kKind)] = &reduce_lanes<T, kKind>;
}

template <class T>
void argmax_groups(T* out, const T* in, int64_t groups) {
  for (int l = 0; l < 16; ++l) {
    int64_t best = 0;
    for (int64_t g = 1; g < groups; ++g) {
      if (in[g * 16 + l] > in[best * 16 + l]) best = g;
    }
    out[l] = static_cast<T>(best);
  }
}

template <class T>
void spread(T* out, const T* in, int64_t count) {
  for (int64_t i = 0; i < count; ++i) std::fill_n(out + i * 16, 16, in[i]);
}

template <class T>
void transpose16(const T* in, int64_t in_stride, T* out, int64_t out_stride) {
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 16; ++j) out[j * out_stride + i] = in[i * in_stride + j];
  }
}

template <class T>
KernelTable<T> make_table() {
  KernelTable<T> t = {};
#define PRONGHORN_ROW(name, arity, formula)                \
  t.elementwise[static_cast<int>(Elementwise::k_##name)] = \
      &elementwise<T, &name##_formula<T>, arity>;
  PRONGHORN_INTEGER_FORMULAS(PRONGHORN_ROW)
#undef PRONGHORN_ROW
  add_reduction<T, Reduction::kSum>(t);
  add_reduction<T, Reduction::kMax>(t);
  add_reduction<T, Reduction::kMin>(t);
  add_reduction<T, Reduction::kProduct>(t);
  t.argmax_groups = &argmax_groups<T>;
  t.spread = &spread<T>;
  t.transpose16 = &transpose16<T>;
  return t;
}

}  // namespace

template <class T>
const KernelTable<T>& integer_table() {
  static const KernelTable<T> table = make_table<T>();
  return table;
}
template const KernelTable<int32_t>& integer_table<int32_t>();
template const KernelTable<int64_t>& integer_table<int64_t>();

}  // namespace pronghorn
