"""A model in other units is the cell in these units as much as it was the dimensionless one, in every form."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.evaluation.measures import relative_rms
from microtann.evaluation.protocol_paths import path
from microtann.tann.given_states import GivenStates

YOUNG, YIELD_STRAIN, LENGTH = 210e3, 1.5e-3, 2.0
STRAIN = 3.0 * YIELD_STRAIN
STRESS = STRAIN * YOUNG


def steel(name: str) -> mt.TANN:
    return mt.load(name).in_units(young=YOUNG, yield_strain=YIELD_STRAIN, length=LENGTH)


def close(found: np.ndarray, expected: np.ndarray) -> bool:
    return bool(np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["cube", "square-2x2-perturbed"])
def test_it_is_the_exact_cell_in_these_units(name: str, tmp_path: Path) -> None:
    steel(name).save(tmp_path / "steel.safetensors")
    tann, reference = mt.load(tmp_path / "steel.safetensors"), mt.load(name)
    strain = STRAIN * path("a", tann.components).strain[0]
    cell = reference.microstructure.cell
    bar = mt.ElastoplasticBar(YOUNG, YOUNG * YIELD_STRAIN, 0.1 * YOUNG)
    d = cell.dimension
    large = mt.UnitCell(LENGTH * cell.nodes, cell.bars, LENGTH ** (d - 1) * cell.areas, LENGTH * cell.periods)
    exact = mt.Lattice(large, bar).solve(strain)
    found = tann.recall(strain, decode=True)
    for name_of in ("stress", "energy", "dissipation"):
        assert relative_rms(getattr(found, name_of), getattr(exact, name_of)) < 1e-11
    for group in ("displacement", "force"):
        assert relative_rms(found.coordinates[group], exact.coordinates[group]) < 1e-9
    assert tann.microstructure.bar == bar
    before = reference.recall(strain / STRAIN)
    np.testing.assert_allclose(found.training_reach, before.training_reach, rtol=0, atol=1e-12)
    assert "young = 210000" in tann.information.provenance["in_units"]


@pytest.mark.parametrize("form", ["play", "variational", "residual", "published"])
def test_every_form_answers_alike(form: str) -> None:
    tann, reference = steel(f"cube-{form}").point, mt.load(f"cube-{form}").point
    draw = np.random.default_rng(0)
    driving, increment = (jnp.asarray(0.2 * draw.standard_normal(6)) for _ in range(2))
    state = reference.virgin_state() + 0.1 * jnp.asarray(draw.standard_normal(reference.states))
    dt = jnp.asarray(1.0)
    one = reference.increment(driving, state, increment, dt)
    other = tann.increment(STRAIN * driving, state, STRAIN * increment, dt)
    assert close(other.stress, STRESS * one.stress)
    assert close(other.state, one.state)
    assert close(other.energy, STRESS * STRAIN * one.energy)
    assert close(other.dissipation, STRESS * STRAIN * one.dissipation)
    coordinates = [
        point.reduction.decode(state, each / point.scaling.driving)
        for point, each in ((reference, driving), (tann, STRAIN * driving))
    ]
    factor = np.repeat([STRAIN * LENGTH, STRESS * LENGTH**2], [24, 28])  # eight nodes and 28 bars of the cube
    assert close(coordinates[1], factor * coordinates[0])
    back = tann.reduction.encode(coordinates[1], driving / reference.scaling.driving)
    assert close(back, reference.reduction.encode(coordinates[0], driving / reference.scaling.driving))


def test_given_states_keep_their_numbers() -> None:
    reduction, factors = GivenStates(jnp.asarray([1.0, 2.0])), jnp.asarray([3.0, 5.0])
    coordinates, nothing = jnp.asarray([0.5, -4.0]), jnp.zeros(3)
    state = reduction.encode(coordinates, nothing)
    np.testing.assert_allclose(reduction.multiplied(factors).encode(factors * coordinates, nothing), state)


def test_a_structure_scales_with_its_material() -> None:
    mesh = mt.fem.box((1.0, 1.0, 1.0), divisions=(2, 2, 2))
    held = [mt.fem.Prescribed(lambda x: x[:, 2] == 0.0, axis) for axis in "xyz"]

    def solved(tann: mt.TANN, displacement: float) -> mt.fem.Result:
        top = mt.fem.Prescribed(lambda x: x[:, 2] == 1.0, "z", displacement)
        return mt.fem.Model(mesh, tann).solve([mt.fem.Step([*held, top], increments=2)])

    one, other = solved(mt.load("cube"), 0.6), solved(steel("cube"), STRAIN * 0.6)
    assert np.abs(one.displacement[-1]).max() == pytest.approx(0.6)
    np.testing.assert_allclose(other.displacement, STRAIN * one.displacement, rtol=0, atol=1e-11 * STRAIN)


def test_the_card_and_the_evaluation_are_those_of_the_model() -> None:
    card = mt.model_card("square-2x2-perturbed-variational-12")
    scaled = card.in_units(YOUNG, YIELD_STRAIN, LENGTH)
    assert scaled.largest_strain == pytest.approx(STRAIN * card.largest_strain)
    assert scaled.worst() == card.worst()
    assert "yield_strain = 0.0015" in scaled.cell
    tann = steel("square-2x2-perturbed-variational-12")
    error = mt.evaluate(tann, ["b"]).paths["b"].stress
    assert error == pytest.approx(mt.evaluate("square-2x2-perturbed-variational-12", ["b"]).paths["b"].stress)


def test_what_cannot_be_in_these_units_is_refused() -> None:
    tann = mt.load("cube")
    assert tann.in_units(YOUNG, YIELD_STRAIN, hardening=0.1 * YOUNG).states == tann.states
    with pytest.raises(InputError, match=r"a hardening of 0\.1 E, those asked for 0\.05 E"):
        tann.in_units(YOUNG, YIELD_STRAIN, hardening=0.05 * YOUNG)
    for off, refused in ((1e-10, False), (1e-8, True)):  # round-off of ratios of written numbers, and no more
        with (
            pytest.raises(InputError, match="reduce or train a model of that ratio") if refused else nullcontext()
        ):
            tann.in_units(YOUNG, YIELD_STRAIN, hardening=(0.1 + 0.1 * off) * YOUNG)
    for wrong in ({"young": 0.0}, {"yield_strain": np.nan}, {"length": -1.0}, {"hardening": -1.0}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            tann.in_units(**{"young": YOUNG, "yield_strain": YIELD_STRAIN} | wrong)
    unknown = mt.TANN(tann.point, replace(tann.information, microstructure=None))
    with pytest.raises(InputError, match="the ratio of hardening of this model is not known"):
        unknown.in_units(YOUNG, YIELD_STRAIN)
    shapes = {"displacement": (9, 3), "heat": (28,)}
    other = mt.TANN(tann.point, replace(tann.information, coordinate_shapes=shapes))
    with pytest.raises(InputError, match="'heat' is not known"):
        other.in_units(YOUNG, YIELD_STRAIN)
    mixed = mt.Lattice(tann.microstructure.cell, mt.ElastoplasticBar(young=np.linspace(1.0, 2.0, 28)))
    with pytest.raises(InputError, match="28 materials"):
        mt.TANN(tann.point, replace(tann.information, microstructure=mixed)).in_units(YOUNG, YIELD_STRAIN)
