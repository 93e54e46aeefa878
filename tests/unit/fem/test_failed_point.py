"""Materials that throw, return NaN, or a wrong tangent: equilibrium, or an error and a file that fails alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.equilibrium_error import EquilibriumError
from microtann.errors import ConvergenceError, InputError
from microtann.fem import Prescribed, SolverOptions, Step
from microtann.fem.failed_point import read_failed_point
from microtann.fem.failure import WRONG_TANGENT, tangent_errors
from plain_materials import Elastic

MESH = mt.fem.box((1, 1, 2), (2, 2, 4))
BASE = [Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"]
STEPS = [
    Step([*BASE, Prescribed(lambda p: p[:, 2] == 2, "x", 0.05)], name="touch"),
    Step([*BASE, Prescribed(lambda p: p[:, 2] == 2, "x", 2.4)], name="bend"),
]
FEW = SolverOptions(max_cuts=2, outside_training="none")
LIMIT = 0.25


class Throwing(Elastic):
    """Raises an error of Python's where a strain is beyond a limit."""

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        for strain in state["strain"] + strain_increment:
            if np.abs(strain).max() > LIMIT:
                raise ZeroDivisionError("division by a strain")
        return super().update(strain_increment, state, dt, tangent)


class NotANumber(Elastic):
    """Returns stresses that are no numbers there."""

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        stress, moduli, new = super().update(strain_increment, state, dt, tangent)
        far = np.abs(new["strain"]).max(axis=1) > LIMIT
        return np.where(far[:, None], np.nan, stress), moduli, new


