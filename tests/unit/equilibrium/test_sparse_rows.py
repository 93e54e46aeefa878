"""Rows that are zero are left out of files, and everything comes back to the last bit."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import microtann as mt
from microtann.equilibrium.record import state_path
from microtann.equilibrium.sparse_rows import read_rows, write_rows
from microtann.fem import Prescribed, Record, Restart, SolverOptions, Step


@pytest.mark.parametrize("kept", [[], [2], [0, 5], range(10)])
def test_arrays_come_back(kept: list[int], tmp_path: Path) -> None:
    values = np.zeros((10, 3, 2))
    values[list(kept)] = np.random.default_rng(0).normal(size=(len(list(kept)), 3, 2))
    plain = {"dots": np.zeros(4), "numbers": np.zeros((3, 2), dtype=np.int32), "one": np.array(2.5)}
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        for name, array in (("state/values", values), *plain.items()):
            write_rows(file, name, array)
        assert isinstance(file["state/values"], h5py.Group) == (len(list(kept)) < 10)
        found = read_rows(file)
    assert set(found) == {"state/values", *plain}
    for name, array in (("state/values", values), *plain.items()):
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_a_negative_zero_is_a_row(tmp_path: Path) -> None:
    values = np.zeros((4, 2))
    values[1, 0] = -0.0
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        write_rows(file, "values", values)
        found = read_rows(file)["values"]
    np.testing.assert_array_equal(np.signbit(found), np.signbit(values))


def test_a_hybrid_goes_on_from_the_points_that_were_handed_over(tmp_path: Path) -> None:
    """To the last bit; the file holds the exact states of these points alone."""
    model = mt.fem.Model(mt.fem.box((1, 1, 2), (3, 3, 5)), mt.Hybrid(mt.load("cube")), chunk=64)
    bottom = [Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"]
    steps = [
        Step([*bottom, Prescribed(lambda p: p[:, 2] == 2, "x", x), Prescribed(lambda p: p[:, 2] == 2, "z", 0.0)])
        for x in (0.5, 3.0, 2.0)
    ]
    options = SolverOptions(outside_training="none")
    whole = model.solve(steps, options, record=Record(tmp_path / "run"))
    share = whole.state["exact_share"].ravel()
    assert 0 < np.count_nonzero(share) < 0.7 * share.size
    with h5py.File(state_path(tmp_path / "run", 1)) as file:
        index = file["state/material/plastic_strain/index"][()]
        assert set(index) <= set(np.flatnonzero(share))
    again = model.solve(steps, options, restart=Restart(tmp_path / "run", 1), record=tmp_path / "again")
    np.testing.assert_array_equal(again.displacement, whole.displacement)
    for name, values in whole.state.items():
        np.testing.assert_array_equal(again.state[name], values, name)
    for one, other in zip(again.fields, whole.fields, strict=True):
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name], name)
