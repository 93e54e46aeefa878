"""Chunks on several threads: the same bits, errors as of one thread, and one thread in workers."""

from __future__ import annotations

from threading import current_thread
from time import sleep

import numpy as np
import pytest

import microtann as mt
from microtann.errors import InputError
from microtann.fem.assembly import FiniteElements
from microtann.fem.chunk_order import turns
from microtann.fem.regions import regions_of
from microtann.system.worker_threads import THREADS_VARIABLE, side_by_side, single_threaded, worker_threads

MESH = mt.fem.box((1, 1, 1), (4, 4, 4))
STEEL = mt.fem.VonMises()


def response(threads: int | None) -> tuple[np.ndarray, ...]:
    system = FiniteElements(MESH, STEEL, chunk=32, threads=threads)
    moves = 0.5 * np.random.default_rng(0).normal(size=MESH.points.size)
    found = system.evaluate(system.virgin(), moves, moves, 1.0, True)
    return found.force, found.tangent.data, found.state.stress, np.array([found.energy, found.dissipation])


def test_any_number_of_threads_gives_the_same_bits() -> None:
    one, three = response(1), response(3)
    assert one[3][1] > 0.0
    for a, b in zip(one, three, strict=True):
        np.testing.assert_array_equal(a, b)


def test_chunks_of_a_turn_share_no_node_and_all_are_done() -> None:
    chunks = list(regions_of(MESH, STEEL)[0].chunks(MESH, 32))
    found = turns(MESH, chunks)
    every = [chunk for turn in found for run in turn for chunk in run]
    assert sorted(chunk.place.start for chunk in every) == [c.place.start for c in chunks]
    assert 1 < len(found) < len(chunks)
    for turn in found:
        nodes = [np.unique(np.concatenate([MESH.cells[chunk.cells].ravel() for chunk in run])) for run in turn]
        assert len(np.unique(np.concatenate(nodes))) == sum(map(len, nodes))


def test_the_environment_names_the_threads_and_a_worker_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(THREADS_VARIABLE, raising=False)
    assert worker_threads() == 1
    monkeypatch.setenv(THREADS_VARIABLE, "3")
    assert (worker_threads(), worker_threads(2)) == (3, 2)
    single_threaded()
    assert worker_threads() == 1


@pytest.mark.parametrize("asked", [0, -1, 1.5, "many", True])
def test_a_number_of_threads_that_is_none_is_refused(asked: object) -> None:
    with pytest.raises(InputError, match="threads must be a whole number of at least 1"):
        worker_threads(asked)


def test_the_first_error_in_order_is_raised() -> None:
    def fail(number: int) -> int:
        if number > 1:
            raise InputError(f"task {number}")
        return number

    for threads in (1, 3):
        with pytest.raises(InputError, match="task 2"):
            list(side_by_side(fail, range(6), threads))


def test_answers_are_in_the_order_of_the_tasks() -> None:
    for threads in (1, 2, 5):
        assert list(side_by_side(lambda number: 2 * number, range(4), threads)) == [0, 2, 4, 6]
        assert list(side_by_side(str, [], threads)) == []


def test_an_interrupt_ends_the_other_threads() -> None:
    main, begun = current_thread(), []

    def interrupted(number: int) -> None:
        begun.append(number)
        if current_thread() is main:
            raise KeyboardInterrupt
        sleep(0.01)

    with pytest.raises(KeyboardInterrupt):
        list(side_by_side(interrupted, range(1000), 2))
    assert len(begun) < 500
