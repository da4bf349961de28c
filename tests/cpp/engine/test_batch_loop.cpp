// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>

#include "check.hpp"
#include "machine.hpp"
#include "runtime/permutation.hpp"

namespace pronghorn {
namespace {

// A two-layer network, trained by SGD; its weights after an epoch.
std::vector<float> train(int threads, int64_t hidden) {
  set_threads(threads);
  const int64_t rows = 300, features = 40, batch = 64;
  Matrix x(rows, features, 1), y(rows, 1, 2);
  for (float& v : x.values) v *= 0.1f;
  std::vector<std::shared_ptr<Variable>> variables = {
      std::make_shared<Variable>(Shape{features, hidden}, DType::kFloat32),
      std::make_shared<Variable>(Shape{hidden}, DType::kFloat32),
      std::make_shared<Variable>(Shape{hidden, 1}, DType::kFloat32)};
  uint32_t seed = 3;
  for (const auto& v : variables) {
    const int64_t count = storage_count(v->tensor.shape, v->tensor.layout);
    for (int64_t i = 0; i < count; ++i) {
      seed = seed * 1664525u + 1013904223u;
      v->tensor.data<float>()[i] = static_cast<float>(seed >> 8) * 1e-9f;
    }
  }
  const auto program = [&](int64_t n) {
    Graph g;
    const NodeId in = g.input({n, features}, DType::kFloat32),
                 target = g.input({n, 1}, DType::kFloat32);
    std::vector<NodeId> w;
    for (const auto& v : variables) w.push_back(g.read(v));
    const NodeId h = g.add("relu", {g.add("add", {g.add("matmul", {in, w[0]}), w[1]})});
    const NodeId error = g.add("subtract", {g.add("matmul", {h, w[2]}), target});
    const NodeId loss = g.add("sum", {g.add("square", {error})});
    const std::vector<NodeId> dw = g.gradients(loss, w);
    for (std::size_t i = 0; i < w.size(); ++i) {
      const NodeId rate = g.constant(1e-4, DType::kFloat32);
      g.assign(variables[i], g.add("subtract", {w[i], g.add("multiply", {rate, dw[i]})}));
    }
    return std::make_shared<const Program>(g, std::vector<NodeId>{});
  };
  BatchLoop loop(program(batch), program(rows % batch), {x.view(), y.view()}, {}, rows, batch);
  std::vector<uint32_t> order(rows);
  permutation(order.data(), rows, 7, 0);
  loop.begin(order, false);
  CHECK(loop.steps() == 5);
  CHECK(loop.run(2, 0) == 2);
  CHECK(loop.run(-1, 0) == 3);
  CHECK(loop.run(-1, 0) == 0);
  set_threads(0);
  std::vector<float> all;
  for (const auto& v : variables) {
    const float* data = v->tensor.data<float>();
    all.insert(all.end(), data, data + element_count(v->tensor.shape));
  }
  return all;
}

TEST(bits_do_not_depend_on_the_number_of_threads) {
  for (int64_t hidden : {30, 200}) {  // one thread's work, and enough for several
    const std::vector<float> one = train(1, hidden);
    for (int threads : {2, 3, 4}) {  // the rows of a batch can be shared out by panels, or not
      const std::vector<float> several = train(threads, hidden);
      CHECK(std::memcmp(one.data(), several.data(), one.size() * sizeof(float)) == 0);
    }
  }
}

// Trains sum((sqrt(x w) v)^2) for an epoch of 6 steps, with all weights and inputs 1 but for one
// row, and returns what became not finite. The derivative of the root is infinite where a row is
// zero.
std::optional<BatchLoop::Failure> train_with_a_row_of(float value, int threads, int64_t hidden) {
  set_threads(threads);
  const int64_t features = 40, batch = 64;
  Matrix x(6 * batch, features);
  std::fill(x.values.begin(), x.values.end(), 1.0f);
  std::fill_n(x.values.begin() + (4 * batch + 7) * features, features, value);
  const std::vector<std::shared_ptr<Variable>> variables = {
      std::make_shared<Variable>(Shape{hidden, 1}, DType::kFloat32),
      std::make_shared<Variable>(Shape{features, hidden}, DType::kFloat32)};
  for (const auto& v : variables) {
    std::fill_n(v->tensor.data<float>(), storage_count(v->tensor.shape, v->tensor.layout), 1.0f);
  }
  Graph g;
  const NodeId in = g.input({batch, features}, DType::kFloat32);
  const std::vector<NodeId> w = {g.read(variables[0]), g.read(variables[1])};
  const NodeId root = g.add("sqrt", {g.add("matmul", {in, w[1]})});
  const NodeId loss = g.add("sum", {g.add("square", {g.add("matmul", {root, w[0]})})});
  const std::vector<NodeId> dw = g.gradients(loss, w);
  for (std::size_t i = 0; i < w.size(); ++i) {
    const NodeId rate = g.constant(1e-12, DType::kFloat32);
    g.assign(variables[i], g.add("subtract", {w[i], g.add("multiply", {rate, dw[i]})}));
  }
  const auto program = std::make_shared<const Program>(g, std::vector<NodeId>{loss}, true,
                                                       WatchedVariables{variables});
  BatchLoop loop(program, nullptr, {x.view()}, {}, 6 * batch, batch);
  while (loop.step() < loop.steps()) loop.run(-1, 0);
  set_threads(0);
  if (loop.nonfinite() && loop.nonfinite()->cause.ruined) {
    CHECK(loop.nonfinite()->cause.ruined == variables[1]);
  }
  return loop.nonfinite();
}

TEST(a_gradient_or_loss_that_is_not_finite_is_found_in_its_step_by_any_number_of_threads) {
  for (int64_t hidden : {3, 2000}) {  // one thread's work, and phases of many pieces
    for (int threads : {1, 2, 3}) {
      CHECK(!train_with_a_row_of(1.0f, threads, hidden));
      const auto gradient = train_with_a_row_of(0.0f, threads, hidden);
      CHECK(is_emulated() ||
            (gradient && gradient->step == 4 && gradient->cause.ruined && gradient->source == -1));
      const auto loss = train_with_a_row_of(-1.0f, threads, hidden);
      CHECK(loss && loss->step == 4 && !loss->cause.ruined && std::isnan(loss->cause.loss));
      const auto data = train_with_a_row_of(INFINITY, threads, hidden);
      CHECK(data && data->step == 4 && data->source == 0 && data->row == 4 * 64 + 7);
    }
  }
}

// Philox4x32-10 as its paper has it, for one block (Salmon et al., SC 2011).
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

// Random123's known answers.
TEST(philox_known_answers) {
  const uint32_t zeros[4] = {0, 0, 0, 0}, ones[4] = {~0u, ~0u, ~0u, ~0u};
  const uint32_t expected[2][4] = {{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u},
                                   {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}};
  uint32_t out[4];
  philox(zeros, zeros, out);
  CHECK(std::equal(out, out + 4, expected[0]));
  philox(ones, ones, out);
  CHECK(std::equal(out, out + 4, expected[1]));
}

TEST(random_words_are_those_of_philox) {
  const uint32_t key[2] = {1234, 5}, counter[2] = {6, 7};
  std::vector<uint32_t> words(2 * 256);
  const uint64_t first = (uint64_t{1} << 32) - 64;  // the upper half of the counter counts too
  kernel_table<float>().random_words(words.data(), first, 128, key, counter);
  for (uint64_t b = 0; b < 128; ++b) {
    const uint32_t block[4] = {static_cast<uint32_t>(first + b),
                               static_cast<uint32_t>((first + b) >> 32), 6, 7};
    uint32_t expected[4];
    philox(block, key, expected);
    for (int w = 0; w < 4; ++w) CHECK(words[b / 16 * 64 + w * 16 + b % 16] == expected[w]);
  }
}

TEST(vector_philox_equals_the_scalar_one) {
  const uint32_t key[2] = {1234, 5}, counter[2] = {6, 7};
  for (int64_t count : {20, 200, 700}) {  // within a block, some of them, many at once
    std::vector<float> numbers(count);
    kernel_table<float>().uniform(numbers.data(), 3, 3 + count, key, counter);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t e = i + 3;
      const uint32_t block[4] = {static_cast<uint32_t>(e / 64 * 16 + e % 16), 0, 6, 7};
      uint32_t words[4];
      philox(block, key, words);
      CHECK(numbers[i] == static_cast<float>(words[e / 16 % 4] >> 8) * 0x1p-24f);
    }
  }
}

TEST(gather_reads_any_dtype_and_stride) {
  std::vector<uint8_t> bytes(20 * 30);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7);
  // Every second row and third column, backwards in memory.
  ArrayView view{
      reinterpret_cast<const char*>(bytes.data()) + 19 * 30, ArrayType::kUInt8, {10, 10}, {-60, 3}};
  const uint32_t order[3] = {9, 0, 4};
  std::vector<float> out(30);
  gather_rows(view, order, 0, 3, DType::kFloat32, Layout::kRowMajor, out.data(), 0, 1);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 10; ++j) {
      CHECK(out[i * 10 + j] == bytes[(19 - 2 * static_cast<int>(order[i])) * 30 + 3 * j]);
    }
  }
}

}  // namespace
}  // namespace pronghorn
