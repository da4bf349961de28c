// SPDX-License-Identifier: Apache-2.0
#include "base/errors.hpp"
#include "bindings/arrays.hpp"
#include "graph/relayout.hpp"

namespace pronghorn {
namespace {

Attributes attributes_of(const py::dict& values) {
  Attributes a;
  for (const auto& item : values) {
    const std::string key = item.first.cast<std::string>();
    if (key == "shape") {
      a.shape = item.second.cast<Shape>();
    } else if (key == "axes") {
      a.axes = item.second.cast<Shape>();
    } else if (key == "begin") {
      a.begin = item.second.cast<Shape>();
    } else if (key == "step") {
      a.step = item.second.cast<Shape>();
    } else if (key == "keepdims") {
      a.keepdims = item.second.cast<bool>();
    } else if (key == "dtype") {
      a.dtype = dtype_from_name(item.second.cast<std::string>());
    } else {
      throw Error("unknown attribute: " + key);
    }
  }
  return a;
}

py::dict dict_of(const Attributes& a) {
  py::dict values;
  values["shape"] = py::tuple(py::cast(a.shape));
  values["axes"] = py::tuple(py::cast(a.axes));
  values["begin"] = py::tuple(py::cast(a.begin));
  values["step"] = py::tuple(py::cast(a.step));
  values["keepdims"] = a.keepdims;
  return values;
}

// Calls `use` when nobody writes to the variable (or reads it either, to write). Who has to wait
// lets other Python threads run.
template <class Use>
void with_access(Variable& variable, StateLock::Kind kind, const Use& use) {
  {
    const StateAccess access(variable.group.get(), kind, std::try_to_lock);
    if (access.held()) return use();
  }
  const py::gil_scoped_release release;
  const StateAccess access(variable.group.get(), kind);
  use();
}

void write_variable(Variable& variable, const py::array& value) {
  Tensor& to = variable.tensor;
  if (shape_of(value) != to.shape) {
    throw Error("assign: expected shape " + to_string(to.shape) +
                ". Received: " + to_string(shape_of(value)));
  }
  std::shared_ptr<Tensor> converted;
  const void* from = value.data();
  if (!is_stored_alike(value, to.dtype)) {
    converted = tensor_of(value, to.dtype);
    from = converted->buffer.get();
  }
  with_access(variable, StateLock::Kind::kWrite, [&] {
    if (to.layout == Layout::kRowMajor) {
      const auto bytes = element_count(to.shape) * static_cast<int64_t>(dtype_size(to.dtype));
      std::copy_n(static_cast<const char*>(from), bytes, to.data<char>());
    } else {
      relayout(to.dtype, to.shape, from, Layout::kRowMajor, to.buffer.get(), to.layout, 0,
               relayout_panels(to.shape, Layout::kRowMajor, to.layout));
    }
    if (element_count(to.shape) == 1) splat(to.dtype, to.buffer.get());
  });
}

// In row-major order.
void copy_out(const Tensor& from, char* out) {
  if (from.layout == Layout::kRowMajor) {
    std::copy_n(from.data<char>(), element_count(from.shape) * dtype_size(from.dtype), out);
  } else {
    relayout(from.dtype, from.shape, from.buffer.get(), from.layout, out, Layout::kRowMajor, 0,
             relayout_panels(from.shape, from.layout, Layout::kRowMajor));
  }
}

py::array read_tensor(const Tensor& from) {
  py::array array = empty_array(from.shape, from.dtype);
  copy_out(from, static_cast<char*>(array.mutable_data()));
  return array;
}

py::array read_variable(Variable& variable) {
  const Tensor& from = variable.tensor;
  py::array array = empty_array(from.shape, from.dtype);
  char* out = static_cast<char*>(array.mutable_data());
  with_access(variable, StateLock::Kind::kRead, [&] { copy_out(from, out); });
  return array;
}

}  // namespace
}  // namespace pronghorn

void register_graph(pybind11::module_& m) {
  using namespace pronghorn;  // NOLINT
  py::class_<Variable, std::shared_ptr<Variable>>(m, "Variable")
      .def(py::init([](const py::array& value, const std::string& dtype) {
             auto variable = std::make_shared<Variable>(shape_of(value), dtype_from_name(dtype));
             write_variable(*variable, value);
             return variable;
           }),
           py::arg("value"), py::arg("dtype"))
      .def("numpy", &read_variable)
      .def("assign", &write_variable, py::arg("value"));

  py::class_<Graph>(m, "Graph")
      .def(py::init<>())
      .def("input",
           [](Graph& g, Shape shape, const std::string& dtype) {
             return g.input(std::move(shape), dtype_from_name(dtype));
           })
      .def("constant",
           [](Graph& g, const py::array& value, const std::string& dtype) {
             const DType type = dtype_from_name(dtype);
             return g.constant(tensor_of(value, type), type);
           })
      .def("scalar",
           [](Graph& g, double value, const std::string& dtype) {
             return g.constant(value, dtype_from_name(dtype));
           })
      .def("add",
           [](Graph& g, const char* op, std::vector<NodeId> inputs, const py::dict& attributes) {
             return g.add(op, std::move(inputs), attributes_of(attributes));
           })
      .def("read", &Graph::read)
      .def("assign", &Graph::assign)
      .def("set_scope", &Graph::set_scope)
      .def("gradients", &Graph::gradients, py::arg("loss"), py::arg("wrt"),
           py::arg("leaves") = std::vector<NodeId>())
      .def("shape", [](const Graph& g, NodeId id) { return py::tuple(py::cast(g.shape(id))); })
      .def("dtype", [](const Graph& g, NodeId id) { return dtype_name(g.node(id).dtype); })
      .def("op", [](const Graph& g, NodeId id) { return g.node(id).op->name; })
      .def("inputs", [](const Graph& g, NodeId id) { return g.node(id).inputs; })
      .def("attributes", [](const Graph& g, NodeId id) { return dict_of(g.node(id).attributes); })
      .def("variable", [](const Graph& g, NodeId id) { return g.node(id).variable; })
      .def("constant_value",
           [](const Graph& g, NodeId id) -> std::optional<py::array> {
             if (!g.node(id).constant) return std::nullopt;
             return read_tensor(*g.node(id).constant);
           })
      .def("__len__", [](const Graph& g) { return g.nodes().size(); });
  m.def("op_names", &op_names);
  m.def("has_gradient", [](const std::string& op) { return find_op(op).gradient != nullptr; });
}
