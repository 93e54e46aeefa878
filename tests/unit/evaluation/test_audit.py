"""The audit finds no error where there is none, and the error that was put in where there is one."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.evaluation.audit import audit, estimate_total
from microtann.evaluation.load_power import load_power_error
from microtann.evaluation.structures import reference_case
from microtann.fem import Prescribed, Step
from microtann.fem.replay import durations, follow, strain_histories

MESH = mt.fem.box((1, 1, 2), (2, 2, 4))


def bent(tann: mt.TANN, size: float = 1.5) -> mt.fem.Result:
    """Return a box that is fixed at one end and moved at the other, there and back."""
    bottom = [Prescribed(lambda x: x[:, 2] == 0, axis, 0.0) for axis in "xyz"]

    def top(x):
        return x[:, 2] == 2

    steps = [Step([*bottom, Prescribed(top, "x", s), Prescribed(top, "z", 0.0)]) for s in (size, -size / 2)]
    return mt.fem.Model(MESH, tann).solve(steps)


def stiffer(tann: mt.TANN, factor: float) -> mt.TANN:
    """Return a model whose stress and energy are a factor larger at the same states: a known error."""
    point, scaling = tann.point, tann.scaling
    scaling = replace(scaling, energy=jnp.asarray(factor * scaling.energy))
    return replace(tann, point=replace(point, scaling=scaling))


def test_a_model_that_is_exact_has_no_error() -> None:
    tann = mt.load("cube")
    found = audit(bent(tann), tann, count=40)
    assert set(found.errors) == {"stress", "displacement", "force", "dissipation"}
    assert all(values.max() < 1e-9 for values in found.errors.values())
    assert found.total_dissipation is not None
    assert abs(found.total_dissipation[0]) < 1e-9


def test_a_known_error_is_found() -> None:
    """Stress and dissipation 5 % too large at every point; the states, and so the bar forces, are as they were."""
    tann = stiffer(mt.load("cube"), 1.05)
    found = audit(bent(tann), tann, count=60)
    mean_square = float(np.sqrt(np.mean(found.errors["stress"] ** 2)))
    assert mean_square == pytest.approx(0.05, rel=1e-9)
    assert found.total_dissipation is not None
    error, half = found.total_dissipation
    assert abs(error - 0.05 / 1.05) <= half < 0.05
    assert found.errors["force"].max() < 1e-9
    assert found.load_power == pytest.approx((0.05 / 1.05, 0.0), abs=1e-9)


def test_forces_are_judged_by_the_work_of_the_loads() -> None:
    """With every point in the sample the work of the stresses is that of the reactions."""
    tann = mt.load("cube")
    result = bent(tann)
    points = np.arange(result.mesh.weights.size)
    strain = np.diff(strain_histories(result, points), axis=1, prepend=0.0)
    stress = np.stack([stress for stress, _ in follow(tann, np.cumsum(strain, axis=1), durations(result))], axis=1)
    power, volume = (stress * strain).sum(axis=2), result.mesh.weights.ravel()
    moved = np.diff(np.asarray(result.displacement), axis=0, prepend=0.0)
    work = (np.asarray(result.reactions) * moved).sum(axis=(1, 2))
    np.testing.assert_allclose(volume @ power, work, rtol=1e-6)
    wrong = power * np.array([1.1] * (power.shape[1] - 1) + [1.0])
    found = load_power_error(wrong, power, volume)
    assert found is not None
    lost = work * 0.1 * np.array([1.0] * (len(work) - 1) + [0.0])
    done = work * np.array([1.1] * (len(work) - 1) + [1.0])
    assert found[0] == pytest.approx(np.linalg.norm(lost) / np.linalg.norm(done), rel=1e-6)
    assert load_power_error(0.0 * power, power, volume) is None


def test_half_of_the_points_follow_the_plastic_work() -> None:
    tann = mt.load("cube")
    result = bent(tann)
    found = audit(result, tann, count=200, seed=1)
    assert np.count_nonzero(found.by_work) == 100
    dissipated = result.dissipated.ravel()
    assert (dissipated == 0.0).any()
    np.testing.assert_allclose(found.work, dissipated[found.points], rtol=0, atol=1e-15)
    assert (found.work[found.by_work] > 0.0).all()
    assert (found.work[~found.by_work] == 0.0).any()
    by_work = (dissipated**2).sum() / dissipated.sum()  # what a draw in proportion to D expects of D
    assert found.work[found.by_work].mean() == pytest.approx(by_work, rel=0.2)


def test_an_elastic_structure_is_sampled_at_random() -> None:
    tann = mt.load("cube")
    found = audit(bent(tann, 1e-3), tann, count=10)
    assert not found.by_work.any()
    assert found.total_dissipation == (0.0, 0.0)  # nothing flows at any of the points, by either material
    assert found.errors["stress"].max() < 1e-9


def coverage(volume: np.ndarray, work: np.ndarray, exact: np.ndarray, count: int = 200) -> float:
    """Return how many of 400 audits of a structure have the true error of its dissipation in their interval."""
    rng, whole = np.random.default_rng(0), float(volume @ work)
    truth, inside, half = (whole - float(volume @ exact)) / whole, 0, count // 2
    by_work = np.arange(count) >= half
    for _ in range(400):
        at_random = rng.choice(len(volume), half, p=volume / volume.sum())
        points = np.concatenate([at_random, rng.choice(len(volume), half, p=volume * work / whole)])
        found = estimate_total((work - exact)[points], work[points], by_work, float(volume.sum()), whole, 0.0)
        assert found is not None
        inside += abs(found[0] - truth) <= found[1]
    return inside / 400


def skewness(volume: np.ndarray, work: np.ndarray, exact: np.ndarray) -> float:
    """Return the skewness of the relative errors of points that are drawn by their work."""
    drawn = work > 0.0
    error, weight = (work[drawn] - exact[drawn]) / work[drawn], (volume * work)[drawn]
    centred = error - np.average(error, weights=weight)
    return float(np.average(centred**3, weights=weight) / np.average(centred**2, weights=weight) ** 1.5)


def test_the_interval_holds_for_skew_errors() -> None:
    """Made-up structures: volumes and works that differ, and errors of a few points far above the others."""
    rng = np.random.default_rng(1)
    volume, flows = rng.lognormal(0.0, 0.5, 5000), rng.random(5000) < 0.3
    work = rng.lognormal(0.0, 1.0, 5000) * flows
    rare = 0.01 * work * rng.lognormal(0.0, 1.5, 5000)  # relative to the work of the point
    little = 0.02 * rng.lognormal(0.0, 1.0, 5000) * flows  # of one size, also where little flows
    unseen = 0.02 * rng.lognormal(0.0, 1.0, 5000)  # also where the network says that nothing flows
    for error in (rare, little, unseen):
        assert coverage(volume, work, work + error) >= 0.93  # 95 %, less two standard errors of the count
    assert abs(skewness(volume, work, work + little)) > 8.0
    assert coverage(volume, work, work) == 1.0


def test_the_interval_holds_in_a_structure() -> None:
    """lcC2 in the plane with a model of few states: every Gauss point is solved, so that the truth is known."""
    case = reference_case("lcC2", 2)
    tann = mt.reduce(mt.Lattice(mt.square_cell((2, 2), perturbation=0.2)), states=8)
    mesh = mt.fem.box(case.lengths, case.elements(0.5), case.origin)
    result = mt.fem.Model(mesh, tann).solve(case.steps, mt.fem.SolverOptions(outside_training="none"))
    strain = result.strain.reshape(-1, 1, 3)
    exact = tann.microstructure.solve(strain).dissipation.ravel()
    population = result.mesh.weights.ravel(), result.dissipated.ravel(), exact
    assert abs(skewness(*population)) > 100.0
    assert coverage(*population) >= 0.93


def test_positions_and_worst_points() -> None:
    tann = stiffer(mt.load("cube"), 1.05)
    found = audit(bent(tann), tann, count=50)
    assert ((found.position > 0) & (found.position < [1, 1, 2])).all()
    worst = found.worst(4)
    assert len(set(found.points[worst])) == 4
    assert found.errors["stress"][worst[0]] == found.errors["stress"].max()
    assert (np.diff(found.errors["stress"][worst]) <= 0).all()
    assert "at random, stress" in str(found)


def test_the_draw_repeats_from_its_seed() -> None:
    tann = mt.load("cube")
    result = bent(tann)
    first, again, other = (audit(result, tann, count=12, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.points, again.points)
    assert (first.points != other.points).any()


def test_what_cannot_be_audited_is_said() -> None:
    tann = mt.load("cube")
    result = bent(tann, 0.1)
    with pytest.raises(InputError, match="at least one point"):
        audit(result, tann, count=0)
    unknown = replace(tann, information=replace(tann.information, microstructure=None))
    with pytest.raises(InputError, match="names no microstructure"):
        audit(result, unknown)


def test_of_several_materials_the_region_of_the_network_is_looked_at() -> None:
    """Beside an elastic block: points lie in the region, and its dissipation is the whole."""
    tann = mt.load("cube")
    mesh = mt.fem.box((1, 1, 2), (2, 2, 4)).named(
        regions={"lattice": lambda x: x[:, 2] < 1, "block": lambda x: x[:, 2] > 1}
    )
    materials = {"block": mt.fem.LinearElastic.isotropic(5.0, 0.2), "lattice": tann}
    held = [mt.fem.Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"]
    steps = [mt.fem.Step([*held, mt.fem.Prescribed(lambda x: x[:, 2] == 2, "x", 1.5)], increments=3)]
    result = mt.fem.Model(mesh, materials).solve(steps)
    assert result.dissipation[-1] > 0.0
    found = audit(result, tann, count=60, region="lattice")
    assert found.position[:, 2].max() < 1.0
    assert found.errors["stress"].max() < 1e-9
    assert found.total_dissipation is not None
    assert abs(found.total_dissipation[0]) < 1e-9
    with pytest.raises(InputError, match="name the region of the network, one of 'block', 'lattice'"):
        audit(result, tann)
    with pytest.raises(InputError, match="there is no region 'core' with its own material"):
        audit(result, tann, region="core")
