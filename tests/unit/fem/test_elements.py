"""Kinds of elements: nodes in VTK's order, quadrature of polynomials, linear fields, what a new entry takes."""

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
import pyvista

import microtann as mt
from microtann.evaluation.simulation_choice import SimulationChoice
from microtann.fem.elements import RULES, Rule, element_kind, kind_with, kinds_in
from microtann.fem.faces import faces_of
from microtann.fem.locate import locate
from microtann.plotting.scene import Camera, View, render_mesh, window

VTK_TYPE = {
    "triangle": pyvista.CellType.TRIANGLE,
    "triangle6": pyvista.CellType.QUADRATIC_TRIANGLE,
    "quad": pyvista.CellType.QUAD,
    "quad8": pyvista.CellType.QUADRATIC_QUAD,
    "tetra": pyvista.CellType.TETRA,
    "tetra10": pyvista.CellType.QUADRATIC_TETRA,
    "wedge": pyvista.CellType.WEDGE,
    "pyramid": pyvista.CellType.PYRAMID,
    "hexahedron": pyvista.CellType.HEXAHEDRON,
    "hexahedron20": pyvista.CellType.QUADRATIC_HEXAHEDRON,
}
DEGREE = {name: 2 if name[-1].isdigit() else 1 for name in RULES}
"""Degree up to which the shape functions reproduce polynomials."""


@pytest.fixture(params=sorted(RULES))
def kind(request):
    return element_kind(request.param)


def test_nodes_are_those_of_vtk(kind):
    from vtkmodules.vtkCommonDataModel import vtkGenericCell

    cell = vtkGenericCell()
    cell.SetCellType(int(VTK_TYPE[kind.name]))
    coordinates = cell.GetRepresentativeCell().GetParametricCoords()
    expected = np.array([coordinates[i] for i in range(3 * kind.nodes)]).reshape(-1, 3)
    np.testing.assert_array_equal(kind.reference, expected[:, : kind.dimension])
    assert not expected[:, kind.dimension :].any()


GAUSS_POINTS = {"triangle": 1, "triangle6": 3, "quad": 4, "quad8": 9}
GAUSS_POINTS |= {"wedge": 6, "pyramid": 8, "tetra": 1, "tetra10": 4, "hexahedron": 8, "hexahedron20": 27}


def test_number_of_gauss_points(kind):
    """A linear triangle once had three points, where one is exact."""
    assert kind.gauss_points == GAUSS_POINTS[kind.name]


def test_quadrature_integrates_polynomials(kind):
    order, d = RULES[kind.name].order, kind.dimension
    for powers in itertools.product(range(order + 1), repeat=d):
        if kind.name == "wedge":  # a triangle of degree 2 along the third coordinate
            if sum(powers[:2]) > 2:
                continue
            exact = math.prod(math.factorial(p) for p in powers[:2]) / math.factorial(sum(powers[:2]) + 2)
            exact /= powers[2] + 1
        elif kind.name.startswith(("tetra", "triangle")):
            if sum(powers) > order:
                continue
            exact = math.prod(math.factorial(p) for p in powers) / math.factorial(sum(powers) + d)
        else:
            exact = math.prod(1 / (p + 1) for p in powers)
        assert kind.weights @ (kind.points**powers).prod(axis=1) == pytest.approx(exact, rel=1e-13)


def test_shape_functions_reproduce_polynomials_and_their_gradients(kind):
    np.testing.assert_allclose(kind.values.sum(axis=1), 1.0, rtol=1e-13)
    np.testing.assert_allclose(kind.gradients.sum(axis=1), 0.0, rtol=0, atol=1e-13)
    if kind.name == "pyramid":  # its reference coordinates fill a cube, whose upper face is the top
        return
    for powers in itertools.product(range(3), repeat=kind.dimension):
        if not 0 < sum(powers) <= DEGREE[kind.name]:
            continue
        nodal = (kind.reference**powers).prod(axis=1)
        np.testing.assert_allclose(kind.values @ nodal, (kind.points**powers).prod(axis=1), rtol=0, atol=1e-13)
        for axis in range(kind.dimension):
            less = np.array(powers)
            less[axis] -= 1
            slope = powers[axis] * (kind.points ** np.maximum(less, 0)).prod(axis=1)
            np.testing.assert_allclose(kind.gradients[:, :, axis] @ nodal, slope, rtol=0, atol=1e-13)


