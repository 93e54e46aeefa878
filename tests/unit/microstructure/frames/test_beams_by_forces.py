"""What a cell finds is right beam by beam: forces in equilibrium along every beam, fibres that obey their law.

The section strains of a beam are found here from its end forces by flexibilities, as force-based elements are
written elsewhere, and not from the unknowns of the package's elements. With hardening the energy is strictly
convex, so that plastic strains which pass are the only ones.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import microtann as mt
from microtann.microstructure.frames.beam_axes import beam_axes
from microtann.microstructure.frames.stations import stations

Array = NDArray[np.float64]
BAR = mt.ElastoplasticBar()
SECTIONS = 4


@pytest.mark.parametrize(
    "section",
    [mt.CrossSection.rectangle(0.04, 0.05, fibres=(2, 2)), mt.CrossSection.rectangle(0.04, 0.05, fibres=(2, 4))],
    ids=["four fibres", "two by four"],
)
def test_beams_in_space_carry_forces_that_their_fibres_can(section: mt.CrossSection) -> None:
    cell = mt.kelvin_cell(perturbation=0.1)
    frame = mt.Frame(cell, section, BAR, sections=SECTIONS)
    increments = 0.4 * frame.strain_scale * np.random.default_rng(0).standard_normal((5, frame.components))
    response = frame.solve(np.cumsum(increments, axis=0))
    motion, plastic = (response.coordinates[name] for name in ("displacement", "plastic_strain"))
    turned = response.coordinates["rotation"]
    assert (plastic[-1] != 0).mean() > 0.1
    chosen = cell.distinct_bars.representative
    young, bound, hardening = (float(one) for one in (BAR.young, BAR.yield_stress, BAR.hardening))
    for beam, (one, two) in enumerate(cell.bars[chosen]):
        vector = cell.bar_vectors[chosen[beam]]
        axes, length = beam_axes(vector[None])[0], float(np.linalg.norm(vector))
        before = np.zeros_like(plastic[0, beam])
        for time, now in enumerate(plastic[:, beam]):
            moved = axes @ (motion[time, two] - motion[time, one])
            first, second = axes @ turned[time, one], axes @ turned[time, two]
            slope_y, slope_z = moved[1] / length, moved[2] / length
            ends = np.array(
                [moved[0], first[2] - slope_y, second[2] - slope_y, first[1] + slope_z, second[1] + slope_z]
            )
            stress = young * (_strain_of_fibres(section, length, ends, now, young) - now)
            driving, flowed = stress - hardening * now, now != before
            assert np.abs(driving).max() <= bound * (1 + 1e-12)
            np.testing.assert_allclose(
                driving[flowed], bound * np.sign(now - before)[flowed], rtol=0, atol=1e-12 * bound
            )
            before = now


def _strain_of_fibres(section: mt.CrossSection, length: float, ends: Array, plastic: Array, young: float) -> Array:
    """Return the strains of all fibres, shape (s, f), whose ends have moved and turned by ``ends``.

    Parameters
    ----------
    section : CrossSection
    length : float
    ends : array, shape (5,)
        Stretch, and turns of both ends against the chord, about z and about y.
    plastic : array, shape (s, f)
    young : float
    """
    along, (y, z, area) = stations(SECTIONS), section.fibres.T
    of_section = np.column_stack([np.ones_like(y), -y, z])
    flexibility = np.linalg.inv(young * (of_section.T * area) @ of_section)
    forces = np.zeros((SECTIONS, 3, 5))  # N, M_z and M_y due to the end forces
    forces[:, 0, 0] = 1.0
    forces[:, [1, 2], [1, 3]] = along.place[:, None] - 1.0
    forces[:, [1, 2], [2, 4]] = along.place[:, None]
    free = young * plastic @ (of_section * area[:, None])
    weights = length * along.weight
    matrix = np.einsum("s,sip,ij,sjq->pq", weights, forces, flexibility, forces)
    shift = np.einsum("s,sip,ij,sj->p", weights, forces, flexibility, free)
    at_ends = np.linalg.solve(matrix, ends - shift)
    return np.asarray((forces @ at_ends + free) @ flexibility @ of_section.T)
