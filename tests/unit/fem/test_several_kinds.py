"""Meshes of several kinds of cells: patch tests, the response of one kind, loads, places, files and pictures."""

from __future__ import annotations

import meshio
import numpy as np
import pytest
import pyvista

import microtann as mt
from microtann.equilibrium.equilibrium_error import EquilibriumError
from microtann.errors import InputError, LockingWarning, ReadingNote
from microtann.fem import LinearElastic, Mesh, Prescribed, Pressure, Step, VonMises
from microtann.fem.centre_nodes import without_centres
from microtann.fem.elements import RULES
from microtann.fem.locate import locate
from microtann.fem.replay import strain_histories
from microtann.mesh_files.foreign_mesh import ForeignMesh
from microtann.microstructure.bars.cells.bar import ElastoplasticBar


def plane(linear: bool = True, move: float = 0.05) -> Mesh:
    """Return a square of 3 × 3 whose middle column is triangles, its inner nodes moved."""
    quads = mt.fem.box((1, 1), (3, 3), kind="quad" if linear else "quad8")
    middle = np.abs(quads.centres[:, 0] - 0.5) < 0.1
    a, b, c, d = quads.cells[middle, :4].T
    points, inner = quads.points.copy(), ((quads.points > 0) & (quads.points < 1)).all(axis=1)
    if linear:
        triangles = np.concatenate([np.column_stack([a, b, c]), np.column_stack([a, c, d])])
        points[inner] += np.random.default_rng(0).uniform(-move, move, (inner.sum(), 2))
    else:
        e, f, g, h = quads.cells[middle, 4:].T
        diagonal = len(points) + np.arange(len(a))
        points = np.vstack([points, 0.5 * (points[a] + points[c])])
        triangles = np.concatenate(
            [np.column_stack([a, b, c, e, f, diagonal]), np.column_stack([a, c, d, diagonal, g, h])]
        )
    names = ("quad", "triangle") if linear else ("quad8", "triangle6")
    return Mesh(points, {names[0]: quads.cells[~middle], names[1]: triangles})


def slopes(dimension: int) -> np.ndarray:
    return 0.2 * np.random.default_rng(1).normal(size=(dimension, dimension))


@pytest.mark.parametrize("linear", [True, False])
def test_patch_in_the_plane(linear: bool) -> None:
    """An affine motion of the boundary gives a uniform strain and stress, with a lattice that flows."""
    mesh, slope = plane(linear), 2 * slopes(2)
    assert mesh.volume == pytest.approx(1.0, rel=1e-12)
    boundary = ((mesh.points == 0) | (mesh.points == 1)).any(axis=1)
    held = [Prescribed(boundary, i, lambda p, i=i: p @ slope[i]) for i in range(2)]
    lattice = mt.Lattice(mt.square_cell((2, 2), perturbation=0.2), ElastoplasticBar())
    result = mt.fem.Model(mesh, lattice, chunk=8).solve([Step(held)])
    np.testing.assert_allclose(result.displacement[0], mesh.points @ slope.T, rtol=0, atol=1e-9)
    strain = np.array([slope[0, 0], slope[1, 1], slope[0, 1] + slope[1, 0]])
    cell = mt.solve_cell(lattice.cell, lattice.bar, strain[None])
    assert result.strain.shape == (mesh.weights.size, 3)
    np.testing.assert_allclose(result.stress, np.broadcast_to(cell.stress[0], result.stress.shape), atol=1e-8)
    assert result.energy[0] == pytest.approx(cell.energy[0], rel=1e-9)
    points = np.arange(mesh.weights.size)
    np.testing.assert_allclose(strain_histories(result, points)[:, 0], result.strain, rtol=0, atol=1e-14)


