"""A response goes through its file unchanged; rows of arrays go out to processes and come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microtann import fem
from microtann.fenicsx.bisection import bisected, parts_of
from microtann.fenicsx.partition import Partition, scattered
from microtann.fenicsx.processes import read_response, write_response


class Alone:
    """A communicator of one process."""

    rank, size = 0, 1

    def gather(self, value: Any, root: int) -> list[Any]:
        return [value]

    def scatter(self, values: list[Any], root: int) -> Any:
        return values[0]


def test_a_response_comes_back_from_its_file(tmp_path: Path) -> None:
    mesh = fem.box((1, 1, 1), (1, 1, 1))
    held = [fem.Prescribed(lambda x: x[:, 2] == 0, axis, 0.0) for axis in "xyz"]
    pulled = fem.Prescribed(lambda x: x[:, 2] == 1, "z", 0.01)
    result = fem.Model(mesh, fem.LinearElastic(np.eye(6))).solve(fem.Step([*held, pulled], increments=2))
    write_response(tmp_path / "response.h5", result)
    again = read_response(tmp_path / "response.h5", mesh)
    for name in ("time", "displacement", "reactions", "energy", "dissipation", "strain", "stress", "dissipated"):
        np.testing.assert_array_equal(getattr(again, name), getattr(result, name))
    assert again.statistics == result.statistics
    assert set(again.state) == set(result.state)
    assert [set(entry) for entry in again.fields] == [set(entry) for entry in result.fields]
    assert again.training_reach is None


def test_rows_go_out_and_come_back() -> None:
    values = np.arange(12.0).reshape(6, 2)
    wanted = np.array([4, 0, 5])
    (rows,) = scattered(Alone(), [values], wanted)
    np.testing.assert_array_equal(rows, values[wanted])
    mesh = fem.box((1, 1, 1), (1, 1, 1))
    part = Partition(Alone(), None, mesh, 8, np.arange(8), np.arange(1), np.arange(8), np.arange(0), ())
    whole = part.collect(rows, wanted, 6)
    assert whole is not None
    np.testing.assert_array_equal(whole[wanted], rows)
    assert whole[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_bisection_gives_every_process_its_share(count: int) -> None:
    mesh = fem.box((4, 1, 2), (8, 2, 4))
    part = bisected(mesh.centres, np.full(mesh.cell_count, 8), count)
    shares = np.bincount(part, minlength=count)
    assert shares.min() > 0
    assert shares.max() - shares.min() <= 3
    assert set(bisected(mesh.centres[:count], np.full(count, 8), count)) == set(range(count))


def test_a_mesh_of_two_kinds_is_cut_and_joined() -> None:
    quads = fem.box((2, 1), (4, 2), kind="quad")
    corner = len(quads.points)
    points = np.vstack([quads.points, [[3.0, 0.5]]])
    right = np.flatnonzero(np.isclose(points[:, 0], 2.0))
    lower, middle, upper = right[np.argsort(points[right, 1])]
    mesh = fem.Mesh(points, {"quad": quads.cells, "triangle": [[lower, corner, middle], [middle, corner, upper]]})
    parts = parts_of(mesh, None, 2)
    assert sorted(np.concatenate([part.cells for part in parts]).tolist()) == list(range(mesh.cell_count))
    assert sorted(np.concatenate([part.gauss for part in parts]).tolist()) == list(range(mesh.weights.size))
    owned = np.concatenate([part.nodes[: part.owned] for part in parts])
    assert sorted(owned.tolist()) == list(range(len(points)))
    for part in parts:
        own = fem.Mesh(part.points, part.blocks)
        np.testing.assert_array_equal(own.weights.ravel(), mesh.weights[part.gauss])
        np.testing.assert_array_equal(owned[part.ghosts], part.nodes[part.owned :])  # their places in vectors
