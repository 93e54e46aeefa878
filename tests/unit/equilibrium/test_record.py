"""Records: results read from files, memory that does not grow, and restarts that nobody can tell from one run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microtann as mt
from microtann.equilibrium.body import Body
from microtann.equilibrium.history import History
from microtann.equilibrium.lazy import LazyRows
from microtann.equilibrium.record import entry_path, state_path
from microtann.errors import ConvergenceError, InputError
from microtann.evaluation.structures import CASES
from microtann.fem import Prescribed, Record, Restart, SolverOptions, Step
from plain_materials import Elastic

MESH = mt.fem.box((1, 1, 2), (2, 2, 4))
FRACTIONS = SolverOptions(first_fraction=0.25, outside_training="none")
ARRAYS = ("time", "displacement", "reactions", "energy", "dissipation")


def steps(height: float = 2.0) -> list[Step]:
    """Return three steps with a mixture of holding, bending and releasing."""
    base = [Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"]

    def top(x: float, z: float) -> list[Prescribed]:
        at = [lambda p: p[:, 2] == height]
        return [*base, Prescribed(*at, "x", x), Prescribed(*at, "z", z)]

    return [Step(top(0.9, 0.3), increments=3, name="bend"), Step(top(-0.3, 0.0), increments=2, dt=0.3), Step(base)]


def finite_elements() -> mt.fem.Model:
    return mt.fem.Model(MESH, mt.Lattice(mt.cube_cell()))


def with_tann() -> mt.fem.Model:
    return mt.fem.Model(MESH, mt.load("cube"))


def lattice() -> mt.Structure:
    return mt.Structure.box(mt.cube_cell(), mt.ElastoplasticBar(), (1, 1, 2), 0.5)


def assert_same(found: History, known: History) -> None:
    """Hold two results against each other to the last bit."""
    for name in ARRAYS:
        np.testing.assert_array_equal(np.asarray(getattr(found, name)), np.asarray(getattr(known, name)), name)
    np.testing.assert_array_equal(found.stress, known.stress)
    assert len(found.fields) == len(known.fields)
    for one, other in zip(found.fields, known.fields, strict=True):
        assert set(one) == set(other)
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name], name)
    assert found.statistics.newton_per_increment == known.statistics.newton_per_increment
    for name in ("linear_iterations", "constitutive_calls", "cuts"):
        assert getattr(found.statistics, name) == getattr(known.statistics, name)
    assert len(found.parts) == len(known.parts)
    for one, other in zip(found.parts, known.parts, strict=True):
        assert (one.increment, one.fraction, one.time, one.energy) == (
            other.increment,
            other.fraction,
            other.time,
            other.energy,
        )
        np.testing.assert_array_equal(one.displacement, other.displacement)


@pytest.mark.parametrize("make", [finite_elements, with_tann, lattice])
def test_a_recorded_result_is_the_one_in_memory(make, tmp_path: Path) -> None:
    body: Body = make()
    known = body.solve(steps(), FRACTIONS)
    assert len(known.parts) == 6  # two in every step, at 1/4 and 3/4 of its first increment
    found = body.solve(steps(), FRACTIONS, record=tmp_path / "run")
    assert_same(found, known)
    assert_same(body.read(tmp_path / "run"), known)
    node = known.nearest((1, 1, 2))
    np.testing.assert_array_equal(found.displacement[:, node, 0], known.displacement[:, node, 0])
    np.testing.assert_array_equal(found.displacement[-1], known.displacement[-1])
    np.testing.assert_array_equal(found.displacement[1:3, [3, 5]], known.displacement[1:3, [3, 5]])
    np.testing.assert_array_equal(found.resultant(lambda p: p[:, 2] == 0), known.resultant(lambda p: p[:, 2] == 0))
    assert found.write(tmp_path / "vtu").exists()
    assert repr(found) == repr(known)


@pytest.mark.parametrize("make", [finite_elements, with_tann, lattice])
def test_a_restart_from_any_increment_ends_where_one_run_does(make, tmp_path: Path) -> None:
    body: Body = make()
    known = body.solve(steps(), FRACTIONS, record=tmp_path / "run")
    for increment in range(len(known.time)):
        found = body.solve(
            steps(),
            FRACTIONS,
            record=tmp_path / f"from {increment}",
            restart=Restart(tmp_path / "run", increment),
        )
        assert_same(found, known)
    assert_same(body.read(tmp_path / "run"), known)


def test_a_restart_goes_on_from_inside_an_increment(tmp_path: Path) -> None:
    body = finite_elements()
    known = body.solve(steps(), FRACTIONS, record=tmp_path / "run")
    (tmp_path / "run" / entry_path(Path(), 1).name).unlink()  # as if stopped after the first part of the first
    found = body.solve(steps(), FRACTIONS, restart=tmp_path / "run")
    assert_same(found, known)


SCRIPT = """
import os, signal, sys
sys.path[:0] = sys.argv[3:]
import test_record

