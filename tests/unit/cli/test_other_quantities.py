"""Commands refuse data files whose quantities are not those of the model or of the training they are used with."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import pytest
from typer.testing import CliRunner, Result

from microtann.cli import train
from microtann.cli.main import app

SMALL = ("--paths", "10", "--steps", "12")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


def refused(result: Result, *parts: str) -> None:
    assert result.exit_code == 2, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    for part in ("microtann: ", *parts):
        assert part in lines[0]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "data"
    result = call("data", "--output", folder, *SMALL)
    assert result.exit_code == 0, result.output
    return folder / "data.h5"


def in_units(data: Path, folder: Path, **units: str) -> Path:
    """Copy a data file and say other units in it; the checksums are those of the numbers."""
    copy = folder / "other.h5"
    copy.write_bytes(data.read_bytes())
    with h5py.File(copy, "r+") as file:
        for name, unit in units.items():
            file["units"].attrs[name] = unit
    return copy


def test_a_model_is_evaluated_on_the_walks_of_a_file(data: Path, tmp_path: Path) -> None:
    output = tmp_path / "evaluate"
    result = call("evaluate", "cube", "--data", data, "--walks", "validation", "--output", output)
    assert result.exit_code == 0, result.output
    numbers = json.loads((output / "numbers.json").read_text())
    assert numbers["walks"] == "validation"
    assert numbers["errors"]["stress"] < 1e-12
    assert numbers["errors"]["coordinates"]["force"] < 1e-10
    assert "Errors in closed loop" in (output / "report.html").read_text()


def test_a_file_in_other_units_is_refused(data: Path, tmp_path: Path) -> None:
    other = in_units(data, tmp_path, stress="MPa")
    result = call("evaluate", "cube", "--data", other, "--output", tmp_path / "evaluate")
    refused(result, f"the unit of stress is '1' in the model cube and 'MPa' in the file {other}")
    assert not (tmp_path / "evaluate").exists()


def test_a_file_of_another_dimension_is_refused(data: Path, tmp_path: Path) -> None:
    result = call("evaluate", "square-2x2", "--data", data, "--output", tmp_path / "evaluate")
    refused(result, "the model square-2x2 has 3 strain components", "has 6")


def test_two_references_are_refused(data: Path, tmp_path: Path) -> None:
    result = call("evaluate", "cube", "--data", data, "--strain", data, "--output", tmp_path / "evaluate")
    refused(result, "--data and --strain name two references")


def test_a_training_is_not_resumed_with_a_file_in_other_units(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = train.fit

    def interrupted(*arguments: object, **options: object) -> object:
        def stop(_: object) -> None:
            raise KeyboardInterrupt

        return true(*arguments, **{**options, "progress": stop})

    output, quick = tmp_path / "train", ("--form", "play", "--set", "train.batch=20")
    monkeypatch.setattr(train, "fit", interrupted)
    assert call("train", data, "--output", output, *quick).exit_code == 130
    monkeypatch.undo()
    other = in_units(data, tmp_path, stress="MPa")
    refused(
        call("train", other, "--output", output, *quick, "--resume"),
        "one that belongs to other data (the unit of stress is '1' in its data and 'MPa' in those at hand)",
    )
    refused(
        call("train", data, "--output", output, "--resume"),
        "one that belongs to another configuration or data file",
    )
