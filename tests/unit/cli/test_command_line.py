"""The command line as a user meets it: what it writes, and one sentence with an exit code for what is wrong."""

from __future__ import annotations

import csv
import inspect
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import h5py
import numpy as np
import pytest
import typer
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner, Result

import microtann as mt
from microtann.cli import train
from microtann.cli.main import app
from microtann.data.file import read_dataset
from microtann.errors import ConvergenceError
from microtann.system.stage import STAMP

SMALL = ["--paths", "12", "--steps", "20"]
MAIN = typer.main.get_group(app)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


def refused(result: Result, sentence: str, code: int = 2) -> None:
    """Assert one sentence on standard error and the exit code."""
    assert result.exit_code == code, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("microtann: ")
    assert sentence in lines[0]
    assert "Traceback" not in result.output


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "data"
    result = call("data", "--output", folder, *SMALL)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def model_file() -> Path:
    return Path(mt.__file__).parent / "models" / "cube-play.safetensors"


def test_data_are_generated_checked_and_kept(data_folder: Path) -> None:
    dataset = read_dataset(data_folder / "data.h5")
    assert len(dataset.training) + len(dataset.validation) + len(dataset.test) == 240
    assert 'kind = "cube"' in (data_folder / "configuration.toml").read_text()
    stamp = (data_folder / STAMP).stat().st_mtime_ns
    again = call("data", "--output", data_folder, *SMALL)
    assert again.exit_code == 0
    assert "kept" in again.output
    assert (data_folder / STAMP).stat().st_mtime_ns == stamp
    assert call("data", "check", data_folder / "data.h5").exit_code == 0
    refused(call("data", "--output", data_folder, "--paths", 13), "add --overwrite")


