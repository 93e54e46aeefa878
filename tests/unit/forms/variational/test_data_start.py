"""Slips and energy of a lattice are found in its data alone, without the lattice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset
from microtann.data.walks import WalkPlan
from microtann.errors import InputError, ReadingNote
from microtann.forms import Variational
from microtann.forms.variational.data_start import is_discoverable, quadratic_energy, seen_slips
from microtann.forms.variational.slip_start import reduced_slips
from microtann.training import train
from microtann.training.preparation import scale_of

BAR = mt.ElastoplasticBar()


def without_lattice(cell: mt.UnitCell, paths: int) -> tuple[Dataset, Dataset]:
    """Return data of a cell, and the same data as another simulator would write them."""
    dataset = generate(mt.Lattice(cell, BAR), WalkPlan(paths=paths, steps=60))
    return dataset, replace(dataset, microstructure=None)


def path(components: int) -> np.ndarray:
    return np.random.default_rng(9).normal(0.0, 0.1, (8, 40, components)).cumsum(axis=1)


@pytest.mark.parametrize(
    ("cell", "paths", "states"),
    [
        (mt.square_cell((2, 2), perturbation=0.2), 150, 16),
        (mt.square_cell((2, 2)), 60, 4),
        (mt.cube_cell(), 100, 13),
    ],
    ids=["perturbed square", "regular square", "regular cube"],
)
def test_the_exact_model_is_found_in_the_data_alone(cell: mt.UnitCell, paths: int, states: int) -> None:
    _, data = without_lattice(cell, paths)
    with pytest.warns(ReadingNote) as notes:
        tann = train(data, Variational(states=states + 4, slips=states + 8, updates=0))
    assert [str(note.message) for note in notes] == [
        f"slips = {states + 8} is not reached: all {states} slips that the internal coordinates show are taken",
        f"states = {states + 4} is not reached: {states} describe all slips that the internal coordinates show",
    ]
    assert tann.states == states
    assert tann.evolution.normals.shape == (states, states)
    strain = path(cell.components)
    found = tann.recall(strain, decode=True, outside_training="none")
    exact = mt.solve_cell(cell, BAR, strain)
    size = np.abs(exact.stress).max()
    assert np.abs(found.stress - exact.stress).max() < 1e-8 * size
    assert np.abs(found.dissipation - exact.dissipation).max() < 1e-8 * exact.energy.max()
    assert np.abs(found.coordinates["force"] - exact.force).max() < 1e-7 * np.abs(exact.force).max()


def test_fewer_states_are_those_of_the_lattice() -> None:
    dataset, data = without_lattice(mt.square_cell((2, 2), perturbation=0.2), 150)
    form = Variational(states=8, slips=8, updates=0)
    strain = path(3)
    exact = mt.solve_cell(dataset.microstructure.cell, BAR, strain).stress
    errors = [
        np.sqrt(np.mean((train(d, form).recall(strain, outside_training="none").stress - exact) ** 2))
        for d in (dataset, data)
    ]
    assert errors[1] == pytest.approx(errors[0], rel=0.05)


def test_a_slip_that_never_flows_alone_is_found_beside_one_that_is_known() -> None:
    normals = np.array([[2.0, 0.0], [1.0, 1.0]]).T
    corner = np.linalg.solve(normals.T, [1.0, 1.0])
    other = np.linalg.solve(normals.T, [-1.0, 1.0])
    draw = np.random.default_rng(0).uniform(0.1, 1.0, (40, 2))
    force = np.concatenate([np.repeat([corner], 20, axis=0), np.repeat([other], 20, axis=0), [[0.5, 0.1]] * 4])
    flow = np.where(np.arange(44)[:, None] < 20, [1.0, 1.0], [-1.0, 1.0])[:40] * draw
    moved = np.concatenate([flow @ normals.T, 0.3 * np.repeat([normals[:, 0]], 4, axis=0)])
    found = seen_slips(force, moved)
    assert found.shape == (2, 2)
    for column in normals.T:
        assert min(np.abs(found.T - s * column).max(axis=1).min() for s in (1, -1)) < 1e-10


def test_the_energy_needs_enough_increments() -> None:
    few = np.random.default_rng(0).normal(size=(5, 12))
    with pytest.raises(InputError, match="equations do not fix an energy of 12 components"):
        quadratic_energy(few[:, :3], 0.5 * few, few, few[:, :3], few[:, 0], few[:, 1], np.random.default_rng(0))


def test_where_slips_cannot_be_looked_for_the_start_is_random() -> None:
    _, data = without_lattice(mt.square_cell((2, 2), perturbation=0.2), 6)
    few = replace(data, training=data.training.take(slice(0, 200)))
    assert is_discoverable(data, 10)
    assert not is_discoverable(few, 16)
    assert not is_discoverable(replace(data, extra_names=("temperature",)), 10)
    form = Variational(states=6, slips=6, updates=0)
    normals = [np.asarray(replace(form, seed=seed).start(few).evolution.normals) for seed in (0, 1)]
    assert not np.allclose(*normals)


def test_states_and_slips_asked_for_are_had_where_the_coordinates_show_no_slips() -> None:
    """The plastic strain of a solid flows in no single directions: five coordinates do not mean five slips."""
    solid = mt.SolidPoint(mt.fem.VonMises(hardening=0.1, plane="strain"))
    data = replace(mt.generate_data(solid, mt.WalkPlan(paths=20, steps=30)), microstructure=None)
    point = Variational(states=8, slips=12, updates=0).start(data)
    assert point.evolution.normals.shape == (8, 12)


def test_the_lattice_and_its_data_have_one_admissible_domain() -> None:
    dataset, data = without_lattice(mt.square_cell((2, 2), perturbation=0.2), 150)
    exact = reduced_slips(dataset, scale_of(dataset.training), 16, 16).system
    found = train(data, Variational(states=16, slips=16, updates=0))
    widths = np.linalg.norm(exact.normals, axis=0)
    np.testing.assert_allclose(
        np.sort(np.linalg.norm(np.asarray(found.evolution.normals), axis=0)), np.sort(widths), rtol=1e-8
    )
