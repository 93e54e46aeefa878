"""A model that is refined for a structure: what it learns, when it stops, how it resumes, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import microtann as mt
from microtann.cli.main import app
from microtann.data.generate import solve_blocks
from microtann.errors import InputError
from microtann.forms import Variational
from microtann.forms.variational.scaled_walks import emphasised, to_walks
from microtann.forms.variational.viscous_flow import viscous
from microtann.forms.variational.walk_loss import loss_terms, reference_of
from microtann.refinement import refinement_round
from microtann.refinement.chosen_points import apart_and_weighty
from microtann.refinement.exact_histories import solve_histories
from microtann.refinement.mixture import mixture
from microtann.refinement.model_in_job import change_of
from microtann.refinement.refinement_choice import RefinementChoice
from microtann.refinement.stopping import decide
from microtann.training.walk_errors import closed_loop_error
from random_groups import MIXED, random_group_tann
from random_slips import random_slip_tann

LATTICE = mt.Lattice(mt.square_cell((2, 2), perturbation=0.2))
PLAN = mt.WalkPlan(paths=20, steps=15, increment=0.3, smallest_increment=0.1)
JOB = """\
[mesh]
lengths = [4.0, 4.0]
divisions = [3, 3]
[set.left]
x = 0.0
[set.right]
x = 4.0
[material]
kind = "model"
name = "square-2x2-perturbed"
[[support]]
on = "left"
components = "xy"
[[step]]
increments = 2
[[step.load]]
kind = "displacement"
on = "right"
component = "y"
value = 5.0
[output]
points = [[4.0, 4.0]]
"""


def silent(_done: float, _total: float | None, _note: str) -> None:
    """Show nothing."""


@pytest.fixture(scope="module")
def data() -> mt.Dataset:
    return mt.generate_data(LATTICE, PLAN)


@pytest.fixture(scope="module")
def rough(data: mt.Dataset) -> mt.TANN:
    """A model of few states that has not been trained."""
    return mt.train(data, Variational(states=6, updates=0))


@pytest.fixture
def place(rough: mt.TANN, tmp_path: Path) -> Path:
    rough.save(tmp_path / "rough.safetensors")
    (tmp_path / "plate.toml").write_text(JOB, encoding="utf-8")
    return tmp_path


def histories(count: int = 8, seed: int = 0) -> np.ndarray:
    """Return strain histories of different sizes."""
    random = np.random.default_rng(seed)
    return np.cumsum(random.uniform(0.1, 0.5, (count, 1, 1)) * random.standard_normal((count, 3, 3)), axis=1)


def test_points_are_chosen_far_apart_and_where_it_weighs() -> None:
    rows = np.repeat(np.arange(5.0), 10)[:, None] * 100.0 + np.tile(np.arange(10.0), 5)[:, None] * 1e-9
    weight = np.ones(50)
    weight[40:] = 0.0  # the last cluster is of no interest
    for seed in range(10):
        found = apart_and_weighty(rows, weight, 4, np.random.default_rng(seed))
        assert sorted(found // 10) == [0, 1, 2, 3]
    same = apart_and_weighty(np.zeros((6, 2)), np.ones(6), 3, np.random.default_rng(0))
    assert len(same) == 1  # no other is left


def test_exact_histories_are_rows_like_those_of_walks() -> None:
    walks = mt.WalkPlan(paths=4, steps=5, zero_fraction=0.0, increment=0.3, smallest_increment=0.3)
    ((_, rows),) = solve_blocks(LATTICE, walks, 0, 4)
    strain = (rows.strain + rows.strain_increment).reshape(4, 5, 3)
    solved = solve_histories(LATTICE, strain, np.ones(5), silent).training
    for name, values in vars(rows).items():
        np.testing.assert_allclose(getattr(solved, name), values, rtol=1e-9, atol=1e-12, err_msg=name)


def test_histories_count_their_share_in_the_loss(data: mt.Dataset, rough: mt.TANN) -> None:
    learnt = solve_histories(LATTICE, histories(), np.ones(3), silent)
    mixed = mixture(data, [learnt], share=0.3)
    assert len(mixed.emphasis) == 8
    assert len(np.unique(mixed.training.path)) == len(np.unique(data.training.path)) + 7

    def stress_error(part: mt.Increments) -> float:
        walks = to_walks(rough.point, part)
        return float(loss_terms(rough.point, walks, reference_of(walks))["stress"])

    walks = emphasised(to_walks(rough.point, mixed.training), mixed.training, mixed.emphasis)
    both = float(loss_terms(rough.point, walks, reference_of(walks))["stress"])
    expected = 0.7 * stress_error(data.training) + 0.3 * stress_error(learnt.training)
    assert both == pytest.approx(expected, rel=1e-9)


def test_a_model_is_trained_on_from_where_it_is(data: mt.Dataset, rough: mt.TANN) -> None:
    form = replace(Variational.of_point(rough.point), updates=60)
    assert (form.states, form.slips) == (rough.states, 9)
    before = closed_loop_error(rough, data.training)
    better = mt.train(data, form, model=rough)
    assert closed_loop_error(better, data.training) < 0.9 * before
    assert better.information.provenance["former"] == rough.information.provenance["fingerprint"]
    again = mt.train(data, replace(form, updates=0), model=better)  # nothing is lost by what begins and ends it
    assert closed_loop_error(again, data.training) == pytest.approx(
        closed_loop_error(better, data.training), rel=1e-9
    )
    stiffness = [m.update(np.zeros((1, 3)), m.initial_state(1))[1] for m in (rough, better)]
    np.testing.assert_allclose(*stiffness, rtol=1e-9, atol=1e-12)


def test_the_form_of_a_point_has_its_sizes() -> None:
    cones = Variational.of_point(random_group_tann(0, 6).point)
    assert (cones.states, cones.slips, cones.group_size) == (6, sum(MIXED), max(MIXED))
    grown = cones.with_states(9)
    assert (grown.states, grown.slips) == (9, round(1.5 * sum(MIXED)))
    slips = Variational.of_point(viscous(random_slip_tann(0, 4, 7).point, 0.03, 0.2))
    assert (slips.states, slips.slips, slips.group_size) == (4, 7, 1)
    assert (slips.viscosity, slips.rate_exponent) == pytest.approx((0.03, 0.2))


def test_a_form_that_starts_from_data_alone_says_so(data: mt.Dataset) -> None:
    shipped = mt.load("square-2x2-residual")
    with pytest.raises(InputError, match="of the form 'residual' cannot be trained on"):
        mt.refine("square-2x2-residual", "lcT2")
    with pytest.raises(InputError, match="'residual' cannot be trained on in the form 'variational'"):
        mt.train(data, Variational(), model=shipped)


def numbers(error: float, states: int = 6, half: float = 0.0) -> dict[str, object]:
    """Return the numbers of a round with one error."""
    errors = {"stress": error, "dissipation": None, "forces": -error}
    return {"states": states, "errors": errors, "half": {"dissipation": None, "forces": half}}


def test_it_ends_within_the_targets_or_where_nothing_falls() -> None:
    choice = RefinementChoice(target=0.01, rounds=3)
    assert decide([numbers(0.009)], choice).reason.startswith("all errors are within")
    assert decide([numbers(0.1)], choice).states == 6
    assert decide([numbers(0.1), numbers(0.05)], choice).states == 6
    stalled = decide([numbers(0.1), numbers(0.05), numbers(0.049)], choice)
    assert stalled.states == 0
    assert "do not fall any more" in stalled.reason
    growing = replace(choice, grow=4)
    assert decide([numbers(0.1), numbers(0.099)], growing).states == 10
    assert decide([numbers(0.1), numbers(0.099), numbers(0.099, 10)], growing).states == 10  # its first round
    assert "no more than 8" in decide([numbers(0.1), numbers(0.099)], replace(growing, most_states=8)).reason
    long = [numbers(0.1 / 2**k) for k in range(4)]
    assert "not within their targets after 3 rounds" in decide([*long[:3], numbers(0.0125)], choice).reason
    loose = replace(choice, target=0.2)
    assert decide([numbers(0.1)], loose).states == 0
    wide = [numbers(0.15, half=0.1), numbers(0.15, half=0.1)]  # of which nobody knows whether they are within
    assert decide(wide[:1], loose).states == 6
    assert "audit more points" in decide(wide, loose).reason


def test_reactions_that_balance_are_relative_to_what_is_borne() -> None:
    before = {"displacements": [[1.0, 0.0]], "reactions": [[1e-9, 0.0]], "borne": [[4.0]]}
    twisted = {"displacements": [[1.0, 0.0]], "reactions": [[-1e-9, 4e-3]], "borne": [[4.0]]}
    assert change_of(twisted, before) == pytest.approx(1e-3)
    moved = {**twisted, "displacements": [[1.0, 0.01]]}
    assert change_of(moved, before) == pytest.approx(1e-2, rel=1e-3)
    nothing: dict[str, list[list[float]]] = {"displacements": [], "reactions": [], "borne": []}
    assert change_of(nothing, nothing) is None


def test_the_errors_in_a_structure_fall_and_a_second_call_goes_on(place: Path) -> None:
    choice = RefinementChoice(target=2e-3, stress=0.02, histories=16, audit=40, updates=80, rounds=1)
    files = place / "rough.safetensors", place / "plate.toml"
    coarse = mt.refine(*files, replace(choice, target=0.9, stress=0.0), output=place / "out")
    assert coarse.within
    assert len(coarse.rounds) == 1
    found = mt.refine(*files, choice, output=place / "out")  # less error is asked for, and it goes on
    assert found.rounds[0] == coarse.rounds[0]
    first, last = found.rounds
    assert last["errors"]["stress"] < 0.7 * first["errors"]["stress"]
    assert last["walks"]["stress"] < 1.1 * first["walks"]["stress"]
    assert [own["histories"] for own in found.rounds] == [0, 16]
    assert found.model.states == 6
    saved = mt.load(place / "out" / "result" / "model.safetensors")
    assert np.array_equal(saved.evolution.normals, found.model.evolution.normals)
    assert (place / "out" / "report.html").is_file()
    stamp = (place / "out" / "round-1" / "stage.json").read_bytes()
    again = mt.refine(*files, choice, output=place / "out")
    assert again.rounds == found.rounds
    assert (place / "out" / "round-1" / "stage.json").read_bytes() == stamp


def test_an_interrupted_round_goes_on_where_it_stopped(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = RefinementChoice(target=1e-6, histories=8, audit=10, updates=10, rounds=1)
    files = place / "rough.safetensors", place / "plate.toml"
    whole = mt.refine(*files, choice, output=place / "whole")
    trained = []
    true_train, true_audit = refinement_round.train, refinement_round.audit

    def counted(*arguments: object, **named: object) -> mt.TANN:
        trained.append(1)
        return true_train(*arguments, **named)

    def stopped(*arguments: object, **named: object) -> object:
        if trained:
            raise KeyboardInterrupt
        return true_audit(*arguments, **named)

    monkeypatch.setattr(refinement_round, "train", counted)
    monkeypatch.setattr(refinement_round, "audit", stopped)
    with pytest.raises(KeyboardInterrupt):
        mt.refine(*files, choice, output=place / "stopped")
    assert not (place / "stopped" / "round-1").exists()
    monkeypatch.setattr(refinement_round, "audit", true_audit)
    resumed = mt.refine(*files, choice, output=place / "stopped")
    assert len(trained) == 1  # the model of the round was there
    for one, other in zip(whole.rounds, resumed.rounds, strict=True):
        assert {k: v for k, v in one.items() if k != "seconds"} == {
            k: v for k, v in other.items() if k != "seconds"
        }


def test_the_command_says_what_came_of_it(place: Path) -> None:
    arguments = ["refine", str(place / "rough.safetensors"), str(place / "plate.toml"), "-o", str(place / "out")]
    result = CliRunner().invoke(app, [*arguments, "--target", "0.9", "--audit", "10"])
    assert result.exit_code == 0, result.output
    assert "All errors are within their targets after 0 rounds" in result.output
    content = json.loads((place / "out" / "result" / "numbers.json").read_text(encoding="utf-8"))
    assert content["best"] == 0
    assert len(content["rounds"]) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("square-2x2-perturbed", "elastic.toml"), 'has no material of the kind "model", "hybrid" or "exact"'),
        (("square-2x2-perturbed", "two.toml"), "name one of them with --region"),
        (("square-2x2-perturbed", "plate.toml", "--target", "0"), "target must be larger than 0"),
        (("square-2x2-residual", "plate.toml"), "cannot be trained on"),
        (("cube", "plate.toml"), "'play' cannot be trained on"),
        (("nothing", "plate.toml"), "there is no model file 'nothing'"),
    ],
)
def test_what_cannot_be_refined_is_said(arguments: tuple[str, ...], sentence: str, place: Path) -> None:
    elastic = JOB.replace(
        'kind = "model"\nname = "square-2x2-perturbed"', 'kind = "elastic"\nyoung = 1.0\npoisson = 0.3'
    )
    elastic = elastic.replace("poisson = 0.3", 'poisson = 0.3\nplane = "strain"')
    (place / "elastic.toml").write_text(elastic, encoding="utf-8")
    own = '[region.low]\ny = [0.0, 2.0]\n[region.high]\ny = [2.0, 4.0]\n[material.low]\nkind = "model"\n'
    own += 'name = "square-2x2"\n[material.high]'
    (place / "two.toml").write_text(JOB.replace("[material]", own), encoding="utf-8")
    named = [str(place / a) if a.endswith(".toml") else a for a in arguments]
    result = CliRunner().invoke(app, ["refine", *named, "-o", str(place / "out")])
    assert result.exit_code == 2, result.output
    assert sentence in " ".join(result.stderr.split())
    assert not (place / "out").exists()
