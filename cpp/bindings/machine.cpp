// SPDX-License-Identifier: Apache-2.0
#include "runtime/machine.hpp"

#include "base/cpu.hpp"
#include "bindings/arrays.hpp"
#include "runtime/permutation.hpp"

void register_machine(pybind11::module_& m) {
  using namespace pronghorn;  // NOLINT
  m.def("isa", [] { return kernels().isa; });
  m.def("supported_isas", &supported_isas);
  m.def("num_threads", &default_threads);
  m.def("set_num_threads", &set_threads, py::arg("threads"));
  m.def("set_thread_limit", &set_thread_limit, py::arg("threads"));
  m.def("measure_fma_peak", &measure_fma_peak, py::arg("threads"),
        py::call_guard<py::gil_scoped_release>());
  m.def(
      "permutation",
      [](int64_t count, int64_t seed, int64_t counter) {
        py::array_t<uint32_t> order(count);
        uint32_t* data = order.mutable_data();
        const py::gil_scoped_release release;
        permutation(data, count, static_cast<uint64_t>(seed), static_cast<uint64_t>(counter));
        return order;
      },
      py::arg("count"), py::arg("seed"), py::arg("counter"));
}
