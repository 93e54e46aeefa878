"""Frames agree with OpenSees: beams whose nodes move as in our cells carry the same stress, in equilibrium."""

import numpy as np
import opensees_frame
import opensees_truss
import pytest

import microtann as mt

BAR = mt.ElastoplasticBar()


@pytest.fixture(scope="module")
def opensees():
    try:
        return opensees_truss.load()
    except (ImportError, OSError) as error:
        pytest.skip(f"the peer needs the extra 'opensees' (pip install openseespy): {error}")


@pytest.mark.parametrize(
    ("cell", "section"),
    [
        (mt.honeycomb_cell(perturbation=0.1), mt.CrossSection.rectangle(0.2)),
        (mt.kelvin_cell(perturbation=0.1), mt.CrossSection.circle(0.03, fibres=(1, 8))),
        (mt.kelvin_cell(perturbation=0.1), mt.CrossSection.rectangle(0.04, 0.05, fibres=(2, 4))),
        (mt.kelvin_cell(perturbation=0.1), mt.CrossSection.rectangle(0.04, 0.05, fibres=(2, 2))),
    ],
    ids=["honeycomb", "foam", "foam of rectangles", "foam of four fibres"],
)
def test_force_based_beams_carry_the_same_stress(opensees, cell, section):
    frame = mt.Frame(cell, section, BAR)
    increments = 0.4 * frame.strain_scale * np.random.default_rng(0).standard_normal((8, frame.components))
    path = np.cumsum(increments, axis=0)
    response = frame.solve(path)
    assert (response.dissipation > 0).sum() > 3
    motions = np.concatenate([response.coordinates["displacement"], response.coordinates["rotation"]], axis=2)
    chosen = cell.distinct_bars.representative
    forces = opensees_frame.beam_forces(
        opensees,
        cell.nodes,
        cell.bars[chosen],
        [section] * len(chosen),
        BAR,
        motions,
        modulus=float(BAR.young) / 2.6,
    )
    u, d = motions.shape[2], cell.dimension
    stress = np.einsum("tbi,bj->tij", forces[..., u : u + d], cell.bar_vectors[chosen]) / cell.volume
    voigt = [(0, 0), (1, 1), (0, 1)] if d == 2 else [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    theirs = np.stack([0.5 * (stress[:, i, j] + stress[:, j, i]) for i, j in voigt], axis=1)
    np.testing.assert_allclose(theirs, response.stress, rtol=0, atol=1e-9 * np.abs(theirs).max())
    nodal = np.zeros((len(path), cell.distinct_nodes.count, u))
    for side in (0, 1):
        nodes = cell.distinct_nodes.of_node[cell.bars[chosen, side]]
        np.add.at(nodal, (slice(None), nodes), forces[..., side * u : (side + 1) * u])
    assert np.abs(nodal).max() <= 1e-9 * np.abs(forces).max()
