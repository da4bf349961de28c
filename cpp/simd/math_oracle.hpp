// SPDX-License-Identifier: Apache-2.0
// The functions of math.hpp for the oracle, from libm in double. Included by math.hpp only.
#pragma once

namespace pronghorn::PRONGHORN_ISA {
namespace {

PRONGHORN_INLINE Vec exp(Vec x) { return {std::exp(x.v)}; }
PRONGHORN_INLINE Vec expm1(Vec x) { return {std::expm1(x.v)}; }
PRONGHORN_INLINE Vec log(Vec x) { return {std::log(x.v)}; }
PRONGHORN_INLINE Vec log1p(Vec x) { return {std::log1p(x.v)}; }
PRONGHORN_INLINE Vec tanh(Vec x) { return {std::tanh(x.v)}; }
PRONGHORN_INLINE Vec erf(Vec x) { return {std::erf(x.v)}; }
PRONGHORN_INLINE Vec sin(Vec x) { return {std::sin(x.v)}; }
PRONGHORN_INLINE Vec cos(Vec x) { return {std::cos(x.v)}; }
PRONGHORN_INLINE Vec pow(Vec x, Vec y) { return {std::pow(x.v, y.v)}; }
PRONGHORN_INLINE Vec sigmoid(Vec x) {
  const double e = std::exp(-std::fabs(x.v));
  return {(x.v < 0.0 ? e : 1.0) / (1.0 + e)};
}
PRONGHORN_INLINE Vec softplus(Vec x) { return {relu(x).v + std::log1p(std::exp(-std::fabs(x.v)))}; }

}  // namespace
}  // namespace pronghorn::PRONGHORN_ISA
