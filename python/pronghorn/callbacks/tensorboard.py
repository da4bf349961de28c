# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from pronghorn._warnings import warn
from pronghorn.callbacks._event_file import EventFile, as_images, check_installed
from pronghorn.callbacks.callback import Callback, Logs


class TensorBoard(Callback):
    """Writes what TensorBoard shows: curves, the graph, histograms and images of the weights.

    The files go into the folders `train` and `validation` of `log_dir`; look at them with
    `tensorboard --logdir=...`, also while the training goes on. Names and steps are Keras's:
    `epoch_loss` (and each metric, and `epoch_learning_rate`) by epoch from 0, `batch_loss` by batch
    from 1, and `evaluation_loss_vs_iterations` by the steps of the optimizer. It needs the package
    `tensorboard` (`pip install "pronghorn[tensorboard]"`) and no TensorFlow.

    Args:
        log_dir: where to write; a folder of its own for each run keeps them apart.
        histogram_freq: epochs from one histogram of all weights to the next; 0 for none.
        write_graph: show the layers of a functional or sequential model and how they are connected.
        write_images: with each histogram, show the weight as a grey image too, from black, its
            least value, to white, its largest.
        write_steps_per_second: also write how many steps are done in a second.
        update_freq: "epoch" writes after each epoch, so that an epoch runs natively as a whole; a
            number also writes after every so many batches, "batch" after each.
        profile_batch: accepted for Keras's sake; nothing is profiled.
        embeddings_freq: epochs after which the vectors of `Embedding` layers are written anew for
            the projector; 0 for never.
        embeddings_metadata: a file with one label per line for the vectors, relative to `log_dir`
            or absolute; or a dict of them by name of the layer.

    Raises:
        ImportError: the package `tensorboard` is missing.
        ValueError: a frequency that is none; (in `fit`) labels for a layer that is not there.

    Example:
    >>> import numpy as np, pronghorn as keras, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     board = keras.callbacks.TensorBoard(folder, histogram_freq=1)
    ...     history = model.fit(np.ones((4, 2)), np.ones(4), callbacks=[board], verbose=0)
    """

    state_names = ("_batches", "_first_iteration")

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        check_installed()
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = _frequency("histogram_freq", histogram_freq)
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.profile_batch = profile_batch
        self.embeddings_freq = _frequency("embeddings_freq", embeddings_freq)
        self.embeddings_metadata = embeddings_metadata
        self._files: dict[str, EventFile] = {}
        self._in_fit = False
        self._batches = 0
        if self.update_freq != "epoch":  # only then the loop has to come back after each batch
            if not _is_count(self.update_freq) or self.update_freq == 0:
                raise ValueError(
                    "`update_freq` must be 'epoch', 'batch' or a positive number of batches. "
                    f"Received: update_freq={update_freq!r}"
                )
            self.on_train_batch_begin = self._begin_batch  # type: ignore[method-assign]
            self.on_train_batch_end = self._log_batch  # type: ignore[method-assign]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._in_fit = True
        self._batches = 0
        if self.write_graph:
            self._write_graph()
        if self.embeddings_freq:
            self._write_projector_config()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._in_fit = False
        self._close()

    def on_train_abort(self) -> None:
        """What was written stays."""
        self.on_train_end()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._first_iteration = int(self.model.optimizer.iterations)
        self._epoch_start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        values = {f"epoch_{name}": value for name, value in (logs or {}).items()}
        values |= {f"epoch_{name}": rate for name, rate in self._learning_rates().items()}
        if self.write_steps_per_second:
            steps = int(self.model.optimizer.iterations) - self._first_iteration
            seconds = time.perf_counter() - self._epoch_start
            values["epoch_steps_per_second"] = steps / seconds
        for tag, value in values.items():
            if tag.startswith("epoch_val_"):
                self._file("validation").scalar(tag.replace("val_", "", 1), value, epoch)
            else:
                self._file("train").scalar(tag, value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings()
        for file in self._files.values():
            file.flush()

    def on_test_end(self, logs: Logs | None = None) -> None:
        step = int(self.model.optimizer.iterations)
        for name, value in (logs or {}).items():
            self._file("validation").scalar(f"evaluation_{name}_vs_iterations", value, step)
        if not self._in_fit:
            self._close()

    def _begin_batch(self, batch: int, logs: Logs | None = None) -> None:
        self._batch_start = time.perf_counter()

    def _log_batch(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if self._batches % self.update_freq:
            return
        values = dict(logs or {})
        if self.write_steps_per_second:
            values["steps_per_second"] = 1.0 / (time.perf_counter() - self._batch_start)
        for name, value in values.items():
            self._file("train").scalar(f"batch_{name}", value, self._batches)

    def _learning_rates(self) -> dict[str, float]:
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if hasattr(optimizer, "optimizers"):  # several, each for some of the variables
            parts = optimizer.optimizers
            return {f"learning_rate_{part.name}": float(part.learning_rate) for part in parts}
        return {"learning_rate": float(optimizer.learning_rate)}

    def _write_graph(self) -> None:
        # A subclassed model has no graph of layers; a layer of the user may have no config.
        if type(self.model).__name__ not in ("Functional", "Sequential") or not self.model.built:
            return
        try:
            text = self.model.to_json()
        except (TypeError, ValueError, NotImplementedError) as error:
            warn(f"TensorBoard shows no graph of this model: {error}")
            return
        self._file("train").graph("keras", text)

    def _write_weights(self, epoch: int) -> None:
        file = self._file("train")
        for weight in self.model.weights:
            values = weight.numpy()
            file.histogram(f"{weight.path}/histogram", values, epoch)
            images = as_images(values) if self.write_images else None
            if images is not None:
                file.images(f"{weight.path}/image", images, epoch)

    def _embedding_layers(self) -> list[Any]:
        from pronghorn.layers import Embedding

        return [layer for layer in self.model._flatten_layers() if isinstance(layer, Embedding)]

    def _write_projector_config(self) -> None:
        """The projector finds its vectors, and their labels, by this file."""
        from google.protobuf import text_format
        from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

        labels, names = self.embeddings_metadata, [la.name for la in self._embedding_layers()]
        if isinstance(labels, Mapping) and (unknown := sorted(set(labels) - set(names))):
            raise ValueError(
                f"`embeddings_metadata` names {unknown}, no Embedding layers of the model. "
                f"Its Embedding layers: {names}"
            )
        config = ProjectorConfig()
        for name in names:
            embedding = config.embeddings.add(tensor_name=name, tensor_path=f"{name}.tsv")
            path = labels.get(name) if isinstance(labels, Mapping) else labels
            if path is not None:
                embedding.metadata_path = os.fspath(path)
        os.makedirs(self.log_dir, exist_ok=True)
        with open(os.path.join(self.log_dir, "projector_config.pbtxt"), "w") as file:
            file.write(text_format.MessageToString(config))

    def _write_embeddings(self) -> None:
        import numpy as np

        for layer in self._embedding_layers():
            path = os.path.join(self.log_dir, f"{layer.name}.tsv")
            np.savetxt(path, layer.embeddings.numpy(), "%.6g", delimiter="\t")

    def _file(self, folder: str) -> EventFile:
        if folder not in self._files:
            self._files[folder] = EventFile(os.path.join(self.log_dir, folder))
        return self._files[folder]

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}


def _frequency(name: str, value: Any) -> int:
    if not _is_count(value):
        raise ValueError(f"`{name}` must be a number of epochs, or 0. Received: {name}={value!r}")
    return value


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