class Cubic(Elastic):
    """Stress that grows with the cube of the strain; its tangent is changed by a function."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        stress, moduli, new = super().update(strain_increment, state, dt, tangent)
        strain = new["strain"]
        if moduli is not None:
            moduli = moduli + 60.0 * np.einsum("nv,vw->nvw", strain**2, np.eye(6))
            moduli = self.change(moduli, strain)
        energy = new["energy"] + 5.0 * (strain**4).sum(axis=1)
        return stress + 20.0 * strain**3, moduli, new | {"energy": energy}


def fail(material, record: Path | None = None, options: SolverOptions = FEW) -> EquilibriumError:
    with pytest.raises(EquilibriumError) as caught:
        mt.fem.Model(MESH, material).solve(STEPS, options, record=record)
    return caught.value


@pytest.mark.parametrize(
    ("material", "words"),
    [
        (Throwing(), "the material failed in element {}, Gauss point {}: ZeroDivisionError: division by a strain"),
        (NotANumber(), "stress that the material returned is not finite in element {}, Gauss point {}"),
    ],
)
def test_the_error_names_the_point_that_fails_alone(material, words: str, tmp_path: Path) -> None:
    error = fail(material, tmp_path / "run")
    point = error.point
    assert "increment 1 (step 'bend') found no equilibrium even when cut to 1/4 of its size" in str(error)
    assert words.format(point.element, point.gauss_point) in str(error)
    assert f"{tmp_path / 'run' / 'failed-point.h5'} holds {point}" in str(error)
    assert len(error.attempt.failures) >= 3
    assert [f.end for f in error.attempt.failures][-1] < 1.0
    found, held = read_failed_point(tmp_path / "run" / "failed-point.h5")
    assert (held.kind, held.model, held.groups) == ("", b"", {})
    strain = found.strain + found.strain_increment
    assert np.abs(strain).max() > LIMIT
    np.testing.assert_array_equal(found.state["strain"][0], found.strain)
    assert np.abs(found.strain).max() < LIMIT
    with np.errstate(all="ignore"):
        try:
            stress, _, _ = material.update(found.strain_increment[None], found.state, found.dt)
            assert np.isnan(stress).all()
        except ZeroDivisionError:
            assert isinstance(material, Throwing)
    left = mt.fem.Model(MESH, Elastic()).read(tmp_path / "run")
    assert len(left.time) == 1  # rolled back to what was found before


def test_what_a_user_raises_at_first_is_told_without_cutting() -> None:
    class Misspelt(Elastic):
        def update(self, strain_increment, state, dt=1.0, tangent=True):
            return self.no_such_thing

    with pytest.raises(
        ConvergenceError, match=r"element 0, Gauss point 0: AttributeError: .*no_such_thing"
    ) as caught:
        mt.fem.Model(MESH, Misspelt()).solve(STEPS)
    assert isinstance(caught.value.__cause__, AttributeError)


def test_a_tangent_that_is_too_soft_or_unsymmetric_still_leads_to_equilibrium() -> None:
    def skewed(moduli, strain):
        moduli = moduli.copy()
        moduli[:, 0, 3] += 0.3 * np.abs(strain).max(axis=1)
        return moduli

    known = mt.fem.Model(MESH, Cubic(lambda moduli, strain: moduli)).solve(STEPS)
    for change in (skewed, lambda moduli, strain: 0.7 * moduli):
        found = mt.fem.Model(MESH, Cubic(change)).solve(STEPS)
        np.testing.assert_allclose(found.displacement, known.displacement, rtol=0, atol=1e-8)
        assert found.statistics.newton_iterations > known.statistics.newton_iterations


def test_a_tangent_that_is_wrong_is_found_out() -> None:
    def wrong(moduli, strain):
        return np.where(np.abs(strain).max(axis=1)[:, None, None] > 0.05, -moduli, moduli)

    error = fail(Cubic(wrong))
    assert error.residuals
    assert "relative residuals" in str(error)
    assert "differs from finite differences of its stress by 2" in str(error)  # −K is 200 % off
    assert error.point.tangent_error == pytest.approx(2.0, rel=1e-3)


def test_a_right_tangent_is_not_blamed() -> None:
    exact = mt.Lattice(mt.cube_cell())
    error = fail(exact, options=SolverOptions(max_cuts=0, max_iterations=1))
    assert "finite differences" not in str(error)
    assert error.point.tangent_error < 1e-4 < WRONG_TANGENT
    assert error.point.skew < 1e-12


def test_tangents_at_kinks_are_those_of_one_side() -> None:
    """At zero increment from a flowing state the stress has a kink; the tangent is that of one side."""
    exact = mt.Lattice(mt.cube_cell())
    generator = np.random.default_rng(2)
    increment = 0.5 * generator.normal(size=(40, 6))
    _, _, state = exact.update(increment, exact.initial_state(40))
    off, skew = tangent_errors(exact, 1e-3 * increment, state, 1.0)
    assert off.max() < 1e-5
    assert skew.max() < 1e-12
    shifted = Cubic(lambda moduli, strain: moduli + 0.01 * np.eye(6)[0])
    off, skew = tangent_errors(shifted, increment, shifted.initial_state(40), 1.0)
    assert (off > 1e-5).all()
    assert (skew > 1e-5).all()


def test_the_material_is_in_the_file_where_it_can_be(tmp_path: Path) -> None:
    few = SolverOptions(max_cuts=0, max_iterations=1, outside_training="none")
    exact = mt.Lattice(mt.cube_cell())
    for material, kind in ((mt.load("cube"), ""), (exact, "lattice")):
        error = fail(material, options=few)
        _, held = read_failed_point(error.point.write(tmp_path / "point.h5"))
        assert held.kind == kind
        assert bool(held.model) == (kind == "")
        assert (tmp_path / "point.h5").stat().st_size < 100_000
    np.testing.assert_array_equal(mt.Lattice.of_groups(held.groups).cell.nodes, exact.cell.nodes)


def test_regions_are_named() -> None:
    mesh = mt.fem.Mesh(MESH.points, MESH.cells, regions={"low": np.arange(8), "high": np.arange(8, 16)})
    with pytest.raises(EquilibriumError) as caught:
        mt.fem.Model(mesh, {"low": Throwing(), "high": Elastic()}).solve(STEPS, FEW)
    point = caught.value.point
    assert point.region == "low"
    assert point.element < 8
    assert f"element {point.element} of region 'low'" in str(caught.value)
    assert set(point.state) == {"strain", "energy", "dissipation", "elapsed"}


def test_another_file_is_refused(tmp_path: Path) -> None:
    mt.fem.Model(MESH, Elastic()).solve(STEPS, record=tmp_path / "run")
    with pytest.raises(InputError, match="is no file of a failed Gauss point"):
        read_failed_point(tmp_path / "run" / "00000000.h5")
    (tmp_path / "text.h5").write_text("text")
    with pytest.raises(InputError, match="is not an HDF5 file"):
        read_failed_point(tmp_path / "text.h5")
