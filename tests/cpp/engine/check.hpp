// SPDX-License-Identifier: Apache-2.0
// Just enough of a test runner: TEST(name) { CHECK(condition); }
#pragma once
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

struct Test {
  std::string name;
  std::function<void()> body;
};
inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}
inline int failures = 0;

// By Valgrind, whose processor keeps no notes of what overflows: tests of them are left out.
inline bool is_emulated() { return std::getenv("PRONGHORN_EMULATED") != nullptr; }

#define TEST(name)                                       \
  static void test_##name();                             \
  [[maybe_unused]] static const bool registered_##name = \
      (tests().push_back({#name, test_##name}), true);   \
  static void test_##name()

#define CHECK(condition)                                          \
  do {                                                            \
    if (!(condition)) {                                           \
      std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                 \
    }                                                             \
  } while (0)
