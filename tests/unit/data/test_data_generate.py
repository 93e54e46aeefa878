from dataclasses import fields

import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import blocks, generate, solve_walks
from microtann.data.increments import Increments
from microtann.data.walks import WalkPlan, draw_walks
from microtann.errors import ConvergenceError

BAR = mt.ElastoplasticBar()
PERTURBED = mt.square_cell(units=(2, 2), perturbation=0.2)
NAMES = [f.name for f in fields(Increments)]


def every_row(dataset):
    sets = (dataset.training, dataset.validation, dataset.test)
    rows = {name: np.concatenate([getattr(part, name) for part in sets]) for name in NAMES}
    order = np.lexsort((rows["step"], rows["path"]))
    return Increments(**{name: rows[name][order] for name in NAMES})


@pytest.mark.parametrize("cell", [PERTURBED, mt.cube_cell()], ids=["2D", "3D"])
def test_rows_are_the_exact_response_along_the_strains_they_hold(cell):
    plan = WalkPlan(paths=4, steps=12, restart=0.0, seed=3, dt=0.5)
    rows = every_row(generate(mt.Lattice(cell, BAR), plan))
    strain = (rows.strain + rows.strain_increment).reshape(4, 12, -1)
    exact = mt.solve_cell(cell, BAR, strain, dt=0.5)
    np.testing.assert_allclose(rows.stress_next.reshape(strain.shape), exact.stress, rtol=0, atol=1e-14)
    np.testing.assert_allclose(rows.energy_next.reshape(4, 12), exact.energy, rtol=0, atol=1e-14)
    np.testing.assert_allclose(rows.dissipation.reshape(4, 12), exact.dissipation, rtol=0, atol=1e-14)
    coordinates = np.concatenate([exact.displacement.reshape(4, 12, -1), exact.force], axis=2)
    np.testing.assert_allclose(rows.coordinates_next.reshape(coordinates.shape), coordinates, rtol=0, atol=1e-14)
    assert (rows.dt == 0.5).all()
    assert rows.dissipation.max() > 0


def test_the_state_before_a_row_is_that_after_the_row_before_or_virgin():
    rows = every_row(generate(mt.Lattice(PERTURBED, BAR), WalkPlan(paths=10, steps=30, restart=0.1, seed=1)))
    follows = (np.diff(rows.path) == 0) & (np.diff(rows.step) == 1)
    assert 0.7 < follows.mean() < 0.95
    starts = np.append(True, ~follows)
    for before, after in (
        ("stress", "stress_next"),
        ("energy", "energy_next"),
        ("coordinates", "coordinates_next"),
    ):
        first, second = getattr(rows, before), getattr(rows, after)
        np.testing.assert_array_equal(first[1:][follows], second[:-1][follows])
        assert (first[starts] == 0.0).all()
    np.testing.assert_array_equal((rows.strain + rows.strain_increment)[:-1][follows], rows.strain[1:][follows])


def test_a_restarted_piece_is_a_path_of_its_own():
    rows = every_row(generate(mt.Lattice(PERTURBED, BAR), WalkPlan(paths=3, steps=40, restart=0.1, seed=4)))
    starts = np.flatnonzero(np.append(True, (np.diff(rows.path) != 0) | (np.diff(rows.step) != 1)))
    assert len(starts) > 6
    for start, stop in zip(starts, np.append(starts[1:], len(rows)), strict=True):
        piece = rows.take(slice(start, stop))
        exact = mt.solve_cell(PERTURBED, BAR, piece.strain + piece.strain_increment)
        np.testing.assert_allclose(piece.stress_next, exact.stress, rtol=0, atol=1e-14)
        np.testing.assert_allclose(piece.dissipation, exact.dissipation, rtol=0, atol=1e-14)


