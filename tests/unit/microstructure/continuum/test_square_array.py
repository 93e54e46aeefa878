"""Effective moduli of a square array of round voids against a series that holds exactly in the matrix.

Complex potentials φ = Σ aₖ zᵏ and ψ (N. I. Muskhelishvili, Some Basic Problems of the Mathematical Theory of
Elasticity, 1953), ψ being what leaves the void free of traction; the symmetry of the cell gives two conditions on
every edge, which the coefficients fulfil in the least squares (as R. Bailey and R. Hicks, J. Mech. Eng. Sci. 2,
1960, did by collocation).
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import microtann as mt
from microtann import fem

Array = NDArray[np.float64]
PLACES = 60
"""Points of Gauss's rule on half an edge."""


def stiffness_of_series(radius: float, poisson: float, plane: str, terms: int = 24) -> Array:
    """Return the effective stiffness (3, 3) of a matrix with Young's modulus 1; its edge is 1."""
    shear = 1.0 / (2.0 + 2.0 * poisson)
    kappa = 3.0 - 4.0 * poisson if plane == "strain" else (3.0 - poisson) / (1.0 + poisson)
    place, weight = np.polynomial.legendre.leggauss(PLACES)
    place, weight = 0.25 * (place + 1.0), 0.5 * weight
    z = np.concatenate([0.5 + 1j * place, place + 0.5j])[:, None]
    right, top = slice(None, PLACES), slice(PLACES, None)
    power = np.arange(1.0 - 2 * terms, 2 * terms, 2)
    far = np.sqrt(0.5) ** np.abs(power)
    size = np.where(power > 0, far, np.maximum(0.5**power, radius ** (2.0 * power) * far))
    found = np.zeros((3, 3))
    for unit, loads in ((1.0, (0, 1)), (1j, (2,))):  # symmetric to both axes, and opposite to both
        a = unit / size
        phi, slope = a * z**power, a * power * z ** (power - 1)
        psi = -np.conj(a) * radius ** (2 * power) * z**-power - a * radius**2 * power * z ** (power - 2)
        psi_slope = np.conj(a) * radius ** (2 * power) * power * z ** (-power - 1)
        psi_slope = psi_slope - a * radius**2 * power * (power - 2) * z ** (power - 3)
        moves = (kappa * phi - z * np.conj(slope) - np.conj(psi)) / (2.0 * shear)
        half = np.conj(z) * a * power * (power - 1) * z ** (power - 2) + psi_slope
        s11, s22, s12 = 2 * slope.real - half.real, 2 * slope.real + half.real, half.imag
        if unit == 1.0:  # edges stay straight and slide
            conditions = np.concatenate([moves.real[right], moves.imag[top], s12])
        else:
            conditions = np.concatenate([moves.imag[right], moves.real[top], s11[right], s22[top]])
        for load in loads:
            wanted = np.zeros(len(conditions))
            wanted[{0: right, 1: slice(PLACES, 2 * PLACES), 2: slice(2 * PLACES)}[load]] = (0.5, 0.5, 0.25)[load]
            weights = np.linalg.lstsq(conditions, wanted)[0]
            found[:, load] = (
                weight @ s11[right] @ weights,
                weight @ s22[top] @ weights,
                weight @ s12[right] @ weights,
            )
    return found


@pytest.mark.parametrize("radius", [0.2, 0.3, 0.4])
def test_voids_converge_to_the_series_as_polygons_to_a_circle(radius: float) -> None:
    exact = stiffness_of_series(radius, 0.3, "strain")
    matrix = fem.LinearElastic.isotropic(1.0, 0.3, plane="strain")
    coarse, fine = (
        mt.voided_cell(radius, matrix, divisions=n, layers=n, kind="quad8").elastic_stiffness() for n in (4, 8)
    )
    errors = [np.abs(found - exact).max() / exact.max() for found in (coarse, fine)]
    assert 3.7 < errors[0] / errors[1] < 4.1  # second order
    assert np.abs((4.0 * fine - coarse) / 3.0 - exact).max() < 1e-3 * exact.max()


def test_holes_weaken_a_sheet_alike_whatever_its_poisson_ratio() -> None:
    """E*/E of a sheet with holes depends on their geometry alone.

    A. R. Day, K. A. Snyder, E. J. Garboczi and M. F. Thorpe, J. Mech. Phys. Solids 40, 1992; A. V. Cherkaev,
    K. A. Lurie and G. W. Milton, Proc. R. Soc. Lond. A 438, 1992.
    """

    def young(stiffness: Array) -> float:
        return float(1.0 / np.linalg.inv(stiffness)[0, 0])

    series = [young(stiffness_of_series(0.35, poisson, "stress")) for poisson in (0.0, 0.3, 0.45)]
    np.testing.assert_allclose(series, series[0], rtol=1e-9)
    sheets = (fem.LinearElastic.isotropic(1.0, poisson, plane="stress") for poisson in (0.0, 0.45))
    found = [young(mt.voided_cell(0.35, sheet, kind="quad8").elastic_stiffness()) for sheet in sheets]
    assert abs(found[0] - found[1]) < 1e-3 * found[0]
