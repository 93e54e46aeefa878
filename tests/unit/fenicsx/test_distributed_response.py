"""A response goes through its file unchanged; rows of arrays go out to processes and come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microtann import fem
from microtann.errors import InputError
from microtann.evaluation.distributed_run import read_response, write_response
from microtann.fenicsx.partition import Partition, check_elements, scattered


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
    part = Partition(Alone(), None, mesh, 8, np.arange(8), np.arange(1), ())
    whole = part.collect(rows, wanted, 6)
    assert whole is not None
    np.testing.assert_array_equal(whole[wanted], rows)
    assert whole[1].tolist() == [0.0, 0.0]


def test_elements_that_fenicsx_does_not_have_are_refused() -> None:
    with pytest.raises(InputError, match="no elements of kind 'hexahedron20'"):
        check_elements(fem.box((1, 1, 1), (1, 1, 1), kind="hexahedron20"))
    check_elements(fem.box((1, 1, 1), (1, 1, 1)))
