"""Solids with voids against bounds and closed forms: assemblages of cylinders and spheres, Kirsch, limits."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann import fem
from microtann.errors import ConvergenceError

BULK, SHEAR = 1.0 / 1.2, 1.0 / 2.6
"""Of the reference material, E = 1 and ν = 0.3."""


def assemblage(void: float, plane: bool) -> float:
    """Return the bulk modulus of an assemblage of hollow cylinders in plane strain, or of hollow spheres.

    It is the upper bound of all arrangements of voids (Z. Hashin and B. W. Rosen, J. Appl. Mech. 31, 1964;
    Z. Hashin and S. Shtrikman, J. Mech. Phys. Solids 11, 1963).
    """
    own, other = (BULK + SHEAR / 3.0, SHEAR) if plane else (BULK, 4.0 / 3.0 * SHEAR)
    return 1.0 / ((1.0 - void) / (own + other) + void / other) - other


@pytest.mark.parametrize(("radius", "least"), [(0.15, 0.999), (0.3, 0.995), (0.4, 0.95)])
def test_round_voids_come_close_to_the_assemblage_of_cylinders(radius: float, least: float) -> None:
    solid = mt.voided_cell(radius, kind="quad8")
    c = solid.elastic_stiffness()
    bound = assemblage(1.0 - solid.volume_fractions[""], plane=True)
    assert least * bound < 0.5 * (c[0, 0] + c[0, 1]) < bound * (1.0 + 1e-4)


def test_a_round_void_in_space_comes_close_to_the_assemblage_of_spheres() -> None:
    found = []
    for divisions, layers in ((2, 2), (4, 3)):
        solid = mt.voided_cell(0.3, dimension=3, divisions=divisions, layers=layers)
        c = solid.elastic_stiffness()
        bound = assemblage(1.0 - solid.volume_fractions[""], plane=False)
        found.append((c[0, 0] + 2.0 * c[0, 1]) / 3.0 / bound)
    assert abs(found[1] - 1.0) < 0.01 < abs(found[0] - 1.0) < 0.05  # coarse meshes are too stiff


def test_few_small_holes_weaken_a_sheet_as_kirsch_says() -> None:
    """E*/E = 1/(1 + 3 f) for holes that are far from one another (G. Kirsch, Z. VDI 42, 1898)."""
    sheet = fem.LinearElastic.isotropic(1.0, 0.3, plane="stress")
    solid = mt.voided_cell(0.05, sheet, divisions=8, layers=10, kind="quad8")
    compliance = np.linalg.inv(solid.elastic_stiffness())
    void = 1.0 - solid.volume_fractions[""]
    assert (compliance[0, 0] - 1.0) / void == pytest.approx(3.0, rel=0.02)


def test_quadratic_elements_converge_faster() -> None:
    def stiffness(divisions: int, kind: str) -> float:
        return float(
            mt.voided_cell(0.3, divisions=divisions, layers=divisions, kind=kind).elastic_stiffness()[2, 2]
        )

    polygons = {n: stiffness(n, "quad8") for n in (2, 4, 8)}  # the hole is a polygon: second order at best
    assert abs(polygons[4] - polygons[8]) < 0.5 * abs(polygons[2] - polygons[4])
    assert abs(stiffness(4, "quad") - polygons[8]) > 3.0 * abs(polygons[4] - polygons[8])


def test_the_limit_of_a_perfectly_plastic_cell_lies_between_its_bounds() -> None:
    """In-plane tension: hollow cylinders, the inscribed one from below, Gurson's with the same void from above.

    A. L. Gurson, J. Eng. Mater. Technol. 99, 1977: k ln(1/f)/√3.
    """
    solid = mt.voided_cell(0.3, fem.VonMises(hardening=0.0, plane="strain"), kind="quad8")
    state, stresses = solid.initial_state(1), []
    for strain in (0.2, 0.4, 0.8, 1.6):
        stress, _, state = solid.update(np.array([[strain, strain, 0.0]]) - state["strain"], state, tangent=False)
        stresses.append(stress[0, 0])
    limit, void = 1.0 / 3.0, 1.0 - solid.volume_fractions[""]
    lower = 2.0 / np.sqrt(3.0) * limit * np.log(0.5 / 0.3)
    upper = limit / np.sqrt(3.0) * np.log(1.0 / void)
    assert lower < stresses[-1] < upper
    assert stresses[-1] == pytest.approx(lower, rel=0.05)
    assert stresses[-1] - stresses[-2] < 0.01 * stresses[-1]


def test_a_cell_at_its_limit_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    solid = mt.voided_cell(0.3, divisions=2, layers=1)

    def singular(*_: object) -> None:
        raise RuntimeError("Factor is exactly singular")

    solid.elastic_stiffness()
    monkeypatch.setattr(type(solid.equations), "factor", singular)
    with pytest.raises(ConvergenceError, match="material point 0 has reached its limit load"):
        solid.update(np.array([[0.5, 0.0, 0.1]]), solid.initial_state(1))


def test_a_cell_that_finds_no_equilibrium_says_where() -> None:
    class Wild(fem.VonMises):
        """Its stress is not that of its tangent."""

        def update(self, strain_increment, state, dt=1.0, tangent=True):  # type: ignore[no-untyped-def]
            stress, moduli, new = super().update(strain_increment, state, dt, tangent)
            return stress + np.sign(np.sin(1e6 * new["strain"])), moduli, new

    solid = mt.voided_cell(0.3, Wild(plane="strain"), divisions=2, layers=1)
    with pytest.raises(ConvergenceError, match=r"material point 0 found no equilibrium .* nodes \d+, ") as failure:
        solid.update(np.array([[0.4, 0.0, 0.1]]), solid.initial_state(1))
    assert failure.value.residuals
    assert failure.value.worst == (0,)