def test_patch_in_space() -> None:
    """Hexahedra, wedges, pyramids and tetrahedra together."""
    box = mt.fem.box((1, 1, 1), (2, 2, 2))
    low = box.centres[:, 2] < 0.5
    one = np.flatnonzero(low)[0]
    hexahedra = [i for i in np.flatnonzero(low) if i != one]
    points = np.vstack([box.points, box.centres[one]])
    top = len(box.points)
    corner = box.cells[one]
    sides = [(4, 5, 6, 7), (1, 2, 6, 5), (2, 3, 7, 6)]  # those that other cells have
    pyramids = [[*corner[list(face[::-1])], top] for face in sides]
    free = [(0, 3, 2, 1), (0, 1, 5, 4), (3, 0, 4, 7)]
    tetra = []
    for face in free:
        p, q, r, s = corner[list(face[::-1])]
        tetra += [[p, q, r, top], [p, r, s, top]]
    wedges = []
    for cell in box.cells[~low]:
        a, b, c, d, e, f, g, h = cell
        wedges += [[a, d, h, b, c, g], [a, h, e, b, g, f]]
    mesh = Mesh(points, {"hexahedron": box.cells[hexahedra], "pyramid": pyramids, "tetra": tetra, "wedge": wedges})
    assert mesh.volume == pytest.approx(1.0, rel=1e-12)
    inner = ((points > 0) & (points < 1)).all(axis=1)
    moved = points + np.where(inner[:, None], np.random.default_rng(0).uniform(-0.08, 0.08, points.shape), 0.0)
    mesh = Mesh(moved, {block.kind: block.cells for block in mesh.blocks})
    slope = 0.5 * slopes(3)
    held = [Prescribed(~inner, i, lambda p, i=i: p @ slope[i]) for i in range(3)]
    with pytest.warns(LockingWarning, match="6 cells of kind 'tetra'"):
        model = mt.fem.Model(mesh, VonMises(1.0, 0.3, 0.05, 0.1))
    result = model.solve([Step(held)])
    assert result.dissipation[-1] > 0.001
    np.testing.assert_allclose(result.displacement[0], mesh.points @ slope.T, rtol=0, atol=1e-9)
    np.testing.assert_allclose(result.stress, np.broadcast_to(result.stress[0], result.stress.shape), atol=1e-9)
    # a uniform pressure on all faces is in equilibrium, and its work is pressure times change of volume
    forces = Pressure(lambda p: p[:, 0] > -1, 2.0).nodal_forces(mesh, "a test")
    np.testing.assert_allclose(forces.sum(axis=0), 0.0, atol=1e-12)
    assert (forces * (mesh.points @ slope.T)).sum() == pytest.approx(-2.0 * np.trace(slope), rel=1e-12)
    found = locate(mesh, np.random.default_rng(5).uniform(0, 1, (40, 3)))
    np.testing.assert_allclose(
        found.interpolate(mesh.points), np.random.default_rng(5).uniform(0, 1, (40, 3)), atol=1e-9
    )


def test_one_kind_given_as_several_is_the_same() -> None:
    """Quadrilaterals of which some are split into triangles lie between quadrilaterals and triangles alone."""
    mesh = plane(move=0.0)
    held = [Prescribed(lambda p: p[:, 1] == 0, i) for i in "xy"]
    step = Step([*held, Prescribed(lambda p: p[:, 1] == 1, "x", 0.1)])
    solid = LinearElastic.isotropic(1.0, 0.3, plane="strain")
    energies = [
        mt.fem.Model(m, solid).solve([step]).energy[-1]
        for m in (mt.fem.box((1, 1), (3, 3)), mesh, mt.fem.box((1, 1), (3, 3), kind="triangle"))
    ]
    assert energies[0] < energies[1] < energies[2]  # triangles are stiffer


