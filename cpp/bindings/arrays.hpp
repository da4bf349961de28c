// SPDX-License-Identifier: Apache-2.0
// The only place where NumPy arrays become pointers and shapes.
#pragma once
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "runtime/batch_loop.hpp"

namespace pronghorn {

namespace py = pybind11;

Shape shape_of(const py::array& array);
ArrayView view_of(const py::array& array);  // throws Error for a dtype that is not a number

// Does it lie in memory as a row-major tensor of this storage does?
bool is_stored_alike(const py::array& array, DType storage);

// A row-major copy in the storage of a program.
std::shared_ptr<Tensor> tensor_of(const py::array& array, DType dtype);

py::array empty_array(const Shape& shape, DType dtype);
// Throws Error unless the array is C-contiguous, writable and of this shape and dtype.
Sink sink_of(const py::array& array, const Shape& shape, DType dtype);

}  // namespace pronghorn
