// SPDX-License-Identifier: Apache-2.0
#include "base/errors.hpp"
#include "bindings/arrays.hpp"
#include "runtime/epochs.hpp"

namespace pronghorn {
namespace {

void check_inputs(const Program& program, const std::vector<py::array>& arrays, bool rows_only) {
  if (arrays.size() != program.inputs().size()) {
    throw Error("expected " + std::to_string(program.inputs().size()) +
                " arrays. Received: " + std::to_string(arrays.size()));
  }
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const Shape& wanted = program.inputs()[i].shape;
    const Shape shape = shape_of(arrays[i]);
    const bool ok = rows_only ? shape.size() == wanted.size() && !shape.empty() &&
                                    std::equal(shape.begin() + 1, shape.end(), wanted.begin() + 1)
                              : shape == wanted;
    if (!ok) {
      throw Error("array " + std::to_string(i) + ": expected shape " + to_string(wanted) +
                  (rows_only ? " but for the rows" : "") + ". Received: " + to_string(shape));
    }
  }
}

// Arrays for the results of a program; of as many rows as given, or (< 0) as the program's own.
std::vector<Sink> sinks_of(const Program& program, const std::vector<py::array>& arrays,
                           int64_t rows = -1) {
  if (arrays.size() != program.outputs().size()) {
    throw Error("out: expected " + std::to_string(program.outputs().size()) +
                " arrays. Received: " + std::to_string(arrays.size()));
  }
  std::vector<Sink> sinks;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    Shape shape = program.outputs()[i].shape;
    if (rows >= 0 && shape.empty()) throw Error("out: expected results with rows");
    if (rows >= 0) shape[0] = rows;
    sinks.push_back(sink_of(arrays[i], shape, program.outputs()[i].dtype));
  }
  return sinks;
}

// Keeps the arrays that the loop reads and writes alive.
struct Loop {
  std::vector<py::array> sources, sinks;
  BatchLoop loop;
};

std::unique_ptr<Loop> make_loop(std::shared_ptr<Program> program, std::shared_ptr<Program> tail,
                                std::vector<py::array> arrays, int64_t batch_size,
                                std::vector<py::array> outputs) {
  check_inputs(*program, arrays, true);
  if (arrays.empty()) throw Error("expected at least one array");
  std::vector<ArrayView> views;
  const int64_t rows = arrays[0].shape(0);
  for (const py::array& array : arrays) {
    if (array.shape(0) != rows) throw Error("arrays must have the same number of rows");
    views.push_back(view_of(array));
  }
  if (rows > UINT32_MAX) throw Error("more than 2**32 - 1 rows");
  std::vector<Sink> sinks;
  if (!outputs.empty()) sinks = sinks_of(*program, outputs, rows);
  BatchLoop loop(program, tail, std::move(views), std::move(sinks), rows, batch_size);
  return std::make_unique<Loop>(Loop{std::move(arrays), std::move(outputs), std::move(loop)});
}

struct Results {
  std::vector<py::array> arrays;
  std::shared_ptr<Variable> ruined;
};

// Lets other Python threads run meanwhile, if that takes longer than to change over to them and
// back.
std::shared_ptr<Variable> run_beside_others(const Program& program,
                                            const std::vector<ArrayView>& views,
                                            const std::vector<Sink>& sinks) {
  if (program.is_brief()) {
    const StateAccess access(program.state().get(), program.access(), std::try_to_lock);
    if (access.held()) return run_program(program, views, sinks, access);
  }
  const py::gil_scoped_release release;
  return run_program(program, views, sinks);
}

Results run(const Program& program, const std::vector<py::array>& arrays,
            std::optional<std::vector<py::array>> out) {
  check_inputs(program, arrays, false);
  std::vector<ArrayView> views;
  for (const py::array& array : arrays) views.push_back(view_of(array));
  if (!out) {
    out.emplace();
    for (const Program::Port& port : program.outputs()) {
      out->push_back(empty_array(port.shape, port.dtype));
    }
  }
  const std::vector<Sink> sinks = sinks_of(program, *out);
  std::shared_ptr<Variable> ruined = run_beside_others(program, views, sinks);
  return {*std::move(out), std::move(ruined)};
}

py::object nonfinite(const Loop& self) {
  const auto& found = self.loop.nonfinite();
  if (!found) return py::none();
  const NonFinite& cause = found->cause;
  return py::make_tuple(found->step, cause.loss, found->source, found->row, cause.variable,
                        cause.scope, cause.ruined);
}