def test_the_hexahedron_is_trilinear_with_two_gauss_points_along_each_axis():
    kind = element_kind("hexahedron")
    corner = 2 * kind.reference - 1
    at = np.array([(x, y, z) for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)]) / np.sqrt(3)
    np.testing.assert_allclose(2 * kind.points - 1, at, rtol=1e-14)
    factor = 1 + at[:, None] * corner
    np.testing.assert_allclose(kind.values, factor.prod(axis=2) / 8, rtol=1e-13)
    for axis, others in enumerate(((1, 2), (0, 2), (0, 1))):
        slope = corner[:, axis] * factor[:, :, others].prod(axis=2) / 8
        np.testing.assert_allclose(kind.gradients[:, :, axis], 2 * slope, rtol=1e-13)
    assert kind.gauss_points == kind.nodes == 8


def test_element_library_is_not_imported_before_a_mesh_needs_it():
    code = "import sys, microtann; assert not any(m.startswith('skfem') for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_kind_is_told_by_its_dimension_and_nodes():
    assert {*kinds_in(2), *kinds_in(3)} == set(RULES)
    for name, rule in RULES.items():
        kind, corners = element_kind(name), RULES[rule.corners or name]
        assert kind.dimension == rule.dimension
        assert kind_with(kind.nodes, kind.dimension) == name
        assert rule.corner_count == len(corners.nodes)
        assert rule.faces == corners.faces
        for node, ends in enumerate(rule.edges, start=rule.corner_count):
            np.testing.assert_allclose(kind.reference[node], kind.reference[list(ends)].mean(axis=0))


def test_the_command_line_knows_every_kind():
    for name in RULES:
        assert SimulationChoice(element=name).element == name


def test_a_kind_is_one_entry(monkeypatch, tmp_path):
    """Nine nodes: loaded by pressure, solved, found at points, written and drawn by the entry alone."""
    quad = RULES["quad8"]
    nine = Rule(
        "ElementQuad2",
        2,
        order=5,
        nodes=(*quad.nodes, 8),
        faces=quad.faces,
        corners="quad",
        edges=quad.edges,
    )
    monkeypatch.setitem(RULES, "quad9", nine)
    kind = element_kind("quad9")
    assert (kind.nodes, kind.gauss_points, faces_of("quad9")[0].kind.name) == (9, 9, "line3")
    mesh = mt.fem.Mesh(2.0 * kind.reference, np.arange(9)[None], "quad9")
    assert mesh.volume == pytest.approx(4.0)
    held = [mt.fem.Prescribed(lambda x, axis=axis: x[:, axis] == 0.0, axis) for axis in (0, 1)]
    material = mt.fem.LinearElastic.isotropic(100.0, 0.3, plane="strain")
    step = mt.fem.Step(held, forces=[mt.fem.Pressure(lambda x: x[:, 1] == 2.0, 5.0)])
    result = mt.fem.Model(mesh, material).solve([step])
    np.testing.assert_allclose(result.fields[-1]["stress"][:, 1], -5.0, rtol=1e-9)
    found = locate(mesh, np.array([[0.7, 1.3]]))
    np.testing.assert_allclose(found.interpolate(mesh.points), [[0.7, 1.3]], atol=1e-12)
    assert result.write(tmp_path).exists()
    axes, low, high = window([mesh.points], Camera())
    picture = render_mesh(
        View(axes, low, high, 40.0),
        mesh.points,
        mesh.cells,
        np.array([[1.0, 0.0, 0.0]]),
        np.array([[0.0, 0.0], [2.0, 2.0]]),
    )
    assert np.ptp(picture[..., 1].astype(int)) > 100
