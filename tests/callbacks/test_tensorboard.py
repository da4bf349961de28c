# SPDX-License-Identifier: Apache-2.0
"""Everything is read back with the reader of TensorBoard itself."""

from __future__ import annotations

import copy
import io
import json
import sys

import numpy as np
import pytest

import pronghorn as keras
from pronghorn.callbacks import TensorBoard
from pronghorn.callbacks._event_file import as_images
from tests.fixtures import tensorboard_runs

pytest.importorskip("tensorboard")

RECORDED = json.loads(tensorboard_runs.RECORDED.read_text())["runs"]
CLOCK = ("batch_steps_per_second", "epoch_steps_per_second")


def small_model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], name="small")
    model.compile("sgd", "mse")
    return model


def fit(model, *callbacks, **arguments):
    x = np.arange(16.0).reshape(8, 2) / 16
    return model.fit(x, x[:, 0], batch_size=2, callbacks=callbacks, verbose=0, **arguments)


@pytest.mark.parametrize("case", tensorboard_runs.CASES)
def test_tags_plugins_steps_and_values_are_those_of_keras(case, tmp_path):
    tensorboard_runs.run(keras, tmp_path, **tensorboard_runs.CASES[case])
    found = tensorboard_runs.read(tmp_path)
    assert found.keys() == RECORDED[case].keys()
    for folder, recorded in RECORDED[case].items():
        assert found[folder].keys() == recorded.keys()
        for tag, expected in recorded.items():
            assert found[folder][tag]["plugin"] == expected["plugin"]
            assert found[folder][tag]["steps"] == expected["steps"]
            if expected["plugin"] == "scalars" and tag not in CLOCK:
                np.testing.assert_allclose(found[folder][tag]["values"], expected["values"], 1e-5)
            elif expected["plugin"] == "images":
                assert found[folder][tag]["values"] == expected["values"]


def test_histograms_are_those_of_keras(tmp_path):
    case = "weights"
    tensorboard_runs.run(keras, tmp_path, **tensorboard_runs.CASES[case])
    found = tensorboard_runs.read(tmp_path)["train"]
    for tag, expected in RECORDED[case]["train"].items():
        if expected["plugin"] == "histograms":
            ours, theirs = np.array(found[tag]["values"]), np.array(expected["values"])
            # Edges in float32; a weight at an edge may fall on either side of it.
            np.testing.assert_allclose(ours[..., :2], theirs[..., :2], atol=1e-5)
            np.testing.assert_allclose(ours[..., 2].cumsum(-1), theirs[..., 2].cumsum(-1), atol=1)


def test_every_epoch_is_written_whatever_the_number_of_batches_between(tmp_path):
    """Keras leaves out the epochs whose last batch is none of those it writes."""
    fit(small_model(), TensorBoard(tmp_path, update_freq=3), epochs=4)
    assert tensorboard_runs.read(tmp_path)["train"]["epoch_loss"]["steps"] == [0, 1, 2, 3]


def test_a_graph_is_what_the_graph_plugin_of_tensorboard_draws(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def

    wide, deep = keras.Input((2,), name="wide"), keras.Input((3,), name="deep")
    hidden = keras.layers.Dense(4, name="hidden")(deep)
    both = keras.layers.Concatenate(name="both")([wide, hidden])
    model = keras.Model([wide, deep], keras.layers.Dense(1, name="out")(both), name="net")
    model.compile("sgd", "mse")
    x = [np.ones((4, 2)), np.ones((4, 3))]
    model.fit(x, np.ones(4), callbacks=[TensorBoard(tmp_path)], verbose=0)
    events = EventAccumulator(str(tmp_path / "train")).Reload()
    (event,) = events.Tensors("keras")
    graph = keras_model_to_graph_def(json.loads(event.tensor_proto.string_val[0]))
    edges = {(source, node.name) for node in graph.node for source in node.input}
    assert edges == {
        ("net/deep", "net/hidden"),
        ("net/wide", "net/both"),
        ("net/hidden", "net/both"),
        ("net/both", "net/out"),
    }


def test_a_subclassed_model_has_everything_but_a_graph(tmp_path):
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, inputs):
            return self.dense(inputs)

    model = Net()
    model.compile("sgd", "mse")
    fit(model, TensorBoard(tmp_path, histogram_freq=1))
    tags = tensorboard_runs.read(tmp_path)["train"]
    assert "keras" not in tags
    assert sum(tag.endswith("/histogram") for tag in tags) == 2