def kill(progress):
    if (progress.increment, progress.iteration) == (3, 1):
        os.kill(os.getpid(), signal.SIGKILL)

make = getattr(test_record, sys.argv[2])
make().solve(test_record.steps(), test_record.FRACTIONS, kill, record=sys.argv[1])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("make", ["finite_elements", "lattice"])
def test_a_run_that_was_killed_goes_on(make: str, tmp_path: Path) -> None:
    body: Body = globals()[make]()
    known = body.solve(steps(), FRACTIONS)
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    script = [sys.executable, "-c", SCRIPT, str(tmp_path / "run"), make, *paths]
    ended = subprocess.run(script, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    left = body.read(tmp_path / "run")
    assert len(left.time) == 3
    np.testing.assert_array_equal(np.asarray(left.displacement), known.displacement[:3])
    assert_same(body.solve(steps(), FRACTIONS, restart=tmp_path / "run"), known)


def test_a_truncated_file_reads_back_to_the_last_whole_increment(tmp_path: Path) -> None:
    body, folder = finite_elements(), tmp_path / "run"
    known = body.solve(steps(), record=folder)
    last = entry_path(folder, 5)
    last.write_bytes(last.read_bytes()[:-100])
    assert len(body.read(folder).time) == 5
    state = state_path(folder, 4)
    state.write_bytes(state.read_bytes()[:2000])
    with pytest.raises(InputError, match="state at the end of increment 4 was not kept"):
        body.solve(steps(), restart=Restart(folder, 4))
    assert_same(body.solve(steps(), restart=folder), known)


def test_memory_does_not_grow_with_the_number_of_increments(tmp_path: Path) -> None:
    mesh = mt.fem.box((1, 1, 2), (3, 3, 6))
    held = [Prescribed(lambda p: p[:, 2] == 0, axis) for axis in "xyz"]
    body = mt.fem.Model(mesh, Elastic())

    def peak(increments: int, record: Path | None) -> int:
        step = Step([*held, Prescribed(lambda p: p[:, 2] == 2, "z", 0.2)], increments=increments)
        tracemalloc.start()
        result = body.solve([step], record=record)
        assert len(result.time) == increments
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, many = (peak(count, tmp_path / str(count)) for count in (3, 23))
    row = 2 * mesh.points.nbytes  # displacements and reactions of one increment
    assert many - few < 2 * row
    assert peak(23, None) - peak(3, None) > 18 * row


def test_states_of_the_last_equilibria_suffice_to_go_on(tmp_path: Path) -> None:
    body, folder = finite_elements(), tmp_path / "run"

    def stop(progress: mt.fem.Progress) -> None:
        if progress.increment == 4:
            raise KeyboardInterrupt

    known = body.solve(steps(), FRACTIONS)
    with pytest.raises(KeyboardInterrupt):
        body.solve(steps(), FRACTIONS, stop, record=Record(folder, every_state=False))
    assert len(list(folder.glob("*-state.h5"))) <= 4 < len(list(folder.glob("*.h5"))) / 2
    assert len(body.read(folder).time) == 4
    with pytest.raises(InputError, match="state at the end of increment 0 was not kept"):
        body.solve(steps(), FRACTIONS, restart=Restart(folder, 0))
    assert_same(body.solve(steps(), FRACTIONS, restart=folder), known)


def test_a_run_that_is_stopped_twice_can_be_read_and_goes_on(tmp_path: Path) -> None:
    """The second stop is inside an increment, so that the last state is not that of its result."""
    body, folder = finite_elements(), Record(tmp_path / "run", every_state=False)
    small = SolverOptions(first_fraction=0.2, growth=1.0)

    def stop(increment: int, fraction: float) -> Callable[[mt.fem.Progress], None]:
        def progress(state: mt.fem.Progress) -> None:
            if state.increment == increment and state.fraction > fraction:
                raise KeyboardInterrupt

        return progress

    known = body.solve(steps(), small)
    with pytest.raises(KeyboardInterrupt):
        body.solve(steps(), small, stop(1, 0.0), record=folder)
    with pytest.raises(KeyboardInterrupt):
        body.solve(steps(), small, stop(1, 0.55), record=folder, restart=folder.path)
    left = body.read(folder.path)
    assert len(left.time) == 1
    np.testing.assert_array_equal(left.displacement[-1], known.displacement[0])
    assert_same(body.solve(steps(), small, record=folder, restart=folder.path), known)


def test_with_a_preconditioner_that_was_renewed_a_restart_agrees_within_the_tolerance(tmp_path: Path) -> None:
    """Bars without hardening: the renewed hierarchy is no part of a record."""
    case = CASES["lcT2"](lengths=(4.0, 4.0, 8.0), factor=10.0)
    bar = mt.ElastoplasticBar(hardening=0.0)
    body = mt.Structure.box(mt.cube_cell(), bar, case.lengths, 1.0, case.origin)
    twist = [Step(case.steps[0].prescribed, increments=3)]
    known = body.solve(twist, record=tmp_path / "run")
    found = body.solve(twist, record=tmp_path / "new", restart=Restart(tmp_path / "run", 1))
    np.testing.assert_allclose(found.displacement[-1], known.displacement[-1], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.energy, known.energy, rtol=1e-8)


@settings(deadline=None)
@given(st.data())
def test_rows_are_indexed_as_an_array_is(data: st.DataObject) -> None:
    known = np.arange(4 * 3 * 2, dtype=np.float64).reshape(4, 3, 2)
    rows = LazyRows(known.shape, lambda index: known[index])
    index = st.integers(-4, 3)
    first = data.draw(st.one_of(index, st.slices(4), st.lists(index, min_size=2, max_size=2), st.just(...)))
    rest = data.draw(st.lists(st.one_of(st.integers(-2, 1), st.slices(2), st.just([1, 0])), max_size=1))
    key = (np.array(first, dtype=int) if isinstance(first, list) else first, *rest)
    np.testing.assert_array_equal(rows[key], known[key])
    np.testing.assert_array_equal(rows[key[0]], known[key[0]])
    assert (len(rows), rows.ndim, rows.size) == (len(known), known.ndim, known.size)


def test_steps_that_were_not_reached_may_change(tmp_path: Path) -> None:
    body, folder = finite_elements(), tmp_path / "run"
    first, second, third = steps()
    body.solve([first, second, third], record=folder)
    known = body.solve([first, third])
    with pytest.raises(InputError, match="goes on after increment 2: name another folder"):
        body.solve([first, third], restart=Restart(folder, 2))
    found = body.solve([first, third], record=folder, restart=Restart(folder, 2))
    assert_same(found, known)
    assert len(body.read(folder).time) == 4
    with pytest.raises(InputError, match=r"other loading: step 1 .* as it was up to increment 3"):
        body.solve([second, third], restart=folder)


def test_a_record_of_something_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    finite_elements().solve(steps(), record=folder)
    with pytest.raises(InputError, match="holds a record: restart from it, or record in a new folder"):
        finite_elements().solve(steps(), record=folder)
    with pytest.raises(InputError, match="of another body"):
        mt.fem.Model(mt.fem.box((1, 1, 2), (1, 1, 2)), Elastic()).read(folder)
    with pytest.raises(InputError, match=r"the state holds no state\.material\.elapsed"):
        mt.fem.Model(MESH, Elastic()).solve(steps(), restart=folder)
    with pytest.raises(InputError, match="has no increment 7: it holds 6"):
        finite_elements().solve(steps(), restart=Restart(folder, 7))
    with pytest.raises(InputError, match="holds no record of a simulation"):
        finite_elements().read(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        finite_elements().solve(steps(), record=tmp_path / "mine")


def test_a_record_keeps_what_failed_and_what_came_before(tmp_path: Path) -> None:
    class Timid(mt.Lattice):
        def update(self, strain_increment, state, dt=1.0, tangent=True):
            if np.abs(strain_increment).max() > 0.1 or np.abs(state["strain"]).max() > 1.0:
                raise ConvergenceError("no")
            return super().update(strain_increment, state, dt, tangent)

    body = mt.fem.Model(MESH, Timid(mt.cube_cell(), mt.ElastoplasticBar()))
    bend = steps()[0]
    far = Step([*bend.prescribed[:3], Prescribed(lambda p: p[:, 2] == 2, "x", 9.0)])
    with pytest.raises(ConvergenceError, match="increment 3"):
        body.solve([bend, far], record=tmp_path / "run")
    left = body.read(tmp_path / "run")
    row = left.statistics.increments[0]
    assert row.cuts == len(row.failures) > 0
    assert len([part for part in left.parts if part.increment == 0]) == row.parts - 1 > 0
    assert len(left.time) == 3