def test_a_configuration_file_and_options_together(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('[cell]\nkind = "square"\nunits = 2\n[walks]\npaths = 8\nsteps = 5\n[train]\nseed = 4\n')
    result = call("data", "-o", tmp_path / "d", "-c", file, "--set", "cell.perturbation=0.2", "--seed", 7)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "d" / "configuration.toml").read_text()
    assert "perturbation = 0.2" in text
    assert "seed = 7" in text
    assert read_dataset(tmp_path / "d" / "data.h5").components == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "walks.pahts=3"], "unknown key 'walks.pahts' in the command line: did you mean 'paths'?"),
        (["--set", "wlaks.paths=3"], "unknown section [wlaks]"),
        (["--set", "walks.paths=many"], "must be an integer, got 'many'"),
        (["--set", "walks.paths=3", "--set", "walks.paths=4"], "--set gives walks.paths twice"),
        (["--cell", "sphere"], "there is no cell 'sphere'"),
        (["--units", "0"], "'cell.units' in the command line must be at least 1, got 0"),
        (["--set", "bar.young=-1"], "'bar.young' in the command line must be larger than 0"),
        (["--set", "cell.perturbation=0.2"], "no interior node to perturb"),
        (["--config", "none.toml"], "none.toml cannot be read: No such file"),
    ],
)
def test_bad_configurations_leave_nothing(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    refused(call("data", "--output", tmp_path / "d", *arguments), sentence)
    assert list(tmp_path.iterdir()) == []


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    refused(call("data", "--output", tmp_path, *SMALL), "did not write there (thesis.tex)")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def without_field(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["training/stress_next"]


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def text_file(path: Path) -> None:
    path.write_text("not a data file")


@pytest.mark.parametrize(
    ("damage", "sentence"), [(without_field, "stress_next"), (truncated, "truncated"), (text_file, "HDF5")]
)
def test_damaged_data_files(
    tmp_path: Path, data_folder: Path, damage: Callable[[Path], None], sentence: str
) -> None:
    file = tmp_path / "data.h5"
    file.write_bytes((data_folder / "data.h5").read_bytes())
    damage(file)
    refused(call("train", file, "--output", tmp_path / "t"), sentence)
    checked = call("data", "check", file)
    assert checked.exit_code == 2
    assert sentence in checked.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["data.h5"]


def other_schema(path: Path, model: Path) -> None:
    save_file(load_file(model), path, metadata={"format": "microtann-tann", "schema": "999"})


def not_ours(path: Path, model: Path) -> None:
    save_file({"weight": np.zeros(3)}, path)


def half(path: Path, model: Path) -> None:
    path.write_bytes(model.read_bytes()[: model.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [(other_schema, "'999'"), (not_ours, "not a microtann model"), (half, "not a complete safetensors file")],
)
def test_damaged_models(
    tmp_path: Path, model_file: Path, damage: Callable[[Path, Path], None], sentence: str
) -> None:
    file = tmp_path / "m.safetensors"
    damage(file, model_file)
    refused(call("simulate", "lcU1", "--model", file, "--output", tmp_path / "s"), sentence)
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"]


def test_unknown_cases_models_and_sizes(tmp_path: Path) -> None:
    place = ["--output", tmp_path / "s"]
    refused(call("simulate", "lcX", *place), "no reference case 'lcX'")
    refused(call("simulate", "lcU1", "--model", "cub", *place), "no model file 'cub'")
    refused(call("simulate", "lcU1", "--mesh-size", "3", *place), "do not fill")
    refused(call("simulate", "lcU1", "--dns", "1/0", *place), "a ratio such as 1/20")
    refused(call("report", tmp_path), "holds no results")
    assert list(tmp_path.iterdir()) == []


def test_a_simulation_with_the_exact_cell(tmp_path: Path) -> None:
    output = tmp_path / "lcU1"
    result = call("simulate", "lcU1", "--model", "exact", "--mesh-size", 5, "--dns", 0.5, "--output", output)
    assert result.exit_code == 0, result.output
    numbers = json.loads((output / "numbers.json").read_text())
    # the field is uniform: finite elements and full lattice agree to solver precision at any size
    assert max(numbers["homogenisation_errors"].values()) < 1e-8
    with (output / "histories.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    for name, values in numbers["runs"]["lattice"]["quantities"].items():
        assert [float(row[f"{name.replace(',', '')} lattice"])] == values
    with (output / "fe-exact.csv").open(encoding="utf-8") as file:
        (whole,) = csv.DictReader(file)
    assert float(whole["reaction z=10 z"]) == float(row["axial_force fe-exact"])
    assert float(whole["displacement z=10 z"]) == pytest.approx(-3.0, rel=1e-12)
    assert numbers["network_errors"] is None
    page = (output / "report.html").read_text()
    assert "http://" not in page
    assert "https://" not in page
    for name in ("displacement.png", "energy.png", "stress.png", "plastic.png"):
        assert (output / name).stat().st_size > 5000
    for name in ("fe-exact", "lattice"):
        assert (output / f"{name}.pvd").is_file()
        assert (output / f"{name}-0000.vtu").is_file()
    again = call("simulate", "lcU1", "--model", "exact", "-c", output / "configuration.toml", "-o", output)
    assert "kept" in again.output
    report = call("report", tmp_path, "--title", "Mine")
    assert report.exit_code == 0
    assert "<title>Mine</title>" in (tmp_path / "report.html").read_text()


PATH = "e11,e22,e33,e23,e13,e12\n" + "".join(f"{0.1 * i},0,0,0,0,{-0.05 * i}\n" for i in range(1, 8))


def test_a_model_on_a_path_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(PATH)
    output = tmp_path / "e"
    result = call("evaluate", "cube", "--strain", tmp_path / "mine.csv", "--output", output)
    assert result.exit_code == 0, result.output
    errors = json.loads((output / "numbers.json").read_text())["paths"]["mine"]
    assert errors["stress"] < 1e-4
    assert errors["violations"] == 0
    table = np.genfromtxt(output / "responses.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    strain = np.stack([0.1, 0, 0, 0, 0, -0.05] * np.arange(1, 8)[:, None])
    exact = mt.load("cube").microstructure.solve(strain)
    assert np.allclose(table["e12"], strain[:, 5], rtol=0, atol=1e-15)
    assert np.array_equal(table["s11_exact"], exact.stress[:, 0])
    assert np.abs(table["energy_model"] - exact.energy).max() < 1e-3 * exact.energy.max()
    assert (output / "errors-in-closed-loop.csv").read_text(encoding="utf-8").count("\n") == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (PATH.replace("e12", "e21", 1), "e21"),
        (PATH.replace(",e12", "", 1), "e12"),
        (PATH + "0.1,0,0\n", "line 9"),
        (PATH + "0.1,0,0,0,0,nan\n", "line 9"),
    ],
)
def test_strain_paths_of_the_wrong_shape(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(text)
    refused(call("evaluate", "cube", "--strain", file, "--output", tmp_path / "e"), sentence)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.csv"]


def test_a_cell_of_the_user(tmp_path: Path) -> None:
    mt.write_cell(tmp_path / "cell.toml", mt.square_cell(), mt.ElastoplasticBar(hardening=0.02))
    result = call("data", "-o", tmp_path / "d", *SMALL, "--set", f"cell.file={tmp_path / 'cell.toml'}")
    assert result.exit_code == 0, result.output
    dataset = read_dataset(tmp_path / "d" / "data.h5")
    assert dataset.microstructure.bar == mt.ElastoplasticBar(hardening=0.02)
    assert len(dataset.microstructure.cell.bars) == 20
    softer = call("data", "-o", tmp_path / "s", *SMALL, "--cell", tmp_path / "cell.toml", "--set", "bar.young=0.5")
    assert softer.exit_code == 0, softer.output
    assert read_dataset(tmp_path / "s" / "data.h5").microstructure.bar == mt.ElastoplasticBar(
        young=0.5, hardening=0.02
    )
    missing = call("data", "-o", tmp_path / "n", "--set", "cell.file=none.toml")
    refused(missing, "none.toml cannot be read")


def test_a_driven_cell(tmp_path: Path) -> None:
    result = call("cell", "square", "--strain", "11=0.4,0", "--increments", 5, "--output", tmp_path / "c")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "c" / "averages.csv").is_file()
    refused(call("cell", "square", "--output", tmp_path / "n"), "give one loading")


def test_no_convergence_ends_with_3_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def diverge(*_: object, **__: object) -> None:
        raise ConvergenceError("the iteration failed", increment=2, residuals=[1.0, 0.5], worst=[7])

    monkeypatch.setattr("microtann.evaluation.simulation.simulate", diverge)
    result = call("simulate", "lcU1", "--model", "exact", "--output", tmp_path / "s")
    refused(result, "the iteration failed (increment 2; residuals 1.0e+00, 5.0e-01; worst 7)", code=3)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (OSError(28, "No space left on device", "x.h5"), 2, "x.h5: No space left on device"),
        (KeyboardInterrupt(), 130, "Run the same command again"),
        (MemoryError(), 2, "not enough memory"),
    ],
)
def test_what_else_can_happen(
    tmp_path: Path,
    data_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    sentence: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(train, "fit", fail)
    refused_result = call("train", data_folder / "data.h5", "--output", tmp_path / "t")
    assert refused_result.exit_code == code
    assert sentence in refused_result.stderr
    assert "Traceback" not in refused_result.output
    assert not (tmp_path / "t").exists()


def test_the_demo_needs_a_cell_in_space(tmp_path: Path) -> None:
    refused(call("demo", "--cell", "square", "--output", tmp_path / "d"), "choose a cell in space")
    assert list(tmp_path.iterdir()) == []


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def words(text: str) -> str:
    """Return the text on one line, without frames and marks of emphasis."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", re.sub(r"[*`]", "", text)).split())


@pytest.mark.parametrize(
    ("path", "command"), [pytest.param(*c, id=" ".join(c[0]) or "main") for c in commands(MAIN)]
)
def test_no_word_of_a_help_text_is_lost(path: tuple[str, ...], command: click.Command) -> None:
    shown = words(
        CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "400", "TERMINAL_WIDTH": "400"}).output
    )
    assert words(inspect.cleandoc(command.help or "")) in shown
    for parameter in command.params:
        assert words(getattr(parameter, "help", "") or "") in shown, parameter.name


def test_the_help_tells_defaults_and_the_order_of_the_work() -> None:
    wide = {"COLUMNS": "400", "TERMINAL_WIDTH": "400"}
    assert "[default: 0.5]" in CliRunner().invoke(app, ["simulate", "--help"], env=wide).output
    assert "section [train]" in CliRunner().invoke(app, ["train", "--help"], env=wide).output
    listed = [line.split()[1] for line in call("--help").output.splitlines() if re.match(r"│ [a-z]+ {2}", line)]
    making = ["cell", "data", "train", "reduce", "tune", "study", "models"]
    using = [
        "evaluate",
        "cost",
        "simulate",
        "job",
        "refine",
        "export",
        "explore",
        "compare",
        "replay",
        "reproduce",
        "report",
        "examples",
        "demo",
        "configuration",
    ]
    assert listed == making + using


def test_help_and_version() -> None:
    text = call("--help").output
    for command in ("data", "train", "evaluate", "simulate", "report", "demo", "cell", "configuration"):
        assert command in text
    assert call("--version").output.strip() == f"microtann {mt.__version__}"
    assert call("no-such-command").exit_code == 2


def test_the_installed_command_shows_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from microtann.cli.main import run; run()"]
    done = subprocess.run(
        [*command, "train", "none.h5"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "microtann: none.h5 cannot be read: No such file or directory\n"
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_generation_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from microtann.cli.main import run; run()", "data", "-o", "d"]
    size = ["--set", "cell.units=2", "--set", "cell.perturbation=0.2", "--paths", "600", "--steps", "40"]
    process = subprocess.Popen([*command, *size], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120.0
    while not list(tmp_path.glob(".d.*/data.h5.shards/*")) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    message = process.communicate(timeout=60)[1]
    assert process.returncode == 130, message
    assert "Run the same command again" in message
    assert "Traceback" not in message
    assert not (tmp_path / "d").exists()
    done = subprocess.run([*command, *size], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d"]
