"""Structures of beams against closed forms, lattices of bars, and the cell that they repeat."""

from dataclasses import replace
from pathlib import Path

import meshio
import numpy as np
import pytest

import microtann as mt
from microtann import fem
from microtann.errors import CellError, InputError, LimitLoadError
from microtann.numbers import voigt

PLANE, SPACE = ("x", "y", "rz"), ("x", "y", "z", "rx", "ry", "rz")
WALL = mt.CrossSection.rectangle(0.1)
STEEL = mt.ElastoplasticBar(1.0, 1.0 / 3.0, 0.0)
PLASTIC_MOMENT = 0.1**2 / 4.0 / 3.0


def clamped(nodes, names):
    return [fem.Prescribed(nodes, name) for name in names]


def two_beams(bar=None, pinned=None):
    return mt.FrameStructure([[0.0, 0.0], [1.0, 0.0], [2.0, 0.3]], [[0, 1], [1, 2]], WALL, bar, pinned=pinned)


@pytest.fixture(scope="module")
def bent():
    structure = two_beams()
    steps = [
        fem.Step([*clamped([0], PLANE), fem.Prescribed([2], "y", 25.0)], increments=4),
        fem.Step([*clamped([0], PLANE), fem.Prescribed([2], "y", -12.0)], increments=4),
    ]
    return structure, steps, structure.solve(steps, fields=True)


@pytest.mark.parametrize("shear", [False, True])
@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.6, 0.8), (1.0, 0.0, 0.0), (2.0, -1.0, 2.0)])
def test_the_tip_of_a_cantilever_moves_as_euler_and_timoshenko_say(direction, shear):
    along, d = np.array(direction) / np.linalg.norm(direction), len(direction)
    length, force, names = 4.0, 1e-4, PLANE if d == 2 else SPACE
    section = mt.CrossSection.rectangle(0.5, 1.0 if d == 2 else 0.25, (8, 1 if d == 2 else 4), shear)
    beam = mt.FrameStructure([0.0 * along, length * along], [[0, 1]], section)
    across = beam.axes[0, 1]
    loads = [fem.NodalForce([1], name, force * part) for name, part in zip("xyz", across, strict=False)]
    result = beam.solve(fem.Step(clamped([0], names), loads))
    tip = force * length**3 / (3.0 * section.inertia[0])
    if shear:
        tip += force * length / (5.0 / 6.0 * section.area / 2.6)
    np.testing.assert_allclose(result.displacement[-1, 1], tip * across, rtol=1e-12, atol=1e-15)
    turn = result.rotation[-1, 1] @ (beam.axes[0, 2] if d == 3 else [1.0])
    np.testing.assert_allclose(turn, force * length**2 / (2.0 * section.inertia[0]), rtol=1e-12)
    moment = result.moment([0], centre=0.0)[-1]
    np.testing.assert_allclose(np.linalg.norm(moment), force * length, rtol=1e-12)


