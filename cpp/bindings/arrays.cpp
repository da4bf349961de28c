// SPDX-License-Identifier: Apache-2.0
#include "bindings/arrays.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "graph/relayout.hpp"

namespace pronghorn {
namespace {

ArrayType type_of(const py::array& array) {
  const py::dtype dtype = array.dtype();
  const auto size = dtype.itemsize();
  if (dtype.byteorder() != '>') {
    switch (dtype.kind()) {
      case 'b':
        return ArrayType::kBool;
      case 'i':
        return size == 1   ? ArrayType::kInt8
               : size == 2 ? ArrayType::kInt16
               : size == 4 ? ArrayType::kInt32
                           : ArrayType::kInt64;
      case 'u':
        return size == 1   ? ArrayType::kUInt8
               : size == 2 ? ArrayType::kUInt16
               : size == 4 ? ArrayType::kUInt32
                           : ArrayType::kUInt64;
      case 'f':
        if (size == 2) return ArrayType::kFloat16;
        if (size == 4) return ArrayType::kFloat32;
        if (size == 8) return ArrayType::kFloat64;
        break;
      default:
        break;
    }
  }
  throw Error("expected an array of numbers in native byte order. Received: dtype " +
              py::str(dtype).cast<std::string>());
}

ArrayType array_type(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return ArrayType::kBool;
    case DType::kUInt8:
      return ArrayType::kUInt8;
    case DType::kInt32:
      return ArrayType::kInt32;
    case DType::kInt64:
      return ArrayType::kInt64;
    case DType::kFloat32:
      return ArrayType::kFloat32;
    default:
      return ArrayType::kFloat64;
  }
}

}  // namespace

Shape shape_of(const py::array& array) {
  return Shape(array.shape(), array.shape() + array.ndim());
}

ArrayView view_of(const py::array& array) {
  ArrayView view;
  view.data = static_cast<const char*>(array.data());
  view.type = type_of(array);
  view.shape = shape_of(array);
  view.strides.assign(array.strides(), array.strides() + array.ndim());
  return view;
}

bool is_stored_alike(const py::array& array, DType storage) {
  constexpr int wanted = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;
  return (array.flags() & wanted) == wanted && type_of(array) == array_type(storage);
}

std::shared_ptr<Tensor> tensor_of(const py::array& array, DType dtype) {
  auto tensor = std::make_shared<Tensor>(shape_of(array), storage_dtype(dtype), Layout::kRowMajor);
  ArrayView view = view_of(array);
  if (view.shape.empty()) {
    view.shape = {1};
    view.strides = {0};
  }
  gather_rows(view, nullptr, 0, view.shape[0], tensor->dtype, Layout::kRowMajor,
              tensor->buffer.get(), 0, 1);
  if (element_count(tensor->shape) == 1) splat(tensor->dtype, tensor->buffer.get());
  return tensor;
}

py::array empty_array(const Shape& shape, DType dtype) {
  return py::array(py::dtype(dtype_name(dtype)), shape);
}

Sink sink_of(const py::array& array, const Shape& shape, DType dtype) {
  const ArrayType type = type_of(array);
  const bool fits = array.ndim() == static_cast<py::ssize_t>(shape.size()) &&
                    std::equal(shape.begin(), shape.end(), array.shape());
  if (!fits || type != array_type(dtype)) {
    throw Error("out: expected an array of shape " + to_string(shape) + " and dtype " +
                dtype_name(dtype) + ". Received: shape " + to_string(shape_of(array)) +
                " and dtype " + py::str(array.dtype()).cast<std::string>());
  }
  if (!(array.flags() & py::array::c_style) || !array.writeable()) {
    throw Error("out: expected a writable C-contiguous array");
  }
  return {const_cast<char*>(static_cast<const char*>(array.data())), type};
}

}  // namespace pronghorn
