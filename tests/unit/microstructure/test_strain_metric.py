"""The metric of strains: what yields, what counts, and that lattices keep theirs."""

from dataclasses import replace

import numpy as np
import pytest

import microtann as mt
from microtann.data.walks import WalkPlan, draw_walks
from microtann.errors import InputError
from microtann.evaluation.closed_loop import protocol, respond
from microtann.evaluation.measures import relative_rms
from microtann.evaluation.protocol_paths import path
from microtann.microstructure.metric_of_data import metric_in
from microtann.microstructure.strain_metric import StrainMetric, stiffness_metric
from microtann.microstructure.yield_search import search_first_yield
from microtann.numbers import voigt

PLAN = WalkPlan(paths=10, steps=25, increment=0.2)


@pytest.fixture(scope="module")
def slender():
    return mt.Frame(mt.honeycomb_cell(thickness=0.02), sections=3)


@pytest.fixture(scope="module")
def reduced(slender):
    return mt.reduce(slender, states=8, plan=PLAN)


def every_direction(components):
    """Return directions whose largest component is 1, as those of path r, pure pressure among them."""
    random = np.random.default_rng(3).standard_normal((300, components))
    directions = np.concatenate([np.eye(components), [[1.0] * (components - 1) + [0.0]], random])
    return directions / np.abs(directions).max(axis=1, keepdims=True)


def test_a_slender_honeycomb_yields_in_every_direction_that_walks_reach(slender):
    # walks go to ±1 in every component, and yield in the reference material at 1/3
    natural, equal = slender.strain_metric(), slender.strain_metric("uniform")
    unit = every_direction(3)
    factors = slender.first_yield(natural.strains(unit))
    assert factors.max() < PLAN.limit
    spread = slender.first_yield(equal.strains(unit))
    assert spread.max() > PLAN.limit  # where equal strains leave some elastic
    response = slender.solve(natural.strains(unit[:60, None]))
    assert (response.dissipation[:, 0] > 1e-3 * response.energy[:, 0]).all()


def test_equal_unit_strains_store_equal_elastic_energies(slender):
    unit, stiffness = slender.strain_metric().unit, slender.elastic_stiffness()
    stored = unit.T @ stiffness @ unit
    np.testing.assert_allclose(stored, stored[0, 0] * np.eye(3), rtol=0, atol=1e-12 * stored[0, 0])


def test_the_metric_of_a_turned_material_is_the_turned_metric():
    angle, stiffness = 0.4, np.array([[3.0, 1.2, 0.4], [1.2, 2.0, -0.1], [0.4, -0.1, 0.6]])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tensors = voigt.strain_tensor(np.eye(3))
    moved = turn @ tensors @ turn.T
    of_strain = np.stack([moved[:, 0, 0], moved[:, 1, 1], 2.0 * moved[:, 0, 1]])
    back = np.linalg.inv(of_strain)
    one, other = (
        stiffness_metric(c, lambda strain, c=c: 1.0 / np.sqrt(np.einsum("ni,ij,nj->n", strain, c, strain)))
        for c in (stiffness, back.T @ stiffness @ back)
    )
    mandel = np.diag([1.0, 1.0, np.sqrt(2.0)])  # E = mandel E_M, whose rotation is orthogonal
    orthogonal = np.linalg.inv(mandel) @ of_strain @ mandel
    np.testing.assert_allclose(
        other.unit, of_strain @ one.unit @ orthogonal.T, atol=1e-12 * np.abs(one.unit).max()
    )


@pytest.mark.parametrize("cell", [mt.square_cell((2, 2), perturbation=0.2), mt.cube_cell()], ids=["2D", "3D"])
def test_lattices_keep_their_walks_and_paths_to_the_last_bit(cell):
    lattice = mt.Lattice(cell, mt.ElastoplasticBar(2.0, 0.01, 0.1))
    metric = lattice.strain_metric()
    assert metric.is_uniform
    assert metric.scale == lattice.strain_scale
    walks = draw_walks(PLAN.scaled(lattice.strain_scale), 0, 4, lattice.components)
    assert walks.directed(metric) is walks
    stress = np.ones((2, lattice.components))
    assert metric.measured(stress) is stress
    one, other = (path("c", lattice.components, scale) for scale in (metric, lattice.strain_scale))
    assert np.array_equal(one.strain, other.strain)
    assert one.description == other.description
    assert "metric" not in mt.generate_data(lattice, plan=WalkPlan(paths=4, steps=5)).provenance


