"""``microtann study``: points that are kept, a proposal, and what two latent spaces share."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from microtann.cli.main import app
from microtann.data.walks import WalkPlan, split_paths
from microtann.errors import ConvergenceError
from microtann.report.section import read_section
from microtann.studies import training_point
from microtann.studies.amount_of_data import paths_for

WALKS = ("--set", "walks.paths=24", "--set", "walks.steps=30", "--set", "walks.smallest_increment=0.1")
UPDATES = ("--set", "train.updates=4", "--set", "train.batch=4")
NONE = ("--set", "train.updates=0")
CELL = ("square", "--units", 2, "--perturbation", 0.2)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["study", *(str(a) for a in arguments)])


def isvs(folder: Path, states: str, *arguments: object, updates: tuple[str, ...] = UPDATES) -> Result:
    return call("isvs", *CELL, *WALKS, *updates, "--states", states, "--output", folder, *arguments)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study") / "isvs"
    result = isvs(folder, "8,16")
    assert result.exit_code == 0, result.output
    return folder


def test_the_exact_number_is_found(results: Path) -> None:
    numbers = json.loads((results / "study" / "numbers.json").read_text())
    assert numbers["microstructure"]["exact_states"] == 16
    assert numbers["proposal"]["states"] == 16
    points = {(p["series"], p["asked"]): p["errors"]["stress"] for p in numbers["points"]}
    assert points["reduced", 16] < 1e-12
    assert points["reduced", 8] > 1e-4
    assert numbers["latent_spaces"]["16, trained and untrained"]["shared"] == 16
    section = read_section(results / "study")
    assert [figure.file for figure in section.figures] == ["isvs.png", "cost.png", "latent.png"]
    assert all(p["microseconds"] > 0.0 for p in (numbers["microstructure"], *numbers["points"]))
    assert (results / "report.html").is_file()


def test_a_longer_study_starts_from_what_is_there(results: Path) -> None:
    models = {p.name: (p / "model.safetensors").stat().st_mtime_ns for p in (results / "points").iterdir()}
    result = isvs(results, "8,12,16", "--error", 0.5)
    assert result.exit_code == 0, result.output
    for name, time in models.items():
        assert (results / "points" / name / "model.safetensors").stat().st_mtime_ns == time
    assert (results / "points" / "trained-012-seed-0").is_dir()
    assert "proposed: 8 internal state variables (the smallest number within the error 0.5 of" in result.output


def test_without_numbers_the_smallest_within_one_per_cent_is_found(results: Path, tmp_path: Path) -> None:
    """By doubling and halving alone: 4, 8, 16, and then between the last too small and the first within."""
    result = call("isvs", *NONE, "--data", results / "data" / "data.h5", "-o", tmp_path / "study")
    assert result.exit_code == 0, result.output
    numbers = json.loads((tmp_path / "study" / "study" / "numbers.json").read_text())
    errors = {p["asked"]: p["errors"]["stress"] for p in numbers["points"]}
    chosen = numbers["proposal"]["states"]
    assert chosen == min(n for n, error in errors.items() if error <= 0.01)
    assert {4, 8, chosen - 1} <= set(errors)
    assert max(errors) <= 16


def test_models_are_chosen_by_what_they_decode_on_data_of_ones_own(results: Path, tmp_path: Path) -> None:
    data = results / "data" / "data.h5"
    common = (*UPDATES, "--data", data, "--error", 0.03, "-o", tmp_path / "own", "--by")
    result = call("isvs", *common, "displacement")
    assert result.exit_code == 0, result.output
    numbers = json.loads((tmp_path / "own" / "study" / "numbers.json").read_text())
    errors = {
        p["asked"]: p["errors"]["coordinates"]["displacement"]
        for p in numbers["points"]
        if p["series"] == "trained"
    }
    chosen = numbers["proposal"]["states"]
    assert numbers["by"] == "displacement"
    assert chosen == min(n for n, error in errors.items() if error <= 0.03)
    assert numbers["proposal"]["error"] == errors[chosen]
    assert 4 in errors  # doubled from the fewest, then halved to the smallest
    assert chosen - 1 in errors
    proposed = (tmp_path / "own" / "study" / "model.safetensors").read_bytes()
    assert (
        proposed
        == (tmp_path / "own" / "points" / f"trained-{chosen:03d}-seed-0" / "model.safetensors").read_bytes()
    )
    assert "study/model.safetensors" in result.output.replace("\n", "")
    unknown = call("isvs", *common, "colour")
    assert unknown.exit_code == 2
    assert "models are chosen by stress, displacement, force of these data" in " ".join(unknown.output.split())
    both = call("isvs", "square", *common, "stress")
    assert both.exit_code == 2
    assert "leave out the cell" in " ".join(both.output.split())


def test_a_training_that_fails_is_a_point_without_errors(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = training_point.train

    def fails(dataset: object, form: object, **options: object) -> object:
        if getattr(form, "states", 0) == 8:
            raise ConvergenceError("the training loss is not finite")
        return true(dataset, form, **options)

    monkeypatch.setattr(training_point, "train", fails)
    result = isvs(tmp_path / "failed", "8,16", updates=NONE)
    assert result.exit_code == 0, result.output
    numbers = json.loads((tmp_path / "failed" / "study" / "numbers.json").read_text())
    failed = [p for p in numbers["points"] if "failure" in p]
    assert {p["asked"] for p in failed} == {8}
    assert "errors" not in failed[0]
    assert numbers["proposal"]["states"] == 16


def test_more_data_are_more_of_the_same_walks(tmp_path: Path) -> None:
    result = call(
        "increments",
        *CELL,
        "--set",
        "walks.steps=15",
        *NONE,
        "--states",
        8,
        "--counts",
        "30,150",
        "--output",
        tmp_path / "data",
    )
    assert result.exit_code == 0, result.output
    points = json.loads((tmp_path / "data" / "study" / "numbers.json").read_text())["points"]
    assert [p["increments"] for p in points] == [30, 150]
    assert all(p["errors"]["stress"] > 0.0 for p in points)
    assert (tmp_path / "data" / "study" / "increments.png").is_file()


def test_forms_stand_side_by_side_each_with_its_own_hyper_parameters(tmp_path: Path) -> None:
    own = ("--set", "train.epochs=[1]", "--set", "train.tuning_epochs=[1]", "--set", "train.loop_epochs=[]")
    walks = ("--set", "walks.steps=15", "--counts", "300", "--states", 4, "--output", tmp_path / "forms")
    forms = ("--form", "variational", "--form", "published")
    result = call("increments", *CELL, *walks, *NONE, *own, *forms)
    assert result.exit_code == 0, result.output
    points = json.loads((tmp_path / "forms" / "study" / "numbers.json").read_text())["points"]
    assert [p["form"]["form"] for p in points] == [
        "variational",
        "published",
    ]
    unknown = call("increments", *CELL, *walks, *NONE, *own, "--form", "variational")
    assert unknown.exit_code == 2
    assert "belongs to the form 'classical' or 'published'" in unknown.stderr


def test_few_increments_leave_walks_to_validate_and_to_test() -> None:
    """A twentieth of ten walks is none: there are more of them, until one is left for each."""
    plan = WalkPlan(validation=0.05, test=0.05)
    paths = paths_for(plan, 3)
    sets = split_paths(replace(plan, paths=paths))
    assert [len(found) > 0 for found in sets] == [True] * 3
    assert len(sets[0]) >= 3
    many = paths_for(plan, 1000)
    assert (
        len(split_paths(replace(plan, paths=many - 1))[0]) < 1000 <= len(split_paths(replace(plan, paths=many))[0])
    )


def test_states_of_two_models_are_compared(results: Path, tmp_path: Path) -> None:
    models = [
        results / "points" / name / "model.safetensors" for name in ("reduced-016-seed-0", "trained-016-seed-0")
    ]
    for _ in range(2):
        result = call("states", *models, "--output", tmp_path / "states")
        assert result.exit_code == 0, result.output
    numbers = json.loads((tmp_path / "states" / "numbers.json").read_text())
    assert numbers["shared"] == 16
    assert len(numbers["to_second"]) == 16


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("isvs", "square", "--states", "many"), "--states takes whole numbers such as 4,8,12, got 'many'"),
        (("isvs", "square", "--states", "0,4"), "--states takes numbers from 1 on, got 0"),
        (("isvs", "square", "--seeds", "-1"), "--seeds takes numbers from 0 on, got -1"),
        (("isvs", "square", "--error", "-1"), "--error must be larger than 0, got -1"),
        (("isvs", "sphere"), "there is no cell 'sphere'"),
        (("increments", "square", "--counts", ""), "--counts takes whole numbers"),
        (("increments", "square", "--set", "walks.test=0"), "walks.test is 0: the study needs some walks for it"),
        (("states", "cube", "no-such-model"), "no-such-model"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*arguments, "--output", tmp_path / "none")
    assert result.exit_code == 2, result.output
    assert len(result.stderr.strip().splitlines()) == 1
    assert sentence in result.stderr
    assert not list(tmp_path.iterdir())