void begin(Loop& self, const py::object& order) {
  if (order.is_none()) return self.loop.begin({}, true);
  const auto rows = py::array_t<uint32_t, py::array::c_style | py::array::forcecast>::ensure(order);
  if (!rows || rows.ndim() != 1) throw Error("order must be a vector of row numbers");
  self.loop.begin(std::vector<uint32_t>(rows.data(), rows.data() + rows.size()), false);
}

struct LoopOfEpochs {
  std::shared_ptr<Loop> loop;
  std::shared_ptr<const Program> summary;
  Epochs epochs;
};

std::unique_ptr<LoopOfEpochs> make_epochs(std::shared_ptr<Loop> loop,
                                          std::vector<std::shared_ptr<Variable>> totals,
                                          std::shared_ptr<Program> summary,
                                          std::optional<uint64_t> seed) {
  Epochs epochs(loop->loop, std::move(totals), summary, seed);
  return std::make_unique<LoopOfEpochs>(LoopOfEpochs{loop, summary, std::move(epochs)});
}

// How many epochs have ended, and of each result of the summary an array with a row for each.
py::tuple run_epochs(LoopOfEpochs& self, int64_t first, int64_t last, double seconds) {
  std::vector<py::array> results;
  std::vector<Sink> sinks;
  std::vector<int64_t> bytes;  // of a row
  for (const Program::Port& port : self.summary->outputs()) {
    Shape shape = port.shape;
    shape.insert(shape.begin(), last - first);
    results.push_back(empty_array(shape, port.dtype));
    sinks.push_back(sink_of(results.back(), shape, port.dtype));
    bytes.push_back(results.back().strides(0));
  }
  const auto row = [&](int64_t epoch) {
    std::vector<Sink> at = sinks;
    for (std::size_t i = 0; i < at.size(); ++i) at[i].data += epoch * bytes[i];
    return at;
  };
  int64_t ended = 0;
  {
    const py::gil_scoped_release release;
    ended = self.epochs.run(first, last, seconds, row);
  }
  return py::make_tuple(ended, results);
}

}  // namespace
}  // namespace pronghorn

void register_runtime(pybind11::module_& m) {
  using namespace pronghorn;  // NOLINT
  py::class_<Program, std::shared_ptr<Program>>(m, "Program")
      .def(py::init<const Graph&, const std::vector<NodeId>&, bool,
                    const std::optional<WatchedVariables>&>(),
           py::arg("graph"), py::arg("outputs"), py::arg("keeps_memory") = true,
           py::arg("watched") = py::none(), py::call_guard<py::gil_scoped_release>())
      .def(
          "run",
          [](const Program& self, const std::vector<py::array>& arrays,
             std::optional<std::vector<py::array>> out) {
            return run(self, arrays, std::move(out)).arrays;
          },
          py::arg("arrays"), py::arg("out") = py::none())
      .def(
          "run_into",  // the shortest way from one array to one array
          [](const Program& self, const py::array& input, const py::array& output) {
            run(self, {input}, std::vector<py::array>{output});
          },
          py::arg("input"), py::arg("output"))
      .def(
          "train",
          [](const Program& self, const std::vector<py::array>& arrays) {
            Results results = run(self, arrays, std::nullopt);
            return py::make_tuple(std::move(results.arrays), std::move(results.ruined));
          },
          py::arg("arrays"))
      .def("describe", &Program::describe)
      .def_property_readonly("work", &Program::work)
      .def_property_readonly("arena_bytes", &Program::arena_bytes);

  py::class_<Loop, std::shared_ptr<Loop>>(m, "BatchLoop")
      .def(py::init(&make_loop), py::arg("program"), py::arg("tail"), py::arg("arrays"),
           py::arg("batch_size"), py::arg("sinks") = std::vector<py::array>())
      .def("begin", &begin, py::arg("order"))
      .def(
          "run",
          [](Loop& self, int64_t max_steps, double seconds) {
            const py::gil_scoped_release release;  // the arrays are kept alive by the loop
            return self.loop.run(max_steps, seconds);
          },
          py::arg("max_steps"), py::arg("seconds"))
      .def_property_readonly("nonfinite", &nonfinite)
      .def_property_readonly("step", [](const Loop& self) { return self.loop.step(); })
      .def_property_readonly("steps", [](const Loop& self) { return self.loop.steps(); });

  py::class_<LoopOfEpochs>(m, "Epochs")
      .def(py::init(&make_epochs), py::arg("loop"), py::arg("totals"), py::arg("summary"),
           py::arg("seed"))
      .def("run", &run_epochs, py::arg("first"), py::arg("last"), py::arg("seconds"))
      .def_property_readonly("within",
                             [](const LoopOfEpochs& self) { return self.epochs.within(); });
}
