import meshio
import numpy as np
import pytest

import microtann as mt
from microtann.errors import CellError, ReadingNote

SQUARE = mt.square_cell((2, 2), perturbation=0.2)


@pytest.mark.parametrize(
    ("make", "nodes", "listed", "distinct"),
    [(mt.octet_cell, 4, 36, 24), (mt.body_centred_cell, 2, 20, 11)],
)
def test_units_of_the_networks(make, nodes, listed, distinct):
    cell = make(size=2.0)
    assert (cell.distinct_nodes.count, len(cell.bars), cell.distinct_bars.count) == (nodes, listed, distinct)
    np.testing.assert_allclose(cell.distinct_bars.area, 4.0)
    larger = make((2, 1, 2), size=4.0)
    assert larger.distinct_bars.count == 4 * distinct
    path = np.cumsum(np.random.default_rng(0).normal(0, 0.2, (10, 6)), axis=0)
    one, four = (mt.solve_cell(c, mt.ElastoplasticBar(), path) for c in (cell, larger))
    np.testing.assert_allclose(one.stress, four.stress, rtol=0, atol=1e-12)
    moved = make((2, 2, 2), perturbation=0.2, perturb="all", seed=1)
    assert moved.distinct_bars.count == 8 * distinct


def test_elasticity_of_the_octet():
    """Closed form of the affine octet, C = Σ E A L / V n⊗n⊗n⊗n over 24 bars of length 1/√2.

    Eight bars lie in each of the three coordinate planes; the sixteen in planes through an axis have n₁⁴ = 1/4
    along it, and the eight of one plane have n₁²n₂² = 1/4.
    """
    cell = mt.octet_cell()
    stress = mt.solve_cell(cell, mt.ElastoplasticBar(), 1e-3 * np.eye(6)[:, None]).stress[:, 0] * 1e3
    np.testing.assert_allclose(np.diag(stress)[:3], 16 / np.sqrt(2) / 4, rtol=1e-12)
    np.testing.assert_allclose(np.diag(stress)[3:], 8 / np.sqrt(2) / 4, rtol=1e-12)


class TestMechanisms:
    def test_a_cell_without_any_stiffness_is_refused(self):
        zigzag = mt.UnitCell([[0, 0], [0.5, 0.3], [1, 0]], [[0, 1], [1, 2]], [1, 1], np.eye(2))
        with pytest.raises(
            CellError, match=r"is a mechanism without any stiffness; .* no bending, so that a frame"
        ):
            mt.solve_cell(zigzag, mt.ElastoplasticBar(), np.zeros((1, 3)))

    def test_a_honeycomb_is_told_that_bars_do_not_bend(self):
        a = np.sqrt(3.0)
        nodes = [[0, 0], [a / 2, 0.5], [a, 0], [a / 2, 1.5]]
        smallest = mt.UnitCell(nodes, [[0, 1], [1, 2], [1, 3]], np.ones(3), [[a, 0], [a / 2, 1.5]])
        with (
            pytest.warns(ReadingNote, match="no stiffness against a strain of 12, 11 - 22; .* no bending"),
            pytest.raises(CellError, match=r"no stiffness against a strain of 12, .* no bending"),
        ):
            mt.drive_cell(smallest, mt.ElastoplasticBar(), [mt.CellStep(strain={"11": 0.1}, rest="free")])

    def test_a_part_that_carries_nothing_is_named(self):
        square = mt.square_cell((1, 1))
        nodes = np.vstack([square.nodes, [[0.3, 0.6], [0.6, 0.7], [0.4, 0.8]]])
        bars = np.vstack([square.bars, [[4, 5], [5, 6], [6, 4]]])
        cell = mt.UnitCell(nodes, bars, [*square.areas, 1.0, 1.0, 1.0], np.eye(2))
        with pytest.raises(
            CellError, match=r"falls into 2 parts .* nodes 4, 5, 6 to the rest, and alone they carry"
        ):
            mt.solve_cell(cell, mt.ElastoplasticBar(), np.zeros((1, 3)))

    def test_lattices_side_by_side_carry_together(self):
        square = mt.square_cell((1, 1))
        nodes = np.vstack([square.nodes, square.nodes + np.array([0.25, 0.5])])
        bars = np.vstack([square.bars, square.bars + 4])
        cell = mt.UnitCell(nodes, bars, np.tile(square.areas, 2), np.eye(2))
        path = np.cumsum(np.random.default_rng(0).normal(0, 0.2, (10, 3)), axis=0)
        with pytest.warns(ReadingNote, match=r"2 parts .* nodes 0, 1, 2, 3 to the rest, and every part carries"):
            both = mt.solve_cell(cell, mt.ElastoplasticBar(), path)
        one = mt.solve_cell(square, mt.ElastoplasticBar(), path)
        np.testing.assert_allclose(both.stress, 2 * one.stress, rtol=0, atol=1e-14)
        np.testing.assert_allclose(both.dissipation, 2 * one.dissipation, rtol=0, atol=1e-14)


class TestGroups:
    def test_materials_of_groups(self):
        groups = np.where(SQUARE.lengths > 0.6, "long", "short")
        materials = {"long": mt.ElastoplasticBar(2.0), "short": mt.ElastoplasticBar(1.0, 0.2, 0.0)}
        bar = mt.ElastoplasticBar.of_groups(groups, materials)
        np.testing.assert_array_equal(bar.young, np.where(groups == "long", 2.0, 1.0))
        np.testing.assert_array_equal(bar.hardening, np.where(groups == "long", 0.1, 0.0))

    def test_bad_groups(self):
        with pytest.raises(CellError, match="bar 1 is of group 7, which has no material"):
            mt.ElastoplasticBar.of_groups([1, 7], {1: mt.ElastoplasticBar()})
        with pytest.raises(CellError, match="group 1 must have one number"):
            mt.ElastoplasticBar.of_groups([1], {1: mt.ElastoplasticBar(young=[1.0])})