def test_trials_find_the_first_yield_that_slips_tell(slender):
    strain = slender.strain_metric().strains(every_direction(3)[:8]) * np.geomspace(1e-4, 1e4, 8)[:, None]
    found, exact = search_first_yield(slender, strain), slender.first_yield(strain)
    np.testing.assert_allclose(found, exact, rtol=5e-3)


def test_what_never_yields_has_no_metric_of_the_stiffness():
    elastic = np.diag([2.0, 1.0, 0.5])
    with pytest.raises(InputError, match="no strain at first yield"):
        stiffness_metric(elastic, lambda strain: np.full(len(strain), np.inf))
    with pytest.raises(InputError, match="no stiffness against some strain"):
        stiffness_metric(np.diag([2.0, 1.0, 0.0]), lambda strain: np.ones(len(strain)))
    with pytest.raises(InputError, match="there is no metric 'energy'"):
        mt.Lattice(mt.square_cell()).strain_metric("energy")


def test_strains_and_unit_strains_are_inverse_and_stresses_do_the_same_work(slender):
    metric = slender.strain_metric()
    unit, stress = every_direction(3)[:5], np.random.default_rng(0).standard_normal((5, 3))
    strain = metric.strains(unit)
    np.testing.assert_allclose(metric.unit_strains(strain), unit, atol=1e-12)
    work = np.einsum("ni,ni->n", stress, strain)
    np.testing.assert_allclose(np.einsum("ni,ni->n", metric.measured(stress), unit), work, rtol=1e-12)


def test_data_keep_the_metric_of_their_walks(slender):
    natural, equal = (mt.generate_data(slender, plan=replace(PLAN, metric=m)) for m in ("usual", "uniform"))
    for data, name in ((natural, "stiffness"), (equal, "uniform")):
        assert metric_in(data.provenance, slender, 3).name == name
        alone = metric_in(data.provenance, None, 3)  # as a file of a kind that is not known here
        np.testing.assert_allclose(alone.unit, slender.strain_metric(name).unit, rtol=1e-15)
    rows = natural.training
    unit = slender.strain_metric().unit_strains(rows.strain + rows.strain_increment)
    assert np.abs(unit).max() <= PLAN.limit * (1 + 1e-12)
    continued = rows.step[1:] == rows.step[:-1] + 1
    ends = (rows.strain + rows.strain_increment)[:-1][continued]
    np.testing.assert_allclose(rows.strain[1:][continued], ends, atol=1e-12 * np.abs(ends).max())


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"name": "stiffness"}', '{"name": "own", "unit": [[1]]}', '{"name": "stiffness", "unit": 0}'],
)
def test_a_metric_that_is_none_is_refused_in_one_sentence(text):
    with pytest.raises(InputError, match="no metric of 3 strain components"):
        metric_in({"metric": text}, None, 3)


def test_a_metric_survives_as_text():
    metric = StrainMetric("stiffness", np.random.default_rng(0).standard_normal((3, 3)))
    assert np.array_equal(StrainMetric.from_text(metric.to_text(), 3).unit, metric.unit)


def test_errors_of_frames_are_measured_in_the_metric_and_say_so(slender, reduced):
    metric = slender.strain_metric()
    (found,) = respond(reduced, protocol(reduced, ["b"]))
    assert "metric of the stiffness" in found.path.description
    np.testing.assert_allclose(metric.unit_strains(found.path.strain), path("b", 3).strain, atol=1e-12)
    stress = [response.stress @ metric.unit for response in (found.recalled, found.exact)]
    assert found.errors.stress == pytest.approx(relative_rms(*stress), rel=1e-12)
    assert found.errors.to_dict()["metric"] == "stiffness"
    assert "metric of the stiffness" in str(mt.evaluate(reduced, ["b"]))


def test_a_model_of_equal_strains_is_evaluated_in_them(slender):
    model = mt.reduce(slender, states=4, plan=replace(PLAN, metric="uniform", limit=3.0))
    (chosen,) = protocol(model, ["b"])
    np.testing.assert_allclose(chosen.strain, path("b", 3, slender.strain_scale).strain)
    (found,) = respond(model, [chosen])
    assert "metric" not in found.errors.to_dict()