def test_zero_increments_leave_the_state_alone_bit_for_bit():
    dataset = generate(mt.Lattice(PERTURBED, BAR), WalkPlan(paths=10, steps=20))
    rows = every_row(dataset)
    rest = (rows.strain_increment == 0.0).all(axis=1)
    assert rest.sum() == 40
    for before, after in (
        ("stress", "stress_next"),
        ("energy", "energy_next"),
        ("coordinates", "coordinates_next"),
    ):
        np.testing.assert_array_equal(getattr(rows, before)[rest], getattr(rows, after)[rest])
    assert (rows.dissipation[rest] == 0.0).all()
    assert np.abs(rows.stress[rest]).max() > 0.1


def test_sets_are_split_by_path_and_ordered():
    dataset = generate(mt.Lattice(PERTURBED, BAR), WalkPlan(paths=20, steps=5, validation=0.2, test=0.1))
    assert [len(part) for part in (dataset.training, dataset.validation, dataset.test)] == [70, 20, 10]
    for part in (dataset.training, dataset.validation, dataset.test):
        np.testing.assert_array_equal(np.lexsort((part.step, part.path)), np.arange(len(part)))
    assert dataset.coordinate_shapes == {"displacement": (9, 2), "force": (20,)}
    assert set(dataset.units) == {"strain", "stress", "energy", "dissipation", "time", "displacement", "force"}
    assert dataset.provenance["seed"] == "0"


@pytest.mark.parametrize("cell", [PERTURBED, mt.cube_cell(units=(2, 2, 2), perturbation=0.2)], ids=["2D", "3D"])
def test_walks_do_not_depend_on_those_solved_beside_them(cell):
    lattice, plan = mt.Lattice(cell, BAR), WalkPlan(paths=9, steps=21, restart=0.05)
    together = solve_walks(lattice, plan, 0, 9)
    for size in (1, 4):
        parts = [solve_walks(lattice, plan, i, min(i + size, 9)) for i in range(0, 9, size)]
        for name in NAMES:
            np.testing.assert_array_equal(
                getattr(together, name), np.concatenate([getattr(p, name) for p in parts]), err_msg=name
            )


def test_seeds_differ_and_repeat():
    one, again = (generate(mt.Lattice(PERTURBED, BAR), WalkPlan(paths=3, steps=5, seed=7)) for _ in range(2))
    other = generate(mt.Lattice(PERTURBED, BAR), WalkPlan(paths=3, steps=5, seed=8))
    np.testing.assert_array_equal(one.training.coordinates_next, again.training.coordinates_next)
    assert not np.array_equal(one.training.strain, other.training.strain)


def test_a_walk_that_cannot_be_solved_is_named(monkeypatch):
    solve = mt.Lattice.solve

    def fail(lattice, strain, dt):
        if (strain == hard).all(axis=(1, 2)).any():
            raise ConvergenceError(
                "no", increment=1, worst=[int(np.flatnonzero((strain == hard).all(axis=(1, 2)))[0])]
            )
        return solve(lattice, strain, dt)

    plan = WalkPlan(paths=100, steps=4, zero_fraction=0.0)
    walks = draw_walks(plan, 77, 78, 3)
    hard = walks.strain[0] + walks.strain_increment[0]
    monkeypatch.setattr(mt.Lattice, "solve", fail)
    with pytest.raises(ConvergenceError, match="could not be solved along walk 77 of the plan") as raised:
        generate(mt.Lattice(PERTURBED, BAR), plan)
    assert raised.value.worst == (77,)


def test_progress_is_told_after_every_block_and_blocks_are_small():
    plan, told = WalkPlan(paths=150, steps=4), []
    generate(mt.Lattice(PERTURBED, BAR), plan, progress=lambda done, total: told.append((done, total)))
    assert told == [(256, 600), (512, 600), (600, 600)]
    large = mt.cube_cell(units=(4, 4, 4))
    first, last = next(iter(blocks(mt.Lattice(large), WalkPlan(), 0, 300)))
    assert (last - first) * 100 * (large.nodes.size + len(large.bars)) <= 2_000_000
