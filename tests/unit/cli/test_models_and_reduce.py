"""`microtann models` shows the cards, `microtann reduce` makes a model without training and says its errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.cli.named_model import model_digest
from microtann.errors import InputError
from microtann.report.section import read_section


def call(*arguments: object) -> Result:
    """Run the command line."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_all_shipped_models_are_listed() -> None:
    result = call("models")
    assert result.exit_code == 0
    rows = [line.split()[0] for line in result.stdout.splitlines() if line.split()]
    assert set(mt.shipped_models()) <= set(rows)


def test_the_card_of_a_model_is_shown() -> None:
    result = call("models", "cube")
    assert result.exit_code == 0
    for text in ("cube-play", "13", "validation", "outside", "python scripts/train_shipped_models.py cube-play"):
        assert text in result.stdout


def test_a_model_that_is_not_shipped_is_refused() -> None:
    result = call("models", "octopus")
    assert result.exit_code == 2
    assert "no shipped model 'octopus'" in result.stderr


def test_a_model_is_written_in_units_of_a_real_material(tmp_path: Path) -> None:
    file = tmp_path / "steel.safetensors"
    arguments = ("models", "cube", "--units", "young=210e3, yield_strain=1.5e-3, length=2", "--output", file)
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    assert "yield_strain = 0.0015" in " ".join(result.stdout.split())
    assert mt.load(file).microstructure.bar == mt.ElastoplasticBar(210e3, 315.0, 21e3)
    again = call(*arguments)
    assert again.exit_code == 2
    assert "exists: name another file or add --overwrite" in again.stderr


def test_a_real_material_may_stand_behind_the_name_of_a_model() -> None:
    name = "cube@young=210e3,yield_strain=1.5e-3,length=2"
    written, named = mt.load("cube").in_units(210e3, 1.5e-3, 2.0), mt.load(name)
    strain = 2e-3 * np.eye(6)[:1]
    np.testing.assert_array_equal(named.recall(strain).stress, written.recall(strain).stress)
    assert model_digest(name) != model_digest("cube")  # results of one do not stand for the other
    with pytest.raises(InputError, match="@ needs yield_strain"):
        mt.load("cube@young=1")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("cube", "--units", "young=1"), "--units needs yield_strain"),
        (("cube", "--units", "yung=1"), "did you mean 'young'?"),
        (("cube", "--units", "young=one"), "young must be a number, got 'one'"),
        (("cube", "--units", "young=1,yield_strain=-1"), "yield_strain must be finite and larger than 0"),
        (("cube", "--units", "young=1,yield_strain=1,hardening=1"), "a hardening of 0.1 E"),
        (("--units", "young=1,yield_strain=1"), "--units is of one model"),
        (("cube", "--output", "x.safetensors"), "say them with --units"),
    ],
)
def test_wrong_units_are_refused(arguments: tuple[str, ...], sentence: str) -> None:
    result = call("models", *arguments)
    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())


@pytest.fixture(scope="module")
def reduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a reduced perturbed cell."""
    output = tmp_path_factory.mktemp("reduced") / "out"
    cell = ("square", "--units", 2, "--perturbation", 0.2)
    result = call("reduce", *cell, "--isvs", 12, "--walks", 20, "--output", output)
    assert result.exit_code == 0, result.output
    return output


def test_a_reduced_model_says_how_good_it_is_and_can_be_loaded(reduced: Path) -> None:
    tann = mt.load(reduced / "model.safetensors")
    assert (tann.form, tann.states) == ("variational", 12)
    said = json.loads((reduced / "numbers.json").read_text())["errors"]["validation"]["stress"]
    assert 1e-4 < said < 0.1
    section = read_section(reduced)
    assert section.summary is not None
    assert section.summary.rows[0][:3] == (12, 16, said)
    for figure in section.figures:
        assert (reduced / figure.file).is_file()
    assert "isvs = 12" in (reduced / "configuration.toml").read_text()
    assert (reduced / "report.html").is_file()


def test_the_same_reduction_is_kept_and_another_needs_another_folder(reduced: Path) -> None:
    again = ("reduce", "--config", reduced / "configuration.toml", "--output", reduced)
    assert "kept" in call(*again).stdout
    other = call(*again, "--isvs", 8)
    assert other.exit_code == 2
    assert "another configuration" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("square", "--isvs", 0), "isvs"),
        (("square", "--walks", 2), "walks"),
        (("triangle",), "there is no cell"),
        (("--set", "reduce.states=3"), "states"),
    ],
)
def test_wrong_reductions_are_refused(arguments: tuple[object, ...], sentence: str, tmp_path: Path) -> None:
    result = call("reduce", *arguments, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert not (tmp_path / "out").exists()
