"""Memory is used again between evaluations: what is held never changes, and states mostly zero take little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import microtann as mt
from microtann.fem.assembly import FiniteElements
from microtann.materials.protocol import State
from microtann.system import reused_memory

MESH = mt.fem.box((1, 1, 1), (4, 4, 4))
STEEL = mt.fem.VonMises()


def arrays(response: Any) -> list[np.ndarray]:
    state = response.state
    return [
        response.force,
        response.tangent.data,
        state.strain,
        state.stress,
        state.dissipated,
        *state.material.values(),
    ]


@pytest.mark.parametrize("threads", [1, 3])
def test_what_is_held_of_an_evaluation_keeps_its_values(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reused_memory, "LARGE", 100)
    system = FiniteElements(MESH, STEEL, chunk=32, threads=threads)
    draw, state = np.random.default_rng(0), system.virgin()
    held: list[tuple[list[np.ndarray], list[np.ndarray]]] = []
    for count in range(12):
        moves = 0.5 * draw.normal(size=MESH.points.size)
        response = system.evaluate(state, moves, moves, 1.0, True)
        if count % 3 == 0:
            state = response.state
            held.append((arrays(response), [np.array(each) for each in arrays(response)]))
        del response
    for own, copies in held:
        for a, b in zip(own, copies, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_run_with_cut_steps_has_the_same_bits_without_memory_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    base = [mt.fem.Prescribed(lambda x: x[:, 2] < 1e-9, axis) for axis in "xyz"]
    top = [mt.fem.Prescribed(lambda x: x[:, 2] > 1 - 1e-9, axis, 3.0 * (axis == "x")) for axis in "xyz"]
    step = mt.fem.Step(base + top, increments=2)
    options = mt.fem.SolverOptions(max_iterations=5)
    found = []
    for large in (100, 10**12):
        monkeypatch.setattr(reused_memory, "LARGE", large)
        found.append(mt.fem.Model(MESH, STEEL).solve(step, options))
    assert found[0].statistics.cuts > 0
    for name in ("displacement", "energy", "dissipated"):
        np.testing.assert_array_equal(getattr(found[0], name), getattr(found[1], name))
    for name, value in found[0].state.items():
        np.testing.assert_array_equal(value, found[1].state[name])


class Wide:
    """Elastic, with a state of many zeros per point that only the last points of a mesh leave."""

    mostly_zero = ("wide",)

    def __init__(self, width: int) -> None:
        self.width = width

    def initial_state(self, n: int) -> State:
        return {"energy": np.zeros(n), "dissipation": np.zeros(n), "wide": np.zeros((n, self.width))}

    def update(self, increment: np.ndarray, state: State, dt: float = 1.0, tangent: bool = True) -> Any:
        n = len(increment)
        new = {"energy": np.zeros(n), "dissipation": np.zeros(n)}
        new["wide"] = np.broadcast_to(np.zeros(1), (n, self.width))
        if increment[0, 0] > 0.0:
            new["wide"] = np.ones((n, self.width))
        return increment, np.tile(np.eye(6), (n, 1, 1)), new


def resident() -> int:
    """Return the bytes of memory that the process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="the system does not say what memory a process holds"
)
def test_states_that_are_mostly_zero_take_no_memory_where_they_are() -> None:
    width = 20_000
    system = FiniteElements(MESH, Wide(width), chunk=32)
    moves = np.where(MESH.points > 1 - 1e-9, 0.1, 0.0)
    moves[:, 1:] = 0.0
    before, virgin = resident(), system.virgin()
    answers = [system.evaluate(virgin, moves.ravel(), moves.ravel(), 1.0, False) for _ in range(3)]
    whole = MESH.weights.size * width * 8
    assert resident() - before < len(answers) * whole / 2
    wide = answers[-1].state.material["wide"]
    assert 0 < np.count_nonzero(wide[:, 0]) < len(wide) / 2
    assert set(np.unique(wide[:, ::997])) == {0.0, 1.0}