def test_names_regions_files_and_pictures(tmp_path) -> None:
    mesh = plane().named(
        regions={"left": lambda x: x[:, 0] < 0.5, "right": lambda x: x[:, 0] >= 0.5},
        sides={"top": lambda x: x[:, 1] == 1},
        sets={"base": lambda x: x[:, 1] == 0},
    )
    assert repr(mesh).startswith("Mesh(16 nodes, 12 cells of kind 'quad' and 'triangle', regions 'left', 'right'")
    assert len(mesh.sets["top"]) == 4
    soft, hard = (LinearElastic.isotropic(e, 0.3, plane="strain") for e in (1.0, 3.0))
    held = [Prescribed("base", i) for i in "xy"]
    model = mt.fem.Model(mesh, {"right": hard, "left": soft}, chunk=4)
    result = model.solve([Step(held, [Pressure("top", 0.3)])])
    np.testing.assert_allclose(result.reactions[-1].sum(axis=0), [0.0, 0.3], atol=1e-9)
    whole = [result.region(name) for name in ("left", "right")]
    assert sum(region.volume for region in whole) == pytest.approx(1.0)
    assert sum(region.energy for region in whole) == pytest.approx(result.energy[-1])
    shared = (
        whole[0].average(whole[0].stress) * whole[0].volume + whole[1].average(whole[1].stress) * whole[1].volume
    )
    flat = mesh.weights @ result.stress
    np.testing.assert_allclose(shared, flat, rtol=0, atol=1e-14)
    np.testing.assert_allclose(mesh.at_nodes(np.ones(mesh.weights.size)), 1.0, rtol=1e-13)
    result.write(tmp_path)
    read = meshio.read(tmp_path / "fe-0000.vtu")
    assert [block.type for block in read.cells] == ["quad", "triangle"]
    np.testing.assert_allclose(np.concatenate(read.cell_data["energy"]), result.fields[-1]["energy"], rtol=1e-12)
    picture = mt.plotting.plot_body(result, "stress 22").axes[0].images[0].get_array()
    assert np.ptp(picture) > 100
    again = mt.fem.read_mesh(tmp_path / "fe-0000.vtu")
    assert [block.kind for block in again.blocks] == ["quad", "triangle"]


def test_kinds_that_do_not_fit_are_refused() -> None:
    square = [[0, 0], [1, 0], [1, 1], [0, 1], [2, 0], [1.5, 0], [1.5, 0.5], [1, 0.5]]
    with pytest.raises(InputError, match="'quad' and 'triangle6' do not fit together"):
        Mesh(square, {"quad": [[0, 1, 2, 3]], "triangle6": [[1, 4, 2, 5, 6, 7]]})
    with pytest.raises(InputError, match="cell 1 names a point twice"):
        Mesh(square[:5], {"quad": [[0, 1, 2, 3]], "triangle": [[1, 4, 4]]})
    with pytest.raises(InputError, match="all in the plane or all in space"):
        Mesh(square[:5], {"quad": [[0, 1, 2, 3]], "tetra": [[1, 4, 2, 3]]})
    mesh = plane()
    with pytest.raises(InputError, match="several kinds, quad and triangle: ask each of its blocks"):
        _ = mesh.cells
    cube = mt.fem.box((1, 1, 1), (1, 1, 1))
    corner = np.vstack([cube.points, [[0.5, 0.5, 2.0]]])
    upper = cube.cells[0, 4:]
    tetra = [[upper[0], upper[1], upper[2], 8], [upper[0], upper[2], upper[3], 8]]
    with pytest.raises(InputError, match=r"2 triangular faces lie on quadrilateral faces .* put pyramids"):
        Mesh(corner, {"hexahedron": cube.cells, "tetra": tetra})