class TestFiles:
    @pytest.mark.parametrize("suffix", [".json", ".toml"])
    def test_write_and_read_give_the_same_bits(self, tmp_path, suffix):
        bar = mt.ElastoplasticBar(young=np.linspace(1, 2, len(SQUARE.bars)), hardening=0.0)
        file = tmp_path / f"cell{suffix}"
        mt.write_cell(file, SQUARE, bar)
        again = mt.read_cell(file)
        for name in ("nodes", "bars", "areas", "periods"):
            np.testing.assert_array_equal(getattr(again, name), getattr(SQUARE, name))
        assert mt.read_bar(file) == bar
        mt.write_cell(file, SQUARE)
        assert mt.read_bar(file) == mt.ElastoplasticBar()

    def test_groups_in_a_file(self, tmp_path):
        file = tmp_path / "cell.toml"
        file.write_text(
            "nodes = [[0, 0], [1, 0], [0, 1]]\nbars = [[0, 1], [0, 2], [1, 2]]\nperiods = [[1, 0], [0, 1]]\n"
            'groups = ["edge", "edge", "diagonal"]\n'
            "[group.edge]\narea = 0.5\nyoung = 3.0\n[group.diagonal]\narea = 1.0\n"
        )
        np.testing.assert_array_equal(mt.read_cell(file).areas, [0.5, 0.5, 1.0])
        np.testing.assert_array_equal(mt.read_bar(file).young, [3.0, 3.0, 1.0])

    def test_meshes(self, tmp_path):
        base = mt.cube_cell((2, 2, 2), perturbation=0.2, perturb="all")
        bar, path = mt.ElastoplasticBar(), np.cumsum(np.random.default_rng(0).normal(0, 0.2, (5, 6)), axis=0)
        expected = mt.solve_cell(base, bar, path).stress
        file = tmp_path / "cell.vtu"
        points = np.vstack([base.nodes, [[9.0, 9.0, 9.0]]])  # a point that no line uses
        meshio.Mesh(points, [("line", base.bars)], cell_data={"area": [base.areas]}).write(file)
        cell = mt.read_cell(file, periods=np.eye(3))
        np.testing.assert_allclose(mt.solve_cell(cell, bar, path).stress, expected, rtol=0, atol=1e-12)
        meshio.Mesh(points, [("line", base.bars)]).write(file)
        cell = mt.read_cell(file, area=0.25, periods=np.eye(3))  # full bars measure h² = 1/4
        np.testing.assert_allclose(cell.areas, base.areas, rtol=1e-14)

    def test_meshes_in_the_plane_take_their_box_as_the_period(self, tmp_path):
        base = mt.square_cell((2, 2), perturbation=0.2)
        file = tmp_path / "cell.vtk"
        meshio.Mesh(np.column_stack([base.nodes, np.zeros(9)]), [("line", base.bars)]).write(file)
        cell = mt.read_cell(file, area=0.5)
        np.testing.assert_allclose(cell.areas, base.areas)
        np.testing.assert_array_equal(cell.periods, np.eye(2))
        assert mt.read_cell(file).distinct_bars.area.tolist() == pytest.approx([1.0] * cell.distinct_bars.count)

    @pytest.mark.parametrize(
        ("name", "text", "message"),
        [
            ("cell.json", "{", "damaged"),
            ("cell.json", "[]", "must hold a table"),
            ("cell.toml", "nodes = [[0, 0]]\n", "lacks the key 'bars'"),
            ("cell.toml", "knots = 1\n", "unknown key 'knots'"),
            (
                "cell.toml",
                "nodes = [[0, 0]]\nbars = [[0, 0]]\nareas = [1]\nperiods = [[1, 0], [0, 1]]\n",
                "no length",
            ),
            ("cell.toml", 'bars = [[0, 1]]\ngroups = ["a"]\n', r"no table \[group.a\]"),
            ("cell.toml", 'bars = [[0, 1]]\ngroups = ["a"]\n[group.a]\n', "needs 'area'"),
            ("cell.toml", 'bars = [[0, 1]]\ngroups = ["a", "b"]\n', "lists 2 bars but the cell has 1"),
            ("cell.msh", "nonsense", "is damaged or not of the format"),
        ],
    )
    def test_bad_files(self, tmp_path, name, text, message):
        file = tmp_path / name
        file.write_text(text)
        with pytest.raises(CellError, match=message):
            mt.read_cell(file)

    def test_missing_files(self, tmp_path):
        with pytest.raises(CellError, match="cannot be read"):
            mt.read_cell(tmp_path / "none.json")
        with pytest.raises(CellError, match="does not exist"):
            mt.read_cell(tmp_path / "none.vtu")
        with pytest.raises(CellError, match=r"\.json or \.toml"):
            mt.write_cell(tmp_path / "cell.xyz", SQUARE)

    def test_bad_bars_in_a_file(self, tmp_path):
        file = tmp_path / "cell.toml"
        file.write_text("[bar]\nyung = 1\n")
        with pytest.raises(CellError, match="bar has an unknown key 'yung'"):
            mt.read_bar(file)

    def test_a_mesh_without_lines(self, tmp_path):
        file = tmp_path / "cell.vtk"
        meshio.Mesh(np.eye(3), [("triangle", np.array([[0, 1, 2]]))]).write(file)
        with pytest.raises(CellError, match="no line cells"):
            mt.read_cell(file)
