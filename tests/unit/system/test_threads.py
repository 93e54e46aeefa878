"""One BLAS thread while something is solved, and the user's own number afterwards, also with several threads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

import microtann as mt
from microtann.fem import Prescribed, Step
from microtann.system import threads
from microtann.system.threads import blas_threads, one_blas_thread

BLAS = [library for library in ThreadpoolController().lib_controllers if library.user_api == "blas"]


def counts():
    return [library.get_num_threads() for library in BLAS]


@pytest.fixture(autouse=True)
def three_threads():
    with threadpool_limits(3, user_api="blas"):
        if not BLAS or set(counts()) != {3}:
            pytest.skip("no BLAS whose threads can be set")
        yield
        assert set(counts()) == {3}  # whatever happened, the user's number is back


def test_nested_calls_and_errors_restore_the_number_of_the_user():
    with one_blas_thread():
        assert set(counts()) == {1}
        assert blas_threads() == 1
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            1 / 0  # noqa: B018
        assert set(counts()) == {1}
    assert set(counts()) == {3}
    assert blas_threads() == 3


@pytest.mark.parametrize("first_out", [0, 1])
def test_the_last_thread_out_restores_the_number(first_out):
    both, gone = Barrier(2), Event()

    def work(number):
        with one_blas_thread():
            both.wait(5)
            if number != first_out:
                assert gone.wait(5)
                inside = counts()
        if number == first_out:
            inside = counts()  # the other one is still inside
            gone.set()
        return inside

    with ThreadPoolExecutor(2) as pool:
        for inside in pool.map(work, range(2)):
            assert set(inside) == {1}
    assert set(counts()) == {3}


def test_many_threads_leave_the_number_as_it_was():
    def work(_):
        for _ in range(200):
            with one_blas_thread():
                if set(counts()) != {1}:
                    return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert set(counts()) == {3}


def test_libraries_are_looked_for_once(monkeypatch):
    with one_blas_thread():
        pass
    monkeypatch.setattr(threads, "ThreadpoolController", None)  # looking takes milliseconds
    with one_blas_thread():
        assert set(counts()) == {1}


def solve_fe(look):
    mesh = mt.fem.box((1, 1, 1), (2, 2, 2))
    held = [Prescribed(lambda p: p[:, 2] == 0, i) for i in range(3)]
    model = mt.fem.Model(mesh, mt.Lattice(mt.cube_cell()))
    model.solve([Step([*held, Prescribed(lambda p: p[:, 2] == 1, "x", 0.1)])], progress=look)


def solve_lattice(look):
    lattice = mt.Structure.box(mt.square_cell(), mt.ElastoplasticBar(), (1, 2), 0.5)
    held = [Prescribed(lambda p: p[:, 1] == 0, i) for i in range(2)]
    lattice.solve([Step([*held, Prescribed(lambda p: p[:, 1] == 2, "x", 0.1)])], progress=look)


@pytest.mark.parametrize("solve", [solve_fe, solve_lattice])
def test_structures_are_solved_with_one_thread(solve):
    seen = []
    solve(lambda _: seen.append(set(counts())))
    assert seen
    assert all(inside == {1} for inside in seen)


def test_cells_are_solved_with_one_thread(monkeypatch):
    from microtann.microstructure.bars import lattice
    from microtann.microstructure.bars.condensed import solve as paths

    seen = []

    def spy(module):
        original = module.condense

        def condense(*arguments):
            seen.append(set(counts()))
            return original(*arguments)

        monkeypatch.setattr(module, "condense", condense)

    spy(paths)
    spy(lattice)
    mt.solve_cell(mt.square_cell(), mt.ElastoplasticBar(), np.zeros((1, 3)))
    pull = mt.CellStep(strain={"11": 0.1}, rest="free")
    mt.drive_cell(mt.square_cell(), mt.ElastoplasticBar(), [pull])
    assert seen == [{1}, {1}]
