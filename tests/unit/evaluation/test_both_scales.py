"""u⁰ + ε u¹ and decoded bar stresses: periodic structures, regular cells, uniform compression."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.evaluation.both_scales import Microscale
from microtann.evaluation.comparison import Comparison
from microtann.evaluation.decoded_block import decoded_block, same_block
from microtann.evaluation.scale_errors import scale_errors
from microtann.evaluation.structures import Control, ReferenceCase, reference_case
from microtann.fem import Model, Prescribed, Step, box
from microtann.numbers import voigt

BAR = mt.ElastoplasticBar()
LENGTHS, ORIGIN, SIZE = (2.0, 2.0, 3.0), (-1.0, -1.0, 0.5), 0.5
STRAIN = np.array([0.3, -0.1, -0.4, 0.2, -0.3, 0.25])
TIGHT = mt.fem.SolverOptions(tolerance=1e-12)


@pytest.fixture(scope="module")
def perturbed() -> mt.UnitCell:
    """A cell of edge 3, whose size differs from that in the structure."""
    return mt.cube_cell((2, 2, 2), size=3.0, perturbation=0.2, perturb="all", seed=3)


def rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def uniform(material: mt.Lattice, kind: str = "hexahedron") -> mt.fem.Result:
    """Return finite elements under a uniform strain."""
    tensor = voigt.strain_tensor(STRAIN)
    moves = [Prescribed(lambda x: x[:, 0] > -9, a, lambda x, a=a: x @ tensor[a]) for a in range(3)]
    return Model(box(LENGTHS, (2, 3, 2), ORIGIN, kind), material).solve([Step(moves)], TIGHT)


@pytest.mark.parametrize("kind", ["hexahedron", "hexahedron20"])
def test_in_a_periodic_structure_both_scales_are_exact(perturbed: mt.UnitCell, kind: str) -> None:
    """Where the boundary moves as the periodic medium does, so does all inside, up to round-off."""
    material = mt.Lattice(perturbed, BAR)
    scale = Microscale(uniform(material, kind), material, SIZE, ORIGIN)
    lattice = mt.Structure.box(perturbed, BAR, LENGTHS, SIZE, ORIGIN)
    u0, eu1 = scale.displacement(lattice.points)
    tensor = voigt.strain_tensor(STRAIN)
    np.testing.assert_allclose(u0, lattice.points @ tensor, atol=1e-12)
    exact = mt.solve_cell(perturbed, BAR, STRAIN[None])
    w = exact.displacement[0] - perturbed.nodes @ tensor
    node, _ = scale.inside.places(lattice.points)
    representative = np.unique(perturbed.distinct_nodes.of_node, return_index=True)[1]
    np.testing.assert_allclose(eu1, (SIZE / 3.0) * w[representative][node], atol=1e-12)
    place = lattice.points - ORIGIN
    inside = ((place > 0.4 * SIZE) & (place < np.array(LENGTHS) - 0.4 * SIZE)).all(axis=1)
    moved = u0 + eu1
    values = {tuple(p): u for p, u in zip(lattice.points.tolist(), moved, strict=True)}
    held = [
        Prescribed(np.flatnonzero(~inside), a, lambda x, a=a: np.array([values[tuple(p)][a] for p in x.tolist()]))
        for a in range(3)
    ]
    found = lattice.solve([Step(held)], TIGHT)
    assert 50 < inside.sum() < len(inside)
    np.testing.assert_allclose(found.displacement[-1], moved, atol=1e-9)
    stress = scale.bar_stress(lattice.points, lattice.bars)
    touched = inside[lattice.bars].any(axis=1)  # bars between held nodes are exact whatever is computed
    np.testing.assert_allclose(stress[touched], found.stress[touched], atol=1e-9)
    assert rms(eu1) > 0.01 * rms(u0)
    assert np.abs(found.plastic_strain).max() > 0.01


def test_a_regular_cell_has_no_fluctuation() -> None:
    case = reference_case("lcC2")
    cell = mt.cube_cell((2, 2, 2))
    material = mt.Lattice(cell, BAR)
    result = Model(box(case.lengths, (4, 4, 4), case.origin), material).solve(case.steps)
    lattice = mt.Structure.box(cell, BAR, case.lengths, 5.0, case.origin)
    u0, eu1 = Microscale(result, material, 5.0, case.origin).displacement(lattice.points)
    assert np.abs(eu1).max() < 1e-12 * np.abs(u0).max()


def test_uniform_compression_is_that_of_the_lattice_away_from_its_boundary(perturbed: mt.UnitCell) -> None:
    """Boundary layers shift and strain the inside a little, affinely; the rest is the fluctuation."""
    case = reference_case("lcU2")
    cell = mt.cube_cell((2, 2, 2), perturbation=0.2)
    material = mt.Lattice(cell, BAR)
    result = Model(box(case.lengths, (1, 1, 1), case.origin), material).solve(case.steps)
    remaining = {}
    for n in (5, 10):
        lattice = mt.Structure.box(cell, BAR, case.lengths, 10.0 / n, case.origin)
        found = lattice.solve(case.steps)
        scale = Microscale(result, material, 10.0 / n, case.origin)
        u0, eu1 = scale.displacement(lattice.points)
        inner = (np.abs(lattice.points - (0.0, 0.0, 5.0)) < 2.6).all(axis=1)
        affine = np.column_stack([np.ones(inner.sum()), lattice.points[inner]])
        for name, guess in (("u0", u0), ("both", u0 + eu1)):
            error = (guess - found.displacement[-1])[inner]
            error -= affine @ np.linalg.lstsq(affine, error, rcond=None)[0]
            remaining[name, n] = rms(error) / rms(eu1)
    assert remaining["u0", 10] > 0.9
    assert remaining["both", 5] < 0.05
    assert remaining["both", 10] < 0.03


def test_a_network_decodes_what_the_exact_cell_has(perturbed: mt.UnitCell) -> None:
    """With as many states as bars the network is exact, on both scales."""
    cell = mt.square_cell((2, 2), perturbation=0.2)
    data = mt.generate_data(mt.Lattice(cell), plan=mt.WalkPlan(paths=20, steps=20))
    tann = mt.train(data, mt.forms.Variational(states=16, updates=0))
    mesh = box((2.0, 1.0), (4, 2))
    low, high = (lambda x: x[:, 0] == 0.0), (lambda x: x[:, 0] == 2.0)
    steps = [Step([Prescribed(low, 0), Prescribed(low, 1), Prescribed(high, 0, 0.4), Prescribed(high, 1, 0.1)])]
    lattice = mt.Structure.box(cell, BAR, (2.0, 1.0), 0.5)
    found = []
    for material in (tann, mt.Lattice(cell, BAR)):
        scale = Microscale(Model(mesh, material).solve(steps, TIGHT), material, 0.5, (0.0, 0.0))
        found.append((*scale.displacement(lattice.points), scale.bar_stress(lattice.points, lattice.bars)))
    for network, exact in zip(*found, strict=True):
        np.testing.assert_allclose(network, exact, atol=1e-6 * rms(exact))


def test_errors_on_both_scales_have_their_own_references(perturbed: mt.UnitCell) -> None:
    """The lattice itself has no error, and one with other stresses has the error of these alone."""
    case = ReferenceCase("periodic", "", LENGTHS, (), (Control((1.0, 1.0, 3.5), 0),), "axial_force")
    material = mt.Lattice(perturbed, BAR)
    result = uniform(material)
    lattice = mt.Structure.box(perturbed, BAR, LENGTHS, SIZE, ORIGIN)
    scale = Microscale(result, material, SIZE, ORIGIN)
    u0, eu1 = scale.displacement(lattice.points)
    moves = [Prescribed(np.arange(len(u0)), a, lambda x, a=a: (u0 + eu1)[:, a]) for a in range(3)]
    full = lattice.solve([Step(moves)])
    errors = scale_errors(Comparison(case, {"exact": result}, full), {"exact": scale})
    assert [name.split(" ")[0] for name in errors] == [
        "stress",
        "stress",
        "u_x(1,",
        "displacement",
        "displacement",
    ]
    assert all(row["network error"] is row["total error"] is None for row in errors.values())
    first = errors.pop("displacement field, u⁰")["homogenisation error"]
    assert first == pytest.approx(rms(eu1) / rms(u0 + eu1))
    assert max(row["homogenisation error"] for row in errors.values()) < 1e-9
    assert scale_errors(Comparison(case, {"exact": result}), {"exact": scale}) == {}


def test_what_is_no_part_of_the_lattice_is_refused(perturbed: mt.UnitCell) -> None:
    material = mt.Lattice(perturbed, BAR)
    result = uniform(material)
    scale = Microscale(result, material, SIZE, ORIGIN)
    lattice = mt.Structure.box(perturbed, BAR, LENGTHS, SIZE, ORIGIN)
    with pytest.raises(InputError, match=r"is no node of the lattice with cells of 0\.5"):
        scale.displacement(lattice.points + 0.01)
    far = np.array([[0, len(lattice.points) - 1]])
    with pytest.raises(InputError, match="a bar is not one of the lattice"):
        scale.bar_stress(lattice.points, far)
    with pytest.raises(InputError, match="lie in no cell of the mesh"):
        scale.displacement(lattice.points + np.array([100.0 * SIZE, 0.0, 0.0]))
    with pytest.raises(InputError, match="cell_size must be positive"):
        Microscale(result, material, 0.0, ORIGIN)


@pytest.mark.parametrize(
    ("point", "edge", "low", "high"),
    [
        ((0.1, 0.1, 0.6), 2, (-0.5, -0.5, 0.5), (0.5, 0.5, 1.5)),
        ((-1.0, 1.0, 3.5), 1, (-1.0, 0.5, 3.0), (-0.5, 1.0, 3.5)),
        ((0.2, -0.2, 2.1), None, (0.0, -0.5, 2.0), (0.5, 0.0, 2.5)),
        ((0.2, -0.2, 2.1), 99, (-1.0, -1.0, 0.5), (1.0, 1.0, 3.5)),
    ],
)
def test_a_block_of_cells_lies_around_its_point(
    point: tuple[float, ...], edge: int | None, low: tuple[float, ...], high: tuple[float, ...]
) -> None:
    cell = mt.cube_cell((2, 2, 2), perturbation=0.2)
    material = mt.Lattice(cell, BAR)
    scale = Microscale(uniform(material), material, SIZE, ORIGIN)
    block = decoded_block(scale, point, edge)
    np.testing.assert_allclose(block.points.min(axis=0), low, atol=1e-12)
    np.testing.assert_allclose(block.points.max(axis=0), high, atol=1e-12)


def test_the_same_block_of_a_full_lattice_has_its_displacements_and_stresses() -> None:
    case = reference_case("lcU2")
    cell = mt.cube_cell((2, 2, 2))  # regular: the compression is uniform, up to round-off
    material = mt.Lattice(cell, BAR)
    result = Model(box(case.lengths, (1, 1, 1), case.origin), material).solve(case.steps, TIGHT)
    block = decoded_block(Microscale(result, material, 2.5, case.origin), (1.0, 2.0, 3.0))
    lattice = mt.Structure.box(cell, BAR, case.lengths, 2.5, case.origin)
    same = same_block(block, lattice.solve(case.steps, TIGHT))
    np.testing.assert_allclose(block.displacement, same.displacement, atol=1e-9)
    np.testing.assert_allclose(block.stress, same.stress, atol=1e-9)
    other = mt.Structure.box(cell, BAR, case.lengths, 10.0, case.origin).solve(case.steps)
    with pytest.raises(InputError, match="the full lattice has other nodes or bars at this place"):
        same_block(block, other)
    with pytest.raises(InputError, match=r"lies outside of the structure, which is -5 to 5, -5 to 5, 0 to 10"):
        decoded_block(Microscale(result, material, 2.5, case.origin), (0.0, 0.0, 11.0))
