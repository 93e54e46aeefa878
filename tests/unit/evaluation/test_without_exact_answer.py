"""Models of data of a foreign kind: every command does what it can, and says what it leaves out."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.equilibrium.solver_options import SolverOptions
from microtann.errors import InputError, ReadingNote
from microtann.evaluation.audit_on_data import audit_on_data

ERROR = 0.01


@pytest.fixture(scope="module")
def tann() -> mt.TANN:
    shipped = mt.load("cube")
    return mt.TANN(shipped.point, replace(shipped.information, microstructure=None))


@pytest.fixture(scope="module")
def data(tann: mt.TANN) -> mt.Dataset:
    """Return walks whose stress is everywhere larger than that of the model."""
    strain = np.cumsum(0.1 * np.random.default_rng(0).standard_normal((12, 8, 6)), axis=1)
    stress = (1.0 + ERROR) * tann.recall(strain, outside_training="none").stress
    units = {"stress": tann.information.units["stress"]}
    return mt.dataset_of_paths([mt.AveragedPath(E, S) for E, S in zip(strain, stress, strict=True)], units)


@pytest.fixture(scope="module")
def folder(data: mt.Dataset, tann: mt.TANN, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("foreign")
    mt.write_dataset(place / "data.h5", data)
    tann.save(place / "model.safetensors")
    (place / "path.csv").write_text(
        "time,e11,e22,e33,e23,e13,e12\n1,0.1,0,0,0,0,0\n2,0.2,0,0,0,0,0.1\n3,0,0,0,0,0,0\n"
    )
    return place


def run(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output + result.stderr
    return " ".join((result.output + result.stderr).split())


def test_a_model_is_run_along_paths(folder: Path, tann: mt.TANN, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    said = run(folder, "evaluate", "model.safetensors", "--strain", "path.csv", "-o", "own")
    assert "its errors are left out" in said
    table = np.genfromtxt("own/responses.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    strain = np.zeros((3, 6))
    strain[:2, 0], strain[1, 5] = (0.1, 0.2), 0.1
    np.testing.assert_allclose(table["s11"], tann.recall(strain, outside_training="none").stress[:, 0])
    run(folder, "evaluate", "model.safetensors", "-o", "protocol")
    numbers = json.loads(Path("protocol/numbers.json").read_text())["paths"]
    assert {"a", "b", "z"} <= set(numbers)
    assert numbers["a"]["violations"] == 0
    assert numbers["a"]["reach"] < 3.0
    run(folder, "evaluate", "model.safetensors", "--data", "data.h5", "-o", "errors")


def test_a_structure_without_the_exact_cell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    coarse = ("simulate", "lcC1", "-m", "model.safetensors", "--mesh-size", "5", "--set=simulate.increments=1")
    said = run(folder, *coarse, "--audit", "4", "-o", "left-out")
    assert "the exact cell and the full lattice are left out" in said
    assert "the audit is left out" in said
    run(folder, *coarse, "--audit", "4", "--set=simulate.audit_data=data.h5", "-o", "audited")
    audited = json.loads(Path("audited/numbers.json").read_text())["audit"]
    assert len(audited["errors"]["stress"]) == len(audited["distance"]) == 4


def test_the_audit_on_data_knows_the_errors_where_data_are(data: mt.Dataset, tann: mt.TANN) -> None:
    """An element that follows a held-out walk has the error of that walk, and the data are there."""
    rows = data.test.take(data.test.path == data.test.path[0])
    steps = []
    for E in rows.strain + rows.strain_increment:
        gradient = np.array([[E[0], E[5], 0.0], [0.0, E[1], 0.0], [E[4], E[3], E[2]]])
        held = [
            mt.fem.Prescribed(lambda x: x[:, 0] >= 0, axis, lambda x, row=row: x @ row)
            for axis, row in enumerate(gradient)
        ]
        steps.append(mt.fem.Step(held, increments=1))
    options = SolverOptions(outside_training="none")
    result = mt.fem.Model(mt.fem.box((1.0, 1.0, 1.0), (1, 1, 1)), tann).solve(steps, options)
    found = audit_on_data(result, tann, data, count=6)
    np.testing.assert_allclose(found.errors["stress"], ERROR, rtol=1e-2)
    assert found.distance.max() < 1e-3
    assert "times as far as data" in str(found)
    with pytest.raises(InputError, match="at least one point"):
        audit_on_data(result, tann, data, count=0)


def test_a_data_file_is_no_cell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, ["reduce", "data.h5"])
    assert result.exit_code == 2
    assert "data.h5 holds increments, and no cell: train on it with microtann train data.h5" in result.stderr


def test_notes_from_python(tann: mt.TANN) -> None:
    with pytest.warns(ReadingNote, match="are left out"):
        mt.simulate("lcC1", tann, mesh_size=5.0, increments=1, outside_training="none")