def test_evaluate_writes_into_the_folder_of_validation(tmp_path):
    model = small_model()
    fit(model, TensorBoard(tmp_path / "fit"), epochs=2)
    x = np.ones((4, 2))
    loss = model.evaluate(x, x[:, 0], callbacks=[TensorBoard(tmp_path / "test")], verbose=0)
    (tag,) = tensorboard_runs.read(tmp_path / "test")["validation"].items()
    assert tag[0] == "evaluation_loss_vs_iterations"
    assert tag[1]["steps"] == [8]
    assert tag[1]["values"] == [np.float32(loss)]


def test_what_an_interrupted_run_wrote_is_there(tmp_path):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    model = small_model()
    with pytest.raises(KeyboardInterrupt):
        fit(model, TensorBoard(tmp_path), Interrupt(), epochs=9)
    assert tensorboard_runs.read(tmp_path)["train"]["epoch_loss"]["steps"] == [0, 1, 2]


def test_epochs_run_natively_unless_batches_are_asked_for():
    from pronghorn.callbacks import CallbackList

    assert not CallbackList([TensorBoard(update_freq="epoch")]).needs_batches("train")
    assert CallbackList([TensorBoard(update_freq=100)]).needs_batches("train")
    assert not CallbackList([TensorBoard(update_freq=100)]).needs_batches("test")


def test_a_copy_writes_files_of_its_own(tmp_path):
    board = TensorBoard(tmp_path, update_freq=1)
    for one in (board, copy.deepcopy(board)):
        fit(small_model(), one)
    assert len(list((tmp_path / "train").iterdir())) == 2


def test_a_metric_of_several_values_becomes_a_curve_for_each(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=[keras.metrics.F1Score()])
    model.fit(np.ones((3, 2)), np.eye(3), callbacks=[TensorBoard(tmp_path)], verbose=0)
    tags = tensorboard_runs.read(tmp_path)["train"]
    assert {"epoch_f1_score/0", "epoch_f1_score/1", "epoch_f1_score/2"} <= tags.keys()


def test_the_projector_of_tensorboard_finds_embeddings_and_their_labels(tmp_path):
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    model = keras.Sequential(
        [
            keras.Input((1,), dtype="int32"),
            keras.layers.Embedding(5, 3, name="words"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    board = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "labels.tsv"})
    model.fit(np.arange(5), np.ones(5), callbacks=[board], verbose=0)
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (embedding,) = config.embeddings
    assert (embedding.tensor_name, embedding.metadata_path) == ("words", "labels.tsv")
    vectors = np.loadtxt(tmp_path / embedding.tensor_path)
    np.testing.assert_allclose(vectors, model.get_weights()[0], rtol=1e-5)
    wrong = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"letters": "labels.tsv"})
    with pytest.raises(ValueError, match="letters"):
        model.fit(np.arange(5), np.ones(5), callbacks=[wrong], verbose=0)


def test_an_image_shows_the_least_value_black_and_the_largest_white(tmp_path):
    from PIL import Image
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="out")], name="net")
    model.compile(keras.optimizers.SGD(0.0), "mse")
    kernel = np.array([[0, 1], [2, 3], [5, 10]], np.float32) - 4
    model.set_weights([kernel, np.zeros(2, np.float32)])
    board = TensorBoard(tmp_path, histogram_freq=1, write_images=True)
    model.fit(np.ones((2, 3)), np.ones((2, 2)), callbacks=[board], verbose=0)
    events = EventAccumulator(str(tmp_path / "train")).Reload()
    (event,) = events.Tensors("net/out/kernel/image")
    width, height, png = event.tensor_proto.string_val
    assert (width, height) == (b"3", b"2")
    pixels = np.asarray(Image.open(io.BytesIO(png)))
    np.testing.assert_array_equal(pixels, np.rint((kernel.T + 4) * 25.5))


@pytest.mark.parametrize(
    ("shape", "images"),
    [
        ((5,), (1, 5, 1)),
        ((7, 3), (1, 3, 7)),
        ((3, 7), (1, 3, 7)),
        ((3, 4, 5), (5, 3, 4)),
        ((1, 6, 1), (1, 6, 1)),
    ],
)
def test_weights_lie_as_in_keras(shape, images):
    found = as_images(np.zeros(shape, np.float32))
    assert found is not None
    assert found.shape == images


@pytest.mark.parametrize("weight", [np.ones(1), np.ones((2, 2, 2, 2)), np.array([1.0, np.nan])])
def test_what_makes_no_image_is_left_out(weight):
    assert as_images(weight) is None


@pytest.mark.parametrize(
    "arguments", [{"update_freq": 0}, {"update_freq": "never"}, {"histogram_freq": -1}]
)
def test_frequencies_are_checked(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        TensorBoard(**arguments)


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ImportError, match=r"pronghorn\[tensorboard\]"):
        TensorBoard()
