# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import copy

import pytest

import pronghorn as keras


def test_values_are_attributes_and_items() -> None:
    config = keras.utils.Config(b=1)
    config.a = 2
    config["c"] = 3
    assert (config.a, config["b"], config.get("d", 4)) == (2, 1, 4)
    assert list(config) == ["a", "b", "c"]
    del config.a
    assert config.as_dict() == {"b": 1, "c": 3} == dict(copy.deepcopy(config))
    assert "a" not in config
    with pytest.raises(AttributeError, match="'a'"):
        _ = config.a


def test_a_frozen_config_does_not_change() -> None:
    config = keras.utils.Config(a=1)
    config.freeze()
    for change in (
        lambda: setattr(config, "a", 2),
        lambda: config.update(b=1),
        lambda: config.pop("a"),
    ):
        with pytest.raises(ValueError, match="frozen"):
            change()
    assert config.frozen
    assert config.as_dict() == {"a": 1}
    config.unfreeze()
    config.a = 2
    assert config.a == 2