def test_a_curved_tetrahedron_passes_the_patch_test() -> None:
    """With curved sides ten-node tetrahedra take a rule that integrates a constant stress exactly."""
    box = mt.fem.box((1, 1, 1), (2, 2, 2), kind="tetra10")
    assert box.element.gauss_points == 4
    inner = ((box.points > 0) & (box.points < 1)).all(axis=1)
    move = np.random.default_rng(0).uniform(-0.04, 0.04, box.points.shape)
    mesh = Mesh(box.points + np.where(inner[:, None], move, 0.0), box.cells, "tetra10")
    assert mesh.volume == pytest.approx(1.0, rel=1e-12)
    assert mesh.element.gauss_points == 8
    assert (mesh.element.weights > 0).all()
    slope = 0.3 * slopes(3)
    held = [Prescribed(~inner, i, lambda p, i=i: p @ slope[i]) for i in range(3)]
    result = mt.fem.Model(mesh, LinearElastic.isotropic(1.0, 0.3)).solve([Step(held)])
    np.testing.assert_allclose(result.displacement[0], mesh.points @ slope.T, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", ["triangle6", "quad8", "hexahedron20"])
def test_other_curved_elements_pass_it_too(kind: str) -> None:
    d = 3 if kind == "hexahedron20" else 2
    box = mt.fem.box((1,) * d, (2,) * d, kind=kind)
    inner = ((box.points > 0) & (box.points < 1)).all(axis=1)
    move = np.random.default_rng(0).uniform(-0.03, 0.03, box.points.shape)
    mesh = Mesh(box.points + np.where(inner[:, None], move, 0.0), box.cells, kind)
    slope = 0.3 * slopes(d)
    held = [Prescribed(~inner, i, lambda p, i=i: p @ slope[i]) for i in range(d)]
    solid = LinearElastic.isotropic(1.0, 0.3, plane="strain" if d == 2 else None)
    result = mt.fem.Model(mesh, solid).solve([Step(held)])
    np.testing.assert_allclose(result.displacement[0], mesh.points @ slope.T, rtol=0, atol=1e-9)


FORMATS = {"mesh.msh": "gmsh22", "mesh.vtu": "vtu"}


@pytest.mark.parametrize("file", FORMATS)
def test_files_of_several_kinds(tmp_path, file: str) -> None:
    """Triangles and quadrilaterals, one of them clockwise, with names across kinds."""
    mesh = plane()
    quads, triangles = (block.cells.copy() for block in mesh.blocks)
    quads[0] = quads[0][::-1]
    data = {"gmsh:physical": [np.repeat([1, 2], [4, 2]), np.full(6, 2)], "gmsh:geometrical": [np.ones(6, int)] * 2}
    if file.endswith("vtu"):
        data = {"part": data["gmsh:physical"]}
    content = meshio.Mesh(
        np.pad(mesh.points, ((0, 0), (0, 1))), [("quad", quads), ("triangle", triangles)], cell_data=data
    )
    content.field_data = {"one": np.array([1, 2]), "two": np.array([2, 2])}
    meshio.write(tmp_path / file, content, file_format=FORMATS[file])
    with pytest.warns(ReadingNote, match="1 of 6 quad cells have their nodes clockwise and are turned"):
        read = mt.fem.read_mesh(tmp_path / file)
    assert [(block.kind, len(block.cells)) for block in read.blocks] == [("quad", 6), ("triangle", 6)]
    assert read.volume == pytest.approx(1.0, rel=1e-12)
    assert sorted(len(cells) for cells in read.regions.values()) == [4, 8]


def test_nodes_amid_faces_are_left_out_with_a_note(tmp_path) -> None:
    mesh = mt.fem.box((2, 1), (2, 1), kind="quad8")
    points = np.vstack([mesh.points, mesh.centres])
    cells = np.column_stack([mesh.cells, len(mesh.points) + np.arange(2)])
    low = (points[:, 1] < 0.6).astype(int)
    content = meshio.Mesh(np.pad(points, ((0, 0), (0, 1))), [("quad9", cells)], point_data={"low": low})
    meshio.write(tmp_path / "mesh.vtu", content)
    with pytest.warns(
        ReadingNote, match="2 quad9 cells are read as quad8, without the 2 nodes amid faces and cells"
    ):
        read = mt.fem.read_mesh(tmp_path / "mesh.vtu")
    np.testing.assert_array_equal(read.points, mesh.points)
    np.testing.assert_array_equal(read.cells, mesh.cells)
    np.testing.assert_array_equal(read.sets["low"], np.flatnonzero(low[: len(mesh.points)]))


def test_a_centre_that_another_cell_holds_stays() -> None:
    """Of two triangles with seven nodes one has a corner of a third amid its face; a set of the other goes."""
    points = np.random.default_rng(0).normal(size=(16, 2))
    blocks = [
        ("triangle7", np.array([[0, 1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12, 13]])),
        ("line", [[6, 14], [14, 15]]),
    ]
    foreign = ForeignMesh(points, [(kind, np.array(cells)) for kind, cells in blocks], {"it": np.array([13])})
    notes: list[str] = []
    left = without_centres(foreign, notes)
    assert [kind for kind, _ in left.blocks] == ["triangle6", "line"]
    np.testing.assert_array_equal(left.points, np.delete(points, 13, axis=0))
    np.testing.assert_array_equal(left.blocks[1][1], [[6, 13], [13, 14]])
    assert notes == [
        "2 triangle7 cells are read as triangle6, without the node amid faces and cells, nor the sets of these "
        "alone, 'it'"
    ]


def test_hexahedra_with_27_nodes(tmp_path) -> None:
    mesh = mt.fem.box((1, 1, 1), (2, 1, 1), kind="hexahedron20")
    rows, extra = [], []
    for cell in mesh.cells:
        more = [mesh.points[cell[list(face)]].mean(axis=0) for face in RULES["hexahedron20"].faces]
        more.append(mesh.points[cell[:8]].mean(axis=0))
        rows.append([*cell, *(len(mesh.points) + len(extra) + np.arange(7))])
        extra += more
    meshio.write(tmp_path / "mesh.vtu", meshio.Mesh(np.vstack([mesh.points, extra]), [("hexahedron27", rows)]))
    with pytest.warns(ReadingNote, match="2 hexahedron27 cells are read as hexahedron20, without the 14 nodes"):
        read = mt.fem.read_mesh(tmp_path / "mesh.vtu")
    np.testing.assert_array_equal(read.cells, mesh.cells)
    assert read.volume == pytest.approx(1.0)


def test_wedges_are_written_as_vtk_has_them(tmp_path) -> None:
    """Those of a result come back without a note, and VTK finds their faces outside."""
    mesh = mt.fem.box((1, 1, 1), (1, 1, 1), kind="wedge")
    held = [Prescribed(lambda p: p[:, 2] == 0, i) for i in "xyz"]
    mt.fem.Model(mesh, LinearElastic.isotropic(1.0, 0.3)).solve([Step(held)]).write(tmp_path)
    np.testing.assert_array_equal(mt.fem.read_mesh(tmp_path / "fe-0000.vtu").cells, mesh.cells)
    cell = pyvista.read(tmp_path / "fe-0000.vtu").get_cell(0)
    for face in cell.faces:
        corners = face.points
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        assert normal @ (corners[0] - cell.points.mean(axis=0)) > 0


def test_what_follows_a_result_takes_several_kinds(tmp_path) -> None:
    """A record is read back, an exact material has no audit errors, and a uniform state is found at any place."""
    mesh, slope = plane(), 2 * slopes(2)
    boundary = ((mesh.points == 0) | (mesh.points == 1)).any(axis=1)
    held = [Prescribed(boundary, i, lambda p, i=i: p @ slope[i]) for i in range(2)]
    lattice = mt.Lattice(mt.square_cell((2, 2), perturbation=0.2))
    model = mt.fem.Model(mesh, lattice)
    result = model.solve([Step(held, increments=2)], record=tmp_path / "run")
    again = model.read(tmp_path / "run")
    np.testing.assert_array_equal(again.stress, result.stress)
    for name, values in result.state.items():
        np.testing.assert_array_equal(again.state[name], values)
    assert mt.audit(result, lattice, count=8).errors["stress"].max() < 1e-9
    strain = np.array([[slope[0, 0], slope[1, 1], slope[0, 1] + slope[1, 0]]])
    force = mt.solve_cell(lattice.cell, lattice.bar, np.vstack([0.5 * strain, strain])).force[-1]
    for how in ("decode", "solve"):
        found = mt.coordinates_at(result, lattice, [[0.1, 0.2], [0.5, 0.45], [0.9, 0.9]], localisation=how)
        np.testing.assert_allclose(found["force"], np.broadcast_to(force, found["force"].shape), atol=1e-8)


class Failing(LinearElastic):
    """Fails where it is stretched along x beyond some strain."""

    def update(self, strain_increment, state, dt=1.0, tangent=True):
        """Advance, and return a stress that is not finite there."""
        stress, moduli, new = super().update(strain_increment, state, dt, tangent)
        return np.where(new["strain"][:, :1] > 0.15, np.nan, stress), moduli, new


def test_a_point_that_fails_is_named_in_any_kind() -> None:
    """The middle column alone, of triangles, is stretched too much."""
    mesh = plane(move=0.0)
    stretch = 0.3 * np.maximum(mesh.points[:, 0] - 1 / 3, 0.0)
    stretch[mesh.points[:, 0] > 0.9] = 0.1 + 0.02
    everywhere = np.arange(len(mesh.points))
    held = [Prescribed(everywhere, "x", stretch), Prescribed(everywhere, "y")]
    material = Failing(LinearElastic.isotropic(1.0, 0.3, plane="strain").stiffness)
    with pytest.raises(EquilibriumError, match=r"element (6|7|8|9|10|11), Gauss point 0") as caught:
        mt.fem.Model(mesh, material).solve([Step(held)])
    point = caught.value.point
    assert point.element >= 6
    assert point.gauss_point == 0
    np.testing.assert_allclose(point.position, mesh.centres[point.element], atol=1e-12)
