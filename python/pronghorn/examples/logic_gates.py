# SPDX-License-Identifier: Apache-2.0
"""Logic gates from threshold units, and XOR, which takes two layers of them.

A threshold unit gives 1 if the weighted sum of its inputs reaches 0, and else 0 (McCulloch and
Pitts, 1943). One unit can be AND, OR or NAND, but not XOR: no line separates its ones from its
zeros (Minsky and Papert, 1969). Two layers can. The step has no slope to learn by, so a network
with smooth units learns XOR instead.

Run it with `python -m pronghorn.examples.logic_gates`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

import pronghorn as keras

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
# gate -> weights of the two inputs, and bias
GATES = {"AND": ([1, 1], -1.5), "OR": ([1, 1], -0.5), "NAND": ([-1, -1], 1.5)}
XOR = np.array([0, 1, 1, 0])


def step(x):
    """The activation of a threshold unit."""
    return keras.ops.cast(x >= 0, "float32")


def threshold_units(*gates: str) -> keras.layers.Dense:
    """A layer with one unit for each gate; both inputs go to all of them."""
    layer = keras.layers.Dense(len(gates), activation=step)
    layer.build((None, 2))
    weights = np.array([GATES[gate][0] for gate in gates], "float32").T
    layer.set_weights([weights, np.array([GATES[gate][1] for gate in gates], "float32")])
    return layer


def xor_from_gates() -> keras.Sequential:
    """a XOR b = (a OR b) AND (a NAND b)."""
    return keras.Sequential(
        [keras.Input((2,)), threshold_units("OR", "NAND"), threshold_units("AND")]
    )


def xor_learned(seed: int, units: int = 8) -> keras.Sequential:
    """A network that learns XOR from its four rows."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(units, activation="tanh"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    model.fit(INPUTS, XOR, epochs=300, batch_size=4, verbose=0)
    return model


def main(argv: Sequence[str] | None = None) -> dict[str, list[int]]:
    """Prints the truth table of every gate, and returns its columns."""
    parser = argparse.ArgumentParser(prog="python -m pronghorn.examples.logic_gates")
    parser.add_argument("--seed", type=int, default=0, help="of the network that learns XOR (0)")
    options = parser.parse_args(argv)

    columns = {gate: threshold_units(gate)(INPUTS).numpy()[:, 0] for gate in GATES}
    columns["XOR of gates"] = xor_from_gates().predict(INPUTS, verbose=0)[:, 0]
    learned = xor_learned(options.seed).predict(INPUTS, verbose=0)[:, 0]
    columns["XOR learned"] = learned > 0.5

    print("  ".join(["a", "b", *columns]))
    for i, (a, b) in enumerate(INPUTS):
        cells = [f"{int(column[i]):>{len(name)}}" for name, column in columns.items()]
        print("  ".join([f"{a:.0f}", f"{b:.0f}", *cells]))
    print("\nWhat the network that learned XOR says is a probability:", learned.round(3).tolist())
    return {name: [int(value) for value in column] for name, column in columns.items()}


if __name__ == "__main__":
    main()
