# SPDX-License-Identifier: Apache-2.0
"""Dtype policies: in which types a layer computes and keeps its weights.

The engine computes in float32 and float64. The 16-bit policies of Keras are accepted, and their
names stay in configs and files, but the numbers are float32: never less precise than was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronghorn.backend.dtypes import DTYPES, STORED_AS, floatx
from pronghorn.backend.naming import call_on_clear_session

_MIXED = "mixed_"
_HALVES = ("float16", "bfloat16")


class DTypePolicy:
    """The dtypes of a layer by one name.

    Args:
        name: a dtype, for both; or "mixed_float16" or "mixed_bfloat16": weights in float32,
            computation in 16 bits. The default is the global policy's.

    Attributes:
        name: as given.
        compute_dtype: the dtype asked for computation. What is narrower than float32 is computed
            in float32.
        variable_dtype: the dtype asked for weights; the same holds.

    Raises:
        ValueError: no such policy.

    >>> import pronghorn as keras
    >>> policy = keras.DTypePolicy("mixed_float16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('float16', 'float32')
    >>> keras.layers.Dense(2, dtype=policy).kernel_initializer is not None
    True
    """

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = dtype_policy().name
        mixed = isinstance(name, str) and name.startswith(_MIXED)
        compute = name.removeprefix(_MIXED) if mixed else name
        if mixed and compute not in _HALVES or compute not in (*DTYPES, *STORED_AS):
            raise ValueError(
                "A dtype policy is 'mixed_float16', 'mixed_bfloat16' or the name of a dtype such "
                f"as 'float32'. Received: {name!r}"
            )
        self.name: str = name
        self.compute_dtype = compute
        self.variable_dtype = "float32" if mixed else compute

    def get_config(self) -> dict[str, Any]:
        """The name."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> DTypePolicy:
        """The policy of a `get_config()`."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


FloatDTypePolicy = DTypePolicy
"""Its name before Keras 3.4."""

_global: DTypePolicy | None = None


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none: `floatx()` unless it was set."""
    return _global or DTypePolicy(floatx())


def set_dtype_policy(policy: Any) -> None:
    """Set the policy of layers that are given none, until `clear_session()`.

    Args:
        policy: `DTypePolicy` or its name.

    >>> import pronghorn as keras
    >>> keras.config.set_dtype_policy("mixed_bfloat16")
    >>> keras.config.dtype_policy()
    <DTypePolicy "mixed_bfloat16">
    >>> keras.config.set_dtype_policy("float32")
    """
    global _global
    _global = get(policy)


@call_on_clear_session
def _forget_policy() -> None:
    global _global
    _global = None


def get(identifier: Any) -> DTypePolicy:
    """What a user means by a policy, its name or config, a dtype, or None (the global one)."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    name = getattr(identifier, "name", None) or getattr(identifier, "__name__", None)
    return DTypePolicy(name or str(identifier).rpartition(".")[2])  # torch.float32


def serialize(policy: DTypePolicy) -> dict[str, Any]:
    """The form that Keras writes into files."""
    return {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": policy.get_config(),
        "registered_name": None,
    }


def deserialize(config: Mapping[str, Any]) -> DTypePolicy:
    """The inverse of `serialize`, also for `Policy` of Keras 2.

    Raises:
        ValueError: for the policies of quantized layers.
    """
    if config["class_name"] not in ("DTypePolicy", "FloatDTypePolicy", "Policy"):
        raise ValueError(f"Layers cannot be quantized. Received: dtype policy {dict(config)}")
    return DTypePolicy.from_config(config["config"])
