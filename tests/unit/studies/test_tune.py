"""``microtann tune``: trials on validation walks, and a configuration that training takes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import microtann as mt
from microtann.cli.form_choice import choose_form
from microtann.cli.main import app
from microtann.cli.sections import gather
from microtann.cli.tune import parse_range
from microtann.data.file import write_dataset
from microtann.errors import ConfigurationError
from microtann.studies.trials import Choices, Interval

START = ("--form", "variational", "--set", "train.updates=4", "--set", "train.batch=4", "--set", "train.states=8")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["tune", *(str(a) for a in arguments)])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data file whose test set is empty: the search must not look at it."""
    file = tmp_path_factory.mktemp("tune") / "data.h5"
    plan = mt.WalkPlan(paths=24, steps=30, smallest_increment=0.1, test=0.0)
    write_dataset(file, mt.generate_data(mt.Lattice(mt.square_cell((2, 2), perturbation=0.2)), plan=plan))
    return file


def test_the_best_of_a_grid_is_written_for_training(data: Path, tmp_path: Path) -> None:
    arguments = (data, *START, "--search", "grid", "--vary", "states=8,16", "--output", tmp_path / "tune")
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    best = choose_form(gather(tmp_path / "tune" / "tune" / "best.toml"))
    assert best == mt.forms.Variational(states=16, updates=4, batch=4)  # exact with one state for every bar
    numbers = json.loads((tmp_path / "tune" / "tune" / "numbers.json").read_text())
    assert numbers["best"] == 1
    assert [len(trial["runs"]) for trial in numbers["trials"]] == [1, 1]
    assert (tmp_path / "tune" / "tune" / "search.png").is_file()
    model = tmp_path / "tune" / "points" / "trial-001-seed-0" / "model.safetensors"
    time = model.stat().st_mtime_ns
    assert call(*arguments).exit_code == 0
    assert model.stat().st_mtime_ns == time
    trained = CliRunner().invoke(
        app,
        [
            "train",
            str(data),
            "--config",
            str(tmp_path / "tune" / "tune" / "best.toml"),
            "--output",
            str(tmp_path / "t"),
        ],
    )
    assert trained.exit_code == 0, trained.output
    assert mt.load(tmp_path / "t" / "model.safetensors").states == 16


@pytest.mark.verify
def test_a_random_search_starts_from_the_choice_of_the_user(data: Path, tmp_path: Path) -> None:
    arguments = ("--vary", "learning_rate=1e-3..1e-1", "--trials", 2, "--seeds", "0,1")
    result = call(data, *START, *arguments, "--output", tmp_path / "tune")
    assert result.exit_code == 0, result.output
    trials = json.loads((tmp_path / "tune" / "tune" / "numbers.json").read_text())["trials"]
    start = mt.forms.Variational(states=8, updates=4, batch=4)
    first = [replace(start, seed=seed) for seed in (0, 1)]
    for run, form in zip(trials[0]["runs"], first, strict=True):
        assert {key: run["form"][key] for key in ("seed", "learning_rate", "states")} == {
            "seed": form.seed,
            "learning_rate": form.learning_rate,
            "states": 8,
        }
    assert trials[1]["runs"][0]["form"]["learning_rate"] != start.learning_rate


def test_ranges_are_read() -> None:
    assert parse_range("states=8,12") == ("states", Choices((8, 12)))
    assert parse_range("train.learning_rate=1e-3..0.1") == ("learning_rate", Interval(1e-3, 0.1))
    assert parse_range("epochs=[10], [20, 5]") == ("epochs", Choices(((10,), (20, 5))))
    assert parse_range('reduction="pod","autoencoder"') == ("reduction", Choices(("pod", "autoencoder")))
    for text in ("states", "states=", "=3", "states=a", 'states="a".."b"', "states=1.."):
        with pytest.raises(ConfigurationError, match="--vary takes a hyper-parameter and its range"):
            parse_range(text)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--vary", "stats=8,12"), "'stats' is no hyper-parameter of the form 'variational'"),
        (("--vary", "states=0,12", "--search", "grid"), "states must be at least 1, got 0"),
        (("--vary", "learning_rate=2..1"), "must be below the upper one"),
        (
            ("--vary", "learning_rate=1e-5..1e-1", "--search", "grid", "--levels", "600"),
            "more than 500: vary less",
        ),
    ],
)
def test_a_mistake_is_told_in_one_sentence(
    arguments: tuple[str, ...], sentence: str, data: Path, tmp_path: Path
) -> None:
    result = call(data, *START, *arguments, "--output", tmp_path / "none")
    assert result.exit_code == 2, result.output
    assert len(result.stderr.strip().splitlines()) == 1
    assert sentence in result.stderr


def test_a_missing_data_file_is_told(tmp_path: Path) -> None:
    result = call(tmp_path / "no.h5", *START, "--output", tmp_path / "none")
    assert result.exit_code == 2
    assert "no.h5 cannot be read" in result.stderr