def test_twist_is_elastic():
    section = mt.CrossSection.circle(0.2)
    beam = mt.FrameStructure([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]], [[0, 1]], section)
    result = beam.solve(fem.Step(clamped([0], SPACE), [fem.NodalForce([1], "rx", 1e-3)]))
    expected = 1e-3 * 3.0 * 2.6 / (np.pi / 2.0 * 0.2**4)
    np.testing.assert_allclose(result.rotation[-1, 1], [expected, 0.0, 0.0], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(result.twisting_moment, 1e-3)


@pytest.mark.parametrize("cell", [mt.square_cell(), mt.octet_cell()], ids=["plane", "space"])
def test_pinned_everywhere_it_is_the_lattice_of_bars(cell):
    d = cell.dimension
    bars = mt.Structure.tile(cell, mt.ElastoplasticBar(), (2,) * d)
    frame = mt.Frame(cell, sections=3, pinned=np.ones((len(cell.bars), 2), bool))
    beams = mt.FrameStructure.tile(frame, (2,) * d)
    size = bars.points.max()
    held = [fem.Prescribed(lambda x: x[:, 0] == 0, name) for name in "xyz"[:d]]
    pulled = [fem.Prescribed(lambda x: x[:, 0] > size - 1e-9, "x", 0.8 * size)]
    steps = [fem.Step([*held, *pulled], increments=3), fem.Step(held, increments=2)]
    one, other = bars.solve(steps), beams.solve(steps)
    assert np.abs(one.plastic_strain).max() > 0.1
    for name in ("displacement", "reactions", "energy", "dissipation", "force", "plastic_strain"):
        expected = getattr(one, name)
        np.testing.assert_allclose(getattr(other, name), expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    assert not other.rotation.any()


@pytest.mark.parametrize(
    ("cell", "counts"),
    [
        (mt.honeycomb_cell(thickness=0.2, perturbation=0.1), (3, 3)),
        (mt.kelvin_cell(), (2, 2, 2)),
    ],
    ids=["honeycomb", "kelvin"],
)
def test_cells_that_move_alike_are_the_periodic_cell(cell, counts):
    section = mt.CrossSection.circle(0.06, (1, 5)) if cell.dimension == 3 else None
    frame = mt.Frame(cell, section, sections=3, pinned=np.arange(len(cell.bars))[:, None] == [0, -1])
    beams = mt.FrameStructure.tile(frame, counts)
    d, v = cell.dimension, cell.components
    path = 3.0 * frame.strain_scale * np.cumsum(np.random.default_rng(1).standard_normal((3, v)), axis=0)
    state = frame.initial_state(1)
    inside = np.bincount(beams.beams.ravel()) == np.bincount(beams.beams.ravel()).max()
    place = beams.points @ np.linalg.inv(cell.periods)
    own = cell.nodes @ np.linalg.inv(cell.periods)
    apart = (place[:, None] - own) % 1.0
    node = np.minimum(apart, 1.0 - apart).sum(axis=2).argmin(axis=1)
    steps, energies, dissipated = [], [], 0.0
    edge = np.flatnonzero(~inside)
    for strain, change in zip(path, np.diff(path, axis=0, prepend=0.0), strict=True):
        _, _, state = frame.update(change[None], state)
        motion = frame.decode({name: value[0] for name, value in state.items()})
        fluctuation = motion["displacement"] - cell.nodes @ voigt.strain_tensor(strain)
        moved = np.hstack(
            [beams.points @ voigt.strain_tensor(strain) + fluctuation[node], motion["rotation"][node]]
        )
        names = PLANE if d == 2 else SPACE
        steps.append(fem.Step([fem.Prescribed(edge, name, moved[edge, i]) for i, name in enumerate(names)]))
        dissipated += state["dissipation"][0]
        energies.append((state["energy"][0], dissipated))
    result = beams.solve(steps)
    volume = cell.volume * np.prod(counts)
    np.testing.assert_allclose(result.displacement[-1], moved[:, :d], atol=1e-8 * np.abs(moved).max())
    np.testing.assert_allclose(result.rotation[-1], moved[:, d:], atol=1e-8 * np.abs(moved).max())
    np.testing.assert_allclose(np.stack([result.energy, result.dissipation], 1) / volume, energies, rtol=1e-8)
    assert dissipated > 0.1 * energies[-1][0]


def collapse(structure, step):
    """Return the collapse load over the load of a step, between what was carried and 2 % more."""
    with pytest.raises(LimitLoadError) as error:
        structure.solve(replace(step, increments=4), fem.SolverOptions(smallest_fraction=1 / 64))
    return error.value.load_factor


def fine(fibres=40):
    return mt.CrossSection.rectangle(0.1, fibres=(fibres, 1))


def test_a_propped_cantilever_collapses_with_two_hinges():
    beam = mt.FrameStructure([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], [[0, 1], [1, 2]], fine(), STEEL)
    load = 6.0 * PLASTIC_MOMENT / 2.0  # of length 2, in the middle
    step = fem.Step([*clamped([0], PLANE), fem.Prescribed([2], "y")], [fem.NodalForce([1], "y", -1.25 * load)])
    assert 1.25 * collapse(beam, step) == pytest.approx(1.0, abs=0.01)


def test_a_portal_frame_collapses_by_sway_and_beam_together():
    points = [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [2.0, 0.0]]
    frame = mt.FrameStructure(points, [[0, 1], [1, 2], [2, 3], [3, 4]], fine(), STEEL)
    load = 3.0 * PLASTIC_MOMENT  # 6 M_p / (H h + V l / 2) for equal loads and all lengths 1
    loads = [fem.NodalForce([1], "x", 1.25 * load), fem.NodalForce([2], "y", -1.25 * load)]
    step = fem.Step(clamped([0, 4], PLANE), loads)
    assert 1.25 * collapse(frame, step) == pytest.approx(1.0, abs=0.015)  # normal forces weaken the columns


def test_a_hinge_keeps_its_turn_after_unloading():
    beam = mt.FrameStructure([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], [[0, 1], [1, 2]], fine(), STEEL)
    ends = [*clamped([0], PLANE), fem.Prescribed([2], "y")]
    down = [*ends, fem.Prescribed([1], "y", -30.0)]
    result = beam.solve([fem.Step(down, increments=3), fem.Step(ends, increments=1)])
    load = -result.reactions[:, 1, 1]
    assert load[2] == pytest.approx(3.0 * PLASTIC_MOMENT, rel=1e-3)  # fully plastic
    assert load[3] == pytest.approx(0.0, abs=1e-10 * load[2])
    inertia, compliance = 0.1**3 / 12.0, 7.0 * 2.0**3 / 768.0
    sprung = result.displacement[3, 1, 1] - result.displacement[2, 1, 1]
    assert sprung == pytest.approx(load[2] * compliance / inertia, rel=1e-8)  # unloading is elastic
    assert result.bending_moment[0, 0] == pytest.approx(-result.reaction_moments[3, 0, 0] * -1.0, abs=1e-9)


def test_work_is_stored_or_dissipated(bent):
    structure, steps, _ = bent
    finer = structure.solve([replace(step, increments=40) for step in steps])
    moved = np.concatenate([[0.0], finer.displacement[:, 2, 1]])
    force = np.concatenate([[0.0], finer.reactions[:, 2, 1]])
    work = np.sum(0.5 * (force[1:] + force[:-1]) * np.diff(moved))
    assert work == pytest.approx(finer.energy[-1] + finer.dissipation[-1], rel=1e-3)
    assert finer.dissipation[-1] > 0.3 * work


def test_a_record_goes_on_to_the_last_bit_and_files_hold_rotations(bent, tmp_path: Path):
    structure, steps, result = bent
    record = structure.solve(steps[:1], record=tmp_path / "record")
    again = structure.solve(steps, restart=tmp_path / "record")
    assert record.rotation.shape == (4, 3, 1)
    assert again.rotation.shape == (8, 3, 1)
    for name in ("displacement", "rotation", "reactions", "reaction_moments", "plastic_strain"):
        np.testing.assert_array_equal(np.asarray(getattr(again, name)), getattr(result, name))
    file = again.write(tmp_path / "vtu").parent / "frame-0007.vtu"
    mesh = meshio.read(file)
    np.testing.assert_array_equal(mesh.point_data["rotation"][:, 2], result.rotation[-1, :, 0])
    np.testing.assert_array_equal(mesh.cell_data["bending_moment"][0], result.bending_moment)
    again.to_csv(tmp_path / "path.csv", {"tip": [2]})
    columns = np.genfromtxt(tmp_path / "path.csv", delimiter=",", names=True)
    np.testing.assert_allclose(columns["reaction_tip_y"], result.reactions[:, 2, 1])


def test_fibres_bend_about_the_axis_of_their_section(bent):
    structure, _, result = bent
    assert result.fibre_plastic_strain.shape == (2, 6, 8)
    assert np.abs(result.fibre_plastic_strain[0, 0]).max() == pytest.approx(np.abs(result.plastic_strain[0]))
    curvature = result.section_strain[0, :, 1]
    assert np.abs(curvature).argmax() == 0  # at the clamped end
    assert "2 beams" in repr(result)
    assert "FrameStructure(2D, 3 nodes" in repr(structure)


def test_supports_that_leave_a_turn_free_are_told():
    with pytest.raises(InputError, match="free to move"):
        two_beams().solve(fem.Step([fem.Prescribed([0], "x"), fem.Prescribed([0], "y")]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beams": [[0, 1], [1, 1]]}, "beam 1 between nodes 1 and 1 has no length"),
        ({"beams": [[0, 1]]}, "no beam holds node 2"),
        ({"section": mt.CrossSection.rectangle(1.0), "kind": [0, 1]}, "numbered 0 to 0"),
        ({"section": [WALL] * 3}, "one section or as many"),
        ({"section": [WALL, fine()]}, "different numbers of fibres"),
        ({"section": mt.CrossSection.rectangle(1.0, fibres=(1, 8))}, "does not resist bending in the plane"),
        ({"points": [[0.0, 0, 0], [1, 0, 0], [2, 0, 0]]}, "fibres must differ in y and in z"),
        ({"points": [[0.0, 0, 0], [1, 0, 0], [2, 0, 0]], "up": [1.0, 0, 0], "section": mt.CrossSection.circle(1)},
         "lies along it"),
        ({"pinned": [[True, True]]}, "both ends of 2 beams"),
    ],
)  # fmt: skip
def test_what_makes_no_structure_is_refused(change, message):
    whole = {"points": [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], "beams": [[0, 1], [1, 2]], "section": WALL, **change}
    with pytest.raises(CellError, match=message):
        mt.FrameStructure(**whole)
