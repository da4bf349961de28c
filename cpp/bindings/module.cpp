// SPDX-License-Identifier: Apache-2.0
#include <pybind11/pybind11.h>

#include "base/errors.hpp"

namespace py = pybind11;

void register_graph(py::module_& m);
void register_runtime(py::module_& m);
void register_machine(py::module_& m);

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.doc() = "The native engine of pronghorn. Private: use the Python package.";
  py::register_local_exception<pronghorn::Error>(m, "EngineError", PyExc_ValueError);
  register_graph(m);
  register_runtime(m);
  register_machine(m);
}
