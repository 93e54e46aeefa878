"""Several materials in a mesh: the same answers as one, closed forms, states by region, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ConvergenceError, InputError
from microtann.fem import LinearElastic, Prescribed, Step, VonMises
from plain_materials import Elastic

BASE, TOP = (lambda x: x[:, 2] == 0.0), (lambda x: x[:, 2] == 2.0)
CLAMPED = [Prescribed(BASE, axis) for axis in "xyz"]
SHEAR = [Step([*CLAMPED, Prescribed(TOP, "x", value), Prescribed(TOP, "z", 0.1)]) for value in (2.0, -1.0)]


def mesh(**names: object) -> mt.fem.Mesh:
    return mt.fem.box((1.0, 1.0, 2.0), (2, 2, 4)).named(**names)


@pytest.mark.parametrize("chunk", [8, 40, 1024])
def test_regions_of_one_material_change_nothing(chunk: int) -> None:
    """The cells of a checkerboard: chunks of scattered points give the response of the whole."""
    whole = mesh()
    odd = np.rint(2 * whole.points[whole.cells].mean(axis=1) - 0.5).astype(int).sum(axis=1) % 2 == 1
    parted = mesh(regions={"white": odd, "black": ~odd})
    solid = VonMises()
    one = mt.fem.Model(whole, solid).solve(SHEAR)
    two = mt.fem.Model(parted, {"black": solid, "white": solid}, chunk=chunk).solve(SHEAR)
    assert one.dissipation[-1] > 0.05
    for name in ("displacement", "stress", "energy", "dissipation", "reactions"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=0, atol=1e-9)
    for name, values in one.fields[-1].items():
        np.testing.assert_allclose(two.fields[-1][name], values, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(two.fields[-1]["region"], np.where(odd, 1.0, 0.0))
    assert "region" not in one.fields[-1]
    for name, cells in (("white", odd), ("black", ~odd)):
        region = two.region(name)
        np.testing.assert_array_equal(region.cells, np.flatnonzero(cells))
        np.testing.assert_allclose(region.state["plastic_strain"], one.state["plastic_strain"][cells], atol=1e-9)
        np.testing.assert_allclose(region.stress, one.stress[cells], atol=1e-9)
    energies = [two.region(name).energy for name in two.materials]
    assert sum(energies) == pytest.approx(two.energy[-1], rel=1e-12)
    dissipated = [two.region(name).dissipation for name in two.materials]
    assert sum(dissipated) == pytest.approx(two.dissipation[-1], rel=1e-12)
    np.testing.assert_allclose(two.dissipated, one.dissipated, rtol=0, atol=1e-9)


def test_layers_in_series_carry_the_same_force() -> None:
    """An elastic layer on an elastoplastic one, without lateral strain: one equation for the force."""
    young, strength, hardening, stiff, pull = 1.0, 0.2, 0.1, 3.0, 1.0
    body = mesh(regions={"soft": lambda x: x[:, 2] < 1.0, "stiff": lambda x: x[:, 2] > 1.0})
    materials = {"stiff": LinearElastic.isotropic(stiff, 0.0), "soft": VonMises(young, 0.0, strength, hardening)}
    held = [Prescribed(lambda x: x[:, 0] >= 0.0, axis) for axis in "xy"]
    result = mt.fem.Model(body, materials).solve(
        [Step([*held, Prescribed(BASE, "z"), Prescribed(TOP, "z", pull)])]
    )
    # stress E (e − p) along z with the plastic strain p there, where E e − (3/2) E p − H p reaches the strength
    plastic = lambda e: (young * e - strength) / (1.5 * young + hardening)  # noqa: E731
    low, high = 0.0, pull
    for _ in range(80):
        e = 0.5 * (low + high)
        low, high = (e, high) if young * (e - plastic(e)) < stiff * (pull - e) else (low, e)
    assert plastic(e) > 0.1
    force = result.axial_force(TOP)[-1]
    assert force == pytest.approx(stiff * (pull - e), rel=1e-9)
    np.testing.assert_allclose(result.region("soft").strain[..., 2], e, rtol=1e-9)
    average = result.region("soft").average(result.region("soft").state["plastic_strain"])
    np.testing.assert_allclose(average[2], plastic(e), rtol=1e-9)
    assert result.region("stiff").energy == pytest.approx(force**2 / (2 * stiff), rel=1e-9)
    assert repr(result.region("soft")).startswith("RegionResult('soft', 8 cells, volume 1, energy 0.")
    assert set(result.state) >= {"soft:plastic_strain", "stiff:strain"}


def test_a_hybrid_works_beside_another_material() -> None:
    """Its share of the exact cell and its training range are those of its own cells; others reach nowhere."""
    tann = mt.load("cube")
    body = mesh(regions={"lattice": lambda x: x[:, 2] < 1.0, "block": lambda x: x[:, 2] > 1.0})
    block = LinearElastic.isotropic(0.5, 0.2)
    step = [Step([*CLAMPED, Prescribed(TOP, "x", 9.0)], increments=2)]
    options = mt.fem.SolverOptions(outside_training="none")
    results = [
        mt.fem.Model(body, {"block": block, "lattice": lattice}).solve(step, options)
        for lattice in (mt.Hybrid(tann), tann.microstructure)
    ]
    hybrid, exact = results
    lattice = body.regions["lattice"]
    share = hybrid.fields[-1]["exact_share"]
    assert share[lattice].max() == 1.0
    assert share[body.regions["block"]].max() == 0.0
    assert hybrid.region("lattice").state["exact_share"].shape == (len(lattice), 8)
    assert hybrid.energy[-1] == pytest.approx(exact.energy[-1], rel=1e-2)
    learnt = mt.fem.Model(body, {"block": block, "lattice": tann}).solve(step, options)
    assert learnt.fields[-1]["training_reach"][body.regions["block"]].max() == 0.0
    assert 0 < learnt.points_outside[-1] <= 8 * len(lattice)


@pytest.mark.parametrize(
    ("regions", "materials", "words"),
    [
        ({"a": [0, 1]}, {"b": Elastic()}, "a material for 'b', but the mesh has no such region; it has: 'a'"),
        ({}, {"b": Elastic()}, "no such region; it has: none"),
        ({"a": [0, 1]}, {"a": Elastic()}, "14 cells, such as cell 2, have no material; it is in no region"),
        (
            {"a": [0, 1], "rest": range(2, 16)},
            {"a": Elastic()},
            "14 cells, such as cell 2, have no material; it is in 'rest'",
        ),
        (
            {"a": [0, 1], "all": range(16)},
            {"a": Elastic(), "all": Elastic()},
            "2 cells, such as cell 0, are in the regions 'a' and 'all', which both have a material",
        ),
        (
            {"a:b": range(16)},
            {"a:b": Elastic()},
            "the name of a region with its own material has no ':' and no '/'",
        ),
        ({"all": range(16)}, {}, "16 cells, such as cell 0, have no material; it is in 'all'"),
    ],
)
def test_cells_without_a_material_or_with_two_are_refused(regions, materials, words: str) -> None:
    with pytest.raises(InputError, match=words):
        mt.fem.Model(mesh(regions=regions), materials).solve(SHEAR)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"regions": {"a": [16]}}, "region 'a' of the mesh: there is no cell 16; cells are numbered 0 to 15"),
        ({"regions": {"a": lambda x: x[:, 0] > 5}}, "region 'a' of the mesh: no cell is selected"),
        ({"sets": {"s": []}}, "set 's' of the mesh: no node is selected"),
        ({"sets": {"s": np.zeros(3, dtype=bool)}}, r"set 's' of the mesh: the mask must have shape \(45,\)"),
    ],
)
def test_names_of_nothing_are_refused(names, words: str) -> None:
    with pytest.raises(InputError, match=words):
        mesh(**names)


class Failing(Elastic):
    def update(self, strain_increment, state, dt=1.0, tangent=True):
        stress, moduli, new = super().update(strain_increment, state, dt, tangent)
        stress[-1] = np.where(np.abs(strain_increment[-1]).max() > 1e-3, np.nan, stress[-1])
        return stress, moduli, new


def test_a_failure_names_the_element_of_the_mesh() -> None:
    """The fourth cell of the region is not the fourth of the mesh."""
    body = mesh(regions={"even": [0, 2, 4, 9], "rest": np.setdiff1d(np.arange(16), [0, 2, 4, 9])})
    model = mt.fem.Model(body, {"even": Failing(), "rest": Elastic()})
    with pytest.raises(ConvergenceError, match="not finite in element 9 of region 'even'"):
        model.solve(SHEAR, mt.fem.SolverOptions(max_cuts=1))


def test_a_result_of_one_material_has_no_regions() -> None:
    result = mt.fem.Model(mesh(regions={"all": range(16)}), Elastic()).solve(SHEAR)
    with pytest.raises(InputError, match="there are: none: one material fills the mesh"):
        result.region("all")


def test_a_simulation_of_several_materials_goes_on_from_its_record(tmp_path) -> None:
    """States of all regions are in the record: what is left of the way ends where the whole way does."""
    body = mesh(regions={"even": range(0, 16, 2), "odd": range(1, 16, 2)})
    model = mt.fem.Model(body, {"even": VonMises(), "odd": LinearElastic.isotropic(1.0, 0.3)})
    whole = model.solve(SHEAR)
    model.solve(SHEAR[:1], record=tmp_path / "record")
    rest = model.solve(SHEAR, restart=tmp_path / "record")
    np.testing.assert_array_equal(rest.displacement, whole.displacement)
    for name, values in whole.region("even").state.items():
        np.testing.assert_array_equal(rest.region("even").state[name], values)
