# SPDX-License-Identifier: Apache-2.0
"""The command `pronghorn`: what it prints, writes, and refuses."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest

import pronghorn as keras
from pronghorn import layers
from pronghorn.command_line import main

X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


@pytest.fixture
def model():
    made = keras.Sequential(
        [
            keras.Input((4,), name="table"),
            layers.Dense(5, activation="relu", name="hidden"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(2, activation="softmax", name="kind"),
        ],
        name="classifier",
    )
    made.compile("adam", "mse")
    made.fit(X, X[:, :2], verbose=0)
    return made


@pytest.fixture
def folder(tmp_path, model, monkeypatch):
    """The current folder, with a model in it."""
    monkeypatch.chdir(tmp_path)
    model.save("model.keras")
    return tmp_path


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "pronghorn", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_as_a_program_it_prints_results_and_tells_errors_by_stream_and_code(folder):
    good = run("summary", "model.keras")
    assert (good.returncode, good.stderr) == (0, "")
    assert "hidden (Dense)" in good.stdout
    bad = run("summary", "missing.keras")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr == "pronghorn summary: error: there is no file missing.keras\n"
    usage = run("paint")
    assert usage.returncode == 2
    assert "invalid choice: 'paint'" in usage.stderr


def test_help_lists_the_commands(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    for command in ("bench", "convert", "info", "predict", "summary"):
        assert f"\n    {command} " in shown
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"pronghorn {keras.__version__}\n"


def test_info_tells_version_instruction_set_threads_and_packages(capsys):
    assert main(["info"]) == 0
    shown = capsys.readouterr().out
    for part in (
        keras.__version__,
        keras.config.instruction_set(),
        f"threads          {keras.config.num_threads()}",
        np.__version__,
    ):
        assert part in shown


WHOLE = ("a.keras", "a.h5", "a_folder")


@pytest.mark.parametrize(("first", "second"), [*itertools.product(WHOLE, WHOLE)])
def test_whole_models_are_converted_into_each_other(first, second, folder, model):
    second = second.replace("a", "b", 1)
    assert main(["convert", "model.keras", first]) == 0
    assert main(["convert", first, second]) == 0
    again = keras.models.load_model(second)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    for ours, theirs in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize("weights", ["w.weights.h5", "w.npz", "w.safetensors"])
@pytest.mark.parametrize("architecture", ["model.keras", "model.json"])
def test_weights_become_a_model_with_its_architecture(weights, architecture, folder, model):
    assert main(["convert", "model.keras", weights]) == 0
    assert main(["convert", "model.keras", "model.json"]) == 0
    assert main(["convert", weights, "again.keras", "--model", architecture]) == 0
    again = keras.models.load_model("again.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_onnx_is_written(folder, model):
    assert main(["convert", "model.keras", "model.onnx"]) == 0
    (got,) = onnxruntime.InferenceSession("model.onnx").run(None, {"table": X})
    np.testing.assert_allclose(got, model.predict(X, verbose=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["w.npz", "out.keras"], "holds weights alone, and not how the model is built"),
        (["model.json", "out.keras"], "an architecture without weights"),
        (["model.onnx", "out.keras"], "an ONNX file, of operations and not of layers"),
        (["model.keras", "w.npz"], "w.npz exists: give --overwrite"),
        (["model.keras", "out.png"], "the ending of OUT must be one of .keras, .h5"),
        (["model.keras", "out.npz", "--model", "model.json"], "--model goes with weights"),
        (["missing.keras", "out.npz"], "there is no file missing.keras"),
        (["broken.keras", "out.npz"], "broken.keras"),
        (
            ["w.npz", "out.keras", "--model", "other.keras"],
            "has shape (4, 2), but the file has (4, 5)",
        ),
        (["model.keras", "no/such/out.keras"], "there is no folder"),
        (["model.keras", "out.keras", "--import", "no_such_module"], "no_such_module"),
    ],
)
def test_what_cannot_be_converted_says_why_and_writes_nothing(
    arguments, message, folder, model, capsys
):
    for name in ("w.npz", "model.json", "model.onnx"):
        assert main(["convert", "model.keras", name]) == 0
    (folder / "broken.keras").write_bytes(b"PK\3\4 and no more")
    keras.Sequential([keras.Input((4,)), layers.Dense(2), layers.Dense(2)]).save("other.keras")
    before = {path.name for path in folder.iterdir()}
    capsys.readouterr()
    assert main(["convert", *arguments]) == 1
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.startswith("pronghorn convert: error: ")
    assert shown.out == ""
    assert {path.name for path in folder.iterdir()} == before


def test_overwrite_replaces(folder):
    for _ in "two":
        assert main(["convert", "model.keras", "w.npz", "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("model.json", "hidden (Dense)"),
        ("w.npz", "layers/dense/vars/0"),
        ("w.weights.h5", "layers/dense/vars/0"),
        ("w.safetensors", "classifier/hidden/kernel"),
        ("model.onnx", "classifier/hidden/kernel"),
    ],
)
def test_summary_shows_what_a_file_holds(name, part, folder, capsys):
    assert main(["convert", "model.keras", name]) == 0
    capsys.readouterr()
    assert main(["summary", name]) == 0
    shown = capsys.readouterr().out
    assert part in shown
    assert "model.keras" not in shown


def test_predictions_are_printed_as_a_table(folder, model, capsys):
    np.save("x.npy", X)
    assert main(["predict", "model.keras", "x.npy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "kind_0,kind_1"
    got = np.array([line.split(",") for line in lines[1:]], "float32")
    np.testing.assert_array_equal(got, model.predict(X, verbose=0))


@pytest.mark.parametrize("header", ["", "a,b,c,d\n"])
@pytest.mark.parametrize("output", ["y.csv", "y.npy", "y.npz"])
def test_predictions_of_a_table_are_stored(folder, model, header, output):
    rows = "\n".join(",".join(map(str, row.tolist())) for row in X)
    (folder / "x.csv").write_text(header + rows + "\n")
    assert main(["predict", "model.keras", "x.csv", "-o", output]) == 0
    if output == "y.csv":
        got = np.loadtxt(output, delimiter=",", skiprows=1, dtype="float32")
    else:
        got = np.load(output)
        got = got if output == "y.npy" else got["kind"]
    np.testing.assert_array_equal(got, model.predict(X, verbose=0))
    assert main(["predict", "model.keras", "x.csv", "-o", output]) == 1  # it is there


def test_several_inputs_and_images_are_read(folder, capsys):
    a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
    both = keras.Model([a, b], [layers.Dense(1, name="p")(a), layers.Dense(2, name="q")(b)])
    both.save("both.keras")
    np.savez("both.npz", a=X[:, :2], b=X[:, 1:])
    assert main(["predict", "both.keras", "both.npz"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "p,q_0,q_1"
    assert main(["predict", "both.keras", "both.npz", "-o", "y.npy"]) == 1
    assert "store them as .npz" in capsys.readouterr().err
    np.save("x.npy", X)
    assert main(["predict", "both.keras", "x.npy"]) == 1
    assert "several inputs ['a', 'b']" in capsys.readouterr().err
    keras.Sequential([keras.Input((2, 2)), layers.Flatten()]).save("image.keras")
    (folder / "image.csv").write_text("1,2,3,4\n")
    assert main(["predict", "image.keras", "image.csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "1.0,2.0,3.0,4.0"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b,c,d\n1,2,3,4\n1,2,x,4\n", "x.csv, line 3, column 3: no number: 'x'"),
        ("1,2,3,4\n1,2,3\n", "x.csv, line 2: expected 4 cells, found 3"),
        ("a,b,c,d\n", "has no rows of numbers"),
        ("", "has no rows of numbers"),
        ("1,2,3\n", "expects arrays of shape (n, 4)"),
    ],
)
def test_a_bad_table_is_an_error_with_its_place(folder, content, message, capsys):
    (folder / "x.csv").write_text(content)
    assert main(["predict", "model.keras", "x.csv"]) == 1
    assert message in capsys.readouterr().err


def test_an_architecture_predicts_nothing(folder, capsys):
    assert main(["convert", "model.keras", "model.json"]) == 0
    np.save("x.npy", X)
    assert main(["predict", "model.json", "x.npy"]) == 1
    assert "architecture without weights" in capsys.readouterr().err


def test_nothing_is_unpickled(folder, capsys):
    np.save("x.npy", np.array([object()], object), allow_pickle=True)
    assert main(["predict", "model.keras", "x.npy"]) == 1
    assert "is not a .npy file of numbers" in capsys.readouterr().err


def test_modules_of_the_user_are_imported_if_asked_for(folder, capsys):
    (folder / "mine_of_test.py").write_text(
        "import pronghorn as keras\n"
        "@keras.saving.register_keras_serializable()\n"
        "class Twice(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return 2 * x\n"
        "if __name__ == '__main__':\n"
        "    keras.Sequential([keras.Input((4,)), Twice()]).save('twice.keras')\n"
    )
    subprocess.run([sys.executable, "mine_of_test.py"], check=True)
    without = run("summary", "twice.keras")
    assert without.returncode == 1
    assert "Twice" in without.stderr
    assert run("summary", "twice.keras", "--import", "mine_of_test").returncode == 0


def test_bench_prints_times_and_shares(capsys):
    assert main(["bench", "--seconds", "0.01"]) == 0
    shown = capsys.readouterr().out
    assert "GFLOP/s" in shown
    assert shown.count("predict ") == 4
    assert main(["bench", "--seconds", "-1"]) == 1
