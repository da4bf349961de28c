# SPDX-License-Identifier: Apache-2.0
"""Files of events that TensorBoard reads, made with the parts of it that need no TensorFlow."""

from __future__ import annotations

import io
import os
import time
from itertools import count
from typing import Any

import numpy as np

from pronghorn._extras import require

_files = count()
_MAX_IMAGES = 3  # of one summary, as in Keras


def check_installed() -> None:
    """Raises ImportError if the package `tensorboard` is missing."""
    require("tensorboard", "pronghorn[tensorboard]", "The callback TensorBoard")


class EventFile:
    """A new file of events in a folder; every event is on disk once it is flushed.

    Args:
        folder: made if it is not there.
    """

    def __init__(self, folder: str) -> None:
        import socket

        from tensorboard.summary.writer.record_writer import RecordWriter

        os.makedirs(folder, exist_ok=True)
        name = f"{time.time():.0f}.{socket.gethostname()}.{os.getpid()}.{next(_files)}"
        path = os.path.join(folder, f"events.out.tfevents.{name}.v2")
        self._writer = RecordWriter(open(path, "xb"))  # noqa: SIM115
        self._add(file_version="brain.Event:2")

    def scalar(self, tag: str, value: Any, step: int) -> None:
        """A number; an array becomes one number for each of its elements, `tag/0` and so on."""
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

        values = np.asarray(value, np.float32)
        for i, number in enumerate(values.flat):
            self._add(step, summary=scalar_pb(f"{tag}/{i}" if values.ndim else tag, number))

    def histogram(self, tag: str, values: np.ndarray, step: int) -> None:
        """How the values are distributed, in 30 buckets."""
        from tensorboard.plugins.histogram.summary_v2 import histogram_pb

        self._add(step, summary=histogram_pb(tag, values))

    def images(self, tag: str, images: np.ndarray, step: int) -> None:
        """The first three of some grey images `(n, height, width)`, dtype uint8."""
        from PIL import Image
        from tensorboard.plugins.image.metadata import create_summary_metadata

        _, height, width = images.shape
        entries = [str(width).encode(), str(height).encode()]
        for image in images[:_MAX_IMAGES]:
            png = io.BytesIO()
            Image.fromarray(image).save(png, "PNG")
            entries.append(png.getvalue())
        self._tensor(tag, np.array(entries, object), step, create_summary_metadata(None, None))

    def graph(self, tag: str, model_json: str) -> None:
        """The layers of a model and how they are connected, from `model.to_json()`."""
        from tensorboard.compat.proto.summary_pb2 import SummaryMetadata

        # The name and content by which TensorBoard's plugin for graphs knows a model of Keras.
        plugin = SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
        self._tensor(tag, np.array(model_json, object), 0, SummaryMetadata(plugin_data=plugin))

    def flush(self) -> None:
        """Write what waits in memory."""
        self._writer.flush()

    def close(self) -> None:
        """Write what waits in memory, for the last time."""
        self._writer.close()

    def _tensor(self, tag: str, value: np.ndarray, step: int, metadata: Any) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.util.tensor_util import make_tensor_proto

        summary = Summary()
        summary.value.add(tag=tag, metadata=metadata, tensor=make_tensor_proto(value, "string"))
        self._add(step, summary=summary)

    def _add(self, step: int = 0, **event: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.write(Event(wall_time=time.time(), step=step, **event).SerializeToString())


def as_images(weight: np.ndarray) -> np.ndarray | None:
    """A weight as grey images `(n, height, width)`, black its least and white its largest value.

    A vector stands upright, a matrix lies on its longer side, of a tensor `(h, w, n)` each
    `[:, :, i]` is an image (the arrangement of Keras). None for what has more dims, or no extent.
    """
    array = np.squeeze(weight).astype(np.float64)
    if array.ndim == 1:
        array = array[:, None]
    elif array.ndim == 2 and array.shape[0] > array.shape[1]:
        array = array.T
    if array.ndim == 2:
        array = array[None]
    elif array.ndim == 3:
        array = array.transpose(2, 0, 1)
    if array.ndim != 3 or not array.size or not np.isfinite(array).all():
        return None
    low, high = array.min(), array.max()
    return np.rint((array - low) * (255.0 / (high - low or 1.0))).astype(np.uint8)
