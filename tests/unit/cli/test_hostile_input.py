"""One sentence and an exit code for values, files and surroundings that cannot be used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann import fem
from microtann.cli.main import app
from microtann.errors import CellError, InputError, ModelFileError
from microtann.system.tensors import read_tensors, write_tensors

PULL = ["--strain", "11=0.1"]


def refusal(*arguments: object) -> str:
    """Return the one sentence of a command that was refused."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == 2, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([*PULL, "--scale", "nan"], "'drawing.scale' in the command line must be finite"),
        ([*PULL, "--scale", "1e308"], "'drawing.scale' in the command line must be at most"),
        ([*PULL, "--seed", "-1"], "'cell.seed' in the command line must be at least 0"),
        ([*PULL, "--size", "inf"], "'cell.size' in the command line must be finite"),
        ([*PULL, "--size", "1e308"], "the cell's lengths must lie between"),
        ([*PULL, "--size", "1e-308"], "the cell's lengths must lie between"),
        ([*PULL, "--young", "1e308"], "bar young must lie between"),
        ([*PULL, "--yield-stress", "1e-300"], "bar yield_stress must lie between"),
        ([*PULL, "--hardening", "1e308"], "bar hardening must lie between"),
        ([*PULL, "--units", "100000"], "units would take about"),
        ([*PULL, "--increments", "999999999999999999"], "would take about"),
        ([*PULL, "--increments", "99999999999999999999"], "must be an integer of 64 bits"),
        (["--strain", "11=1e200"], "strain 11 must be at most 1e+90 in size"),
    ],
)
def test_numbers_that_a_cell_cannot_have(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    assert sentence in refusal("cell", "square", *arguments, "-o", tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


WHOLE = {"nodes": [[0, 0], [1, 0]], "bars": [[0, 1]], "areas": [1.0], "periods": [[1, 0], [0, 1]]}


@pytest.mark.parametrize("key", ["nodes", "bars", "areas", "periods", "bar", "groups", "group"])
def test_null_in_a_cell_file(tmp_path: Path, key: str) -> None:
    file = tmp_path / "cell.json"
    file.write_text(json.dumps({**WHOLE, key: None}))
    with pytest.raises(CellError, match=f"{key} is null: give it a value or leave it out"):
        mt.read_cell(file)
    with pytest.raises(CellError, match="is null"):
        mt.read_bar(file)


@pytest.mark.parametrize(("name", "text"), [("c.json", "[" * 100_000), ("c.toml", "nodes = " + "[" * 5000)])
def test_values_nested_too_deeply(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(CellError, match="damaged"):
        mt.read_cell(tmp_path / name)


@pytest.mark.parametrize("change", ["NaN", "Infinity", "long"])
def test_metadata_of_models_that_no_model_has(tmp_path: Path, change: str) -> None:
    shipped = Path(mt.__file__).parent / "models" / "cube-play.safetensors"
    arrays, texts, _ = read_tensors(shipped)
    information = json.loads(texts["information"])
    information |= {"form": "x" * 10**6} if change == "long" else {"components": float(change.lower()[:3])}
    write_tensors(tmp_path / "m.safetensors", arrays, texts | {"information": json.dumps(information)})
    with pytest.raises(ModelFileError) as caught:
        mt.load(tmp_path / "m.safetensors")
    assert len(str(caught.value)) < 1000


def test_names_of_models_that_no_file_can_have() -> None:
    for name in ("a" * 5000, "a\0b"):
        with pytest.raises(ModelFileError, match="there is no model file"):
            mt.load(name)


@pytest.mark.parametrize("command", ["data", "train"])
def test_seeds_of_more_than_64_bits(tmp_path: Path, command: str) -> None:
    (tmp_path / "data.h5").touch()
    data = [tmp_path / "data.h5"] if command == "train" else []
    assert "must be an integer of 64 bits" in refusal(command, *data, "--seed", 10**20, "-o", tmp_path / "o")


def test_folders_and_texts_are_no_data(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("training")
    assert "Is a directory" in refusal("train", tmp_path, "-o", tmp_path / "t")
    assert "is not an HDF5 file" in refusal("train", tmp_path / "text", "-o", tmp_path / "t")


def test_a_material_of_the_plane_is_refused_in_space() -> None:
    mesh = fem.box((1, 1, 1), (1, 1, 1))
    material = mt.Lattice(mt.square_cell())
    held = [fem.Prescribed(lambda x: x[:, 2] == 0, axis, 0.0) for axis in "xyz"]
    with pytest.raises(InputError, match="the material has 3 strain components, but finite elements are in space"):
        fem.Model(mesh, material).solve([fem.Step(held)])


def run(arguments: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "microtann", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )


def test_hardware_that_jax_does_not_find(tmp_path: Path) -> None:
    done = run(["evaluate", "cube"], tmp_path, JAX_PLATFORMS="no-such-hardware")
    assert done.returncode == 2, done.stderr
    assert b"JAX_PLATFORMS=no-such-hardware names: unset JAX_PLATFORMS or set it to cpu" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["configuration"], ["data", "--paths", "8", "--steps", "5"]])
def test_a_terminal_of_ascii_letters(tmp_path: Path, command: list[str]) -> None:
    done = run(command, tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
