"""Which task is named when workers are lost again and again."""

from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from microtann.data import engines


class LostError(Exception):
    """A worker was lost."""


class NamedError(Exception):
    """The task that is blamed."""


class Mortal:
    """Workers that every task ends; from the second loss on tasks are tried alone."""

    lost = (LostError,)
    at_once = 2

    def __init__(self):
        self.losses, self.last = 0, None

    @property
    def alone(self):
        return self.losses >= 2

    def submit(self, function, task):
        self.last = task
        future = Future()
        future.set_exception(LostError())
        return future

    def ended(self):
        raise AssertionError("no task ends well")

    def idle(self):
        raise AssertionError("all tasks end at once")

    def replace(self, error, suspects):
        if self.alone:
            raise NamedError(*suspects)
        self.losses += 1


def test_the_task_that_was_alone_is_named_though_others_wait(monkeypatch):
    workers = Mortal()

    @contextmanager
    def local_workers(processes):
        yield workers

    monkeypatch.setattr(engines, "local_workers", local_workers)
    with pytest.raises(NamedError) as blamed:
        list(engines.run_tasks(print, [(number,) for number in range(9)], processes=2))
    assert blamed.value.args == (str(workers.last),)
