"""Frames against closed forms, against lattices of bars, and against the laws."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import CellError
from microtann.forms.variational.known_coordinates import KnownCoordinates
from microtann.microstructure.registry import known_microstructures
from microtann.numbers.coordinates import width
from microtann.numbers.voigt import components


def uniaxial(frame: mt.Frame, strain: np.ndarray, axis: int) -> np.ndarray:
    """Return the stress along an axis at given strains along it, all other stresses being zero.

    The free strains minimise what is stored and dissipated: Newton's method, with steps halved until it falls.
    """
    state, found, free = frame.initial_state(1), [], [i for i in range(frame.components) if i != axis]
    total = np.zeros(frame.components)
    for value in strain:
        increment = np.zeros(frame.components)
        increment[axis] = value - total[axis]
        stress, tangent, new = frame.update(increment[None], state)
        for _ in range(100):
            if np.abs(stress[0, free]).max() <= 1e-9 * np.abs(stress).max():
                break
            values, vectors = np.linalg.eigh(tangent[0][np.ix_(free, free)])
            step = -vectors @ (vectors.T @ stress[0, free] / np.maximum(values, 1e-9 * values.max()))
            before = new["energy"] + new["dissipation"]
            for _ in range(40):
                tried = increment.copy()
                tried[free] += step
                stress, tangent, new = frame.update(tried[None], state)
                if new["energy"] + new["dissipation"] <= before:
                    break
                step = 0.5 * step
            increment = tried
        else:
            raise AssertionError("no uniaxial stress")
        total, state = total + increment, new
        found.append(stress[0, axis])
    return np.array(found)


@pytest.mark.parametrize("shear", [False, True])
@pytest.mark.parametrize("angle", [30.0, -20.0])
@pytest.mark.parametrize("thickness", [0.01, 0.2])
def test_a_honeycomb_has_the_moduli_of_beam_theory(thickness: float, angle: float, shear: bool) -> None:
    # Gibson and Ashby, Cellular Solids, section 4.3, with stretch and shear of the walls
    ratio, tilt = 1.3, np.radians(angle)
    cell = mt.honeycomb_cell(angle=angle, ratio=ratio, size=2.0 * np.cos(tilt))
    frame = mt.Frame(cell, mt.CrossSection.rectangle(thickness, fibres=(2, 1), shear=shear), sections=3)
    compliance = np.linalg.inv(frame.elastic_stiffness())
    cos, sin = np.cos(tilt), np.sin(tilt)
    bending = 1.0 / thickness**3 + (2.6 / (5.0 / 6.0 * thickness) if shear else 0.0)
    along = (ratio + sin) * (sin**2 * bending + cos**2 / thickness) / cos
    upright = cos * (cos**2 * bending + (sin**2 + 2.0 * ratio) / thickness) / (ratio + sin)
    np.testing.assert_allclose([compliance[0, 0], compliance[1, 1]], [along, upright], rtol=1e-9)


def test_a_square_grid_shears_by_bending() -> None:
    frame = mt.Frame(mt.square_grid_cell(), mt.CrossSection.rectangle(0.1))
    np.testing.assert_allclose(frame.elastic_stiffness(), np.diag([0.1, 0.1, 0.1**3 / 2]), atol=1e-15)


def test_a_kelvin_foam_has_the_moduli_of_warren_and_kraynik() -> None:
    radius, length = 0.03, 1.0 / (2.0 * np.sqrt(2.0))
    frame = mt.Frame(mt.kelvin_cell(), mt.CrossSection.circle(radius, fibres=(1, 4)), sections=3)
    stiffness = frame.elastic_stiffness()
    area, inertia = np.pi * radius**2, np.pi * radius**4 / 4
    young = 6.0 * np.sqrt(2.0) * inertia / length**4 / (1.0 + 12.0 * inertia / area / length**2)
    np.testing.assert_allclose(1.0 / np.linalg.inv(stiffness)[0, 0], young, rtol=1e-11)
    np.testing.assert_allclose(stiffness[:3, :3].sum() / 9.0, 24.0 * length * area / 9.0, rtol=1e-11)


@pytest.mark.parametrize(
    ("cell", "section"),
    [
        (mt.square_cell((2, 2), perturbation=0.2), mt.CrossSection.rectangle(0.5, fibres=(2, 1))),
        (mt.cube_cell(), mt.CrossSection.circle(np.sqrt(1.0 / np.pi), fibres=(1, 4))),
    ],
    ids=["plane", "space"],
)
def test_pinned_everywhere_a_frame_is_a_lattice_of_bars(cell: mt.UnitCell, section: mt.CrossSection) -> None:
    frame = mt.Frame(cell, section, sections=3, pinned=np.ones((len(cell.bars), 2)))
    path = np.cumsum(0.2 * np.random.default_rng(0).standard_normal((3, 15, cell.components)), axis=1)
    beams, bars = frame.solve(path), mt.Lattice(cell).solve(path)
    np.testing.assert_allclose(beams.stress, bars.stress, atol=1e-13)
    np.testing.assert_allclose(beams.energy, bars.energy, atol=1e-13)
    np.testing.assert_allclose(beams.dissipation, bars.dissipation, atol=1e-13)
    np.testing.assert_allclose(beams.coordinates["displacement"], bars.displacement, atol=1e-13)


@pytest.mark.parametrize(
    "frame",
    [
        mt.Frame(
            mt.honeycomb_cell(perturbation=0.1),
            mt.CrossSection.rectangle(0.2, fibres=(4, 1), shear=True),
            sections=4,
        ),
        mt.Frame(mt.kelvin_cell(perturbation=0.1), mt.CrossSection.circle(0.05, fibres=(1, 4)), sections=3),
        mt.Frame(
            mt.triangular_cell(),
            mt.CrossSection.rectangle(0.2, fibres=(2, 1)),
            mt.ElastoplasticBar(hardening=0.0),
            sections=3,
            pinned=[[True, False]] * 3,
        ),
    ],
    ids=["honeycomb", "foam", "perfectly plastic"],
)
def test_the_laws_hold(frame: mt.Frame) -> None:
    report = mt.examine_laws(
        frame, components=components(frame.cell.dimension), increments=300 if frame.cell.dimension == 2 else 60
    )
    assert report.negative_dissipation == report.not_finite == 0
    assert report.energy_gain < 1e-12
    assert report.asymmetry < 1e-12
    assert report.least_stiffness > -1e-12


@pytest.mark.parametrize(
    "frame",
    [
        mt.Frame(mt.honeycomb_cell(perturbation=0.1), mt.CrossSection.rectangle(0.2, fibres=(4, 1)), sections=4),
        mt.Frame(mt.kelvin_cell(), mt.CrossSection.circle(0.05, fibres=(1, 4)), sections=3),
    ],
    ids=["honeycomb", "foam"],
)
def test_stress_and_tangent_are_derivatives(frame: mt.Frame) -> None:
    rng = np.random.default_rng(1)
    scale, state = frame.strain_scale, frame.initial_state(2)
    _, _, state = frame.update(scale * rng.standard_normal((2, frame.components)), state)
    increment = scale * rng.standard_normal((2, frame.components))
    stress, tangent, after = frame.update(increment, state)
    assert (after["dissipation"] > 0).all()
    step = 1e-6 * scale
    for i, direction in enumerate(np.eye(frame.components)):
        ahead, _, more = frame.update(increment + step * direction, state)
        back, _, less = frame.update(increment - step * direction, state)
        np.testing.assert_allclose((ahead - back) / (2 * step), tangent[..., i], atol=1e-7 * np.abs(tangent).max())
        total = [s["energy"] + s["dissipation"] for s in (more, less)]  # its derivative is the stress
        np.testing.assert_allclose((total[0] - total[1]) / (2 * step), stress[:, i], atol=1e-7)


def test_split_beams_change_nothing_that_is_elastic() -> None:
    section = mt.CrossSection.rectangle(0.15, fibres=(2, 1))
    whole = mt.square_grid_cell()
    middle = [[0.5, 0.0], [0.0, 0.5]]
    cell = mt.UnitCell([*whole.nodes, *middle], [[0, 3], [3, 1], [0, 4], [4, 2]], np.ones(4), whole.periods)
    parts = [mt.Frame(one, section, sections=3).elastic_stiffness() for one in (whole, cell)]
    np.testing.assert_allclose(parts[0], parts[1], atol=1e-15)


@pytest.mark.parametrize(("axis", "limit"), [(0, 0.9981), (1, 0.9999)])
@pytest.mark.parametrize("split", [False, True])
def test_a_honeycomb_collapses_by_hinges(axis: int, limit: float, split: bool) -> None:
    # 2/3 (t/l)² σ_y of Gibson and Ashby, less what the force in the walls takes of their moment
    thickness = 0.05
    cell = mt.honeycomb_cell()
    if split:
        centres = cell.nodes[cell.bars].mean(axis=1)
        ends = np.arange(len(cell.bars)) + len(cell.nodes)
        halves = np.concatenate([np.stack([cell.bars[:, 0], ends], 1), np.stack([ends, cell.bars[:, 1]], 1)])
        cell = mt.UnitCell(np.vstack([cell.nodes, centres]), halves, np.ones(len(halves)), cell.periods)
    frame = mt.Frame(
        cell, mt.CrossSection.rectangle(thickness, fibres=(16, 1)), mt.ElastoplasticBar(1.0, 1e-3, 1e-6)
    )
    stress = uniaxial(frame, np.linspace(0.0, 0.03, 31)[1:], axis)
    collapse = 2.0 / 3.0 * thickness**2 * 1e-3
    np.testing.assert_allclose(stress[-1] / collapse, limit, rtol=5e-3)


def test_a_state_comes_back_from_what_it_decodes_to_and_a_frame_from_its_arrays() -> None:
    rectangle = mt.CrossSection.rectangle(0.2, fibres=(2, 1), shear=True)
    section = mt.CrossSection(rectangle.fibres, (rectangle.shear[0], np.inf), rectangle.torsion)
    frame = mt.Frame(
        mt.honeycomb_cell(), section, mt.ElastoplasticBar(2.0, 0.5, 0.2), 0.2, 3, "lobatto", np.eye(6, 2)
    )
    rng = np.random.default_rng(0)
    _, _, state = frame.update(2.0 * rng.standard_normal((4, 3)), frame.initial_state(4))
    decoded = frame.decode(state)
    assert {name: value.shape[1:] for name, value in decoded.items()} == dict(frame.coordinate_shapes)
    back = frame.state_of(decoded, state["strain"])
    assert back is not None
    for name in ("plastic_strain", "energy"):
        np.testing.assert_allclose(back[name], state[name], atol=1e-13)
    groups = frame.groups()
    assert {name: tuple(arrays) for name, arrays in groups.items()} == dict(mt.Frame.fields)
    assert all(np.isfinite(array).all() for arrays in groups.values() for array in arrays.values())
    again = known_microstructures()["frame"].of_groups(groups)
    np.testing.assert_array_equal(again.elastic_stiffness(), frame.elastic_stiffness())
    np.testing.assert_array_equal(
        again.update(np.ones((1, 3)), again.initial_state(1))[0],
        frame.update(np.ones((1, 3)), frame.initial_state(1))[0],
    )


def test_the_slips_of_a_frame_are_reduced_without_training() -> None:
    frame = mt.Frame(mt.square_grid_cell(), mt.CrossSection.rectangle(0.3, fibres=(2, 1)), sections=3)
    tann = mt.reduce(frame, states=12)
    path = np.cumsum(0.1 * frame.strain_scale * np.random.default_rng(5).standard_normal((20, 3)), axis=0)
    np.testing.assert_allclose(
        tann.recall(path, outside_training="none").stress, frame.solve(path).stress, atol=1e-10
    )


def test_frames_that_do_not_fit_are_refused() -> None:
    cell, section = mt.square_cell(), mt.CrossSection.rectangle(0.2)
    with pytest.raises(CellError, match="as many sections"):
        mt.Frame(cell, [section])
    with pytest.raises(CellError, match="different numbers of fibres"):
        mt.Frame(cell, [section] * 19 + [mt.CrossSection.rectangle(0.2, fibres=(4, 1))])
    with pytest.raises(CellError, match="differ in section or pins"):
        mt.Frame(cell, [*[section] * 19, mt.CrossSection.rectangle(0.3)])
    with pytest.raises(CellError, match="both ends"):
        mt.Frame(cell, section, pinned=[True])
    with pytest.raises(CellError, match="Poisson"):
        mt.Frame(cell, section, poisson=0.6)
    with pytest.raises(CellError, match="at least 3 sections"):
        mt.Frame(cell, section, sections=2)


def test_directions_that_the_walks_visited_all_need_no_slips() -> None:
    """Training asks a frame for the slips of no coordinates where nothing is left to be completed."""
    frame = mt.Frame(mt.square_grid_cell(), mt.CrossSection.rectangle(0.3, fibres=(2, 1)), sections=3)
    data = mt.generate_data(frame, mt.WalkPlan(paths=5, steps=4))
    known = KnownCoordinates.of(data)
    assert known is not None
    nothing = known.slips_of(np.zeros((0, width(data.coordinate_shapes))), np.zeros((0, 3)))
    assert nothing.shape == (0, frame.exact_states)
