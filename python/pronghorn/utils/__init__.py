# SPDX-License-Identifier: Apache-2.0
"""Conversions of data, data sets, the random seed, the progress bar, pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pronghorn._lazy import lazy
from pronghorn.backend import clear_session as clear_session
from pronghorn.backend import is_keras_tensor as is_keras_tensor
from pronghorn.backend import standardize_dtype as standardize_dtype
from pronghorn.backend.settings import disable_interactive_logging as disable_interactive_logging
from pronghorn.backend.settings import enable_interactive_logging as enable_interactive_logging
from pronghorn.backend.settings import (
    is_interactive_logging_enabled as is_interactive_logging_enabled,
)
from pronghorn.random.seed_generator import set_random_seed as set_random_seed
from pronghorn.saving import CustomObjectScope as CustomObjectScope
from pronghorn.saving import custom_object_scope as custom_object_scope
from pronghorn.saving import deserialize_keras_object as deserialize_keras_object
from pronghorn.saving import get_custom_objects as get_custom_objects
from pronghorn.saving import get_registered_name as get_registered_name
from pronghorn.saving import get_registered_object as get_registered_object
from pronghorn.saving import register_keras_serializable as register_keras_serializable
from pronghorn.saving import serialize_keras_object as serialize_keras_object
from pronghorn.utils.batch_structure import pack_x_y_sample_weight as pack_x_y_sample_weight
from pronghorn.utils.batch_structure import unpack_x_y_sample_weight as unpack_x_y_sample_weight
from pronghorn.utils.config import Config as Config
from pronghorn.utils.get_file import get_file as get_file
from pronghorn.utils.numpy_utils import normalize as normalize
from pronghorn.utils.numpy_utils import to_categorical as to_categorical
from pronghorn.utils.progbar import Progbar as Progbar
from pronghorn.utils.py_dataset import PyDataset as PyDataset
from pronghorn.utils.py_dataset import Sequence as Sequence
from pronghorn.utils.source_inputs import get_source_inputs as get_source_inputs
from pronghorn.utils.split import split as split
from pronghorn.utils.split_dataset import split_dataset as split_dataset

if TYPE_CHECKING:
    from pronghorn.utils.learning_rate_finder import LearningRateSweep as LearningRateSweep
    from pronghorn.utils.learning_rate_finder import find_learning_rate as find_learning_rate
    from pronghorn.utils.plots.confusion_matrix import (
        plot_confusion_matrix as plot_confusion_matrix,
    )
    from pronghorn.utils.plots.decision_boundary import (
        plot_decision_boundary as plot_decision_boundary,
    )
    from pronghorn.utils.plots.model_dot import model_to_dot as model_to_dot
    from pronghorn.utils.plots.plot_model import plot_model as plot_model

__getattr__, __dir__ = lazy(
    __name__,
    {
        "LearningRateSweep": ".learning_rate_finder",
        "find_learning_rate": ".learning_rate_finder",
        "model_to_dot": ".plots.model_dot",
        "plot_confusion_matrix": ".plots.confusion_matrix",
        "plot_decision_boundary": ".plots.decision_boundary",
        "plot_model": ".plots.plot_model",
    },
)
