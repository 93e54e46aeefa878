import copy
import gc
import pickle

import numpy as np

from microtann.system.reused_memory import LARGE, SPARE, ReusedMemory

SHAPE = (LARGE // 8, 2)


def test_memory_is_used_again_only_when_nothing_refers_to_it():
    memory = ReusedMemory()
    first = memory.empty(SHAPE)
    first[:] = 1.0
    place, row = first.ctypes.data, first[1:3].T
    del first
    second = memory.empty(SHAPE)
    second[:] = 2.0
    assert second.ctypes.data != place
    np.testing.assert_array_equal(row, 1.0)
    del row
    gc.collect()
    third = memory.empty((2, SHAPE[0]), np.int64)
    assert third.ctypes.data == place
    assert third.dtype == np.int64
    assert third.flags.writeable
    assert third.flags.c_contiguous


def test_what_outlives_its_owner_stays_as_it_is():
    memory = ReusedMemory()
    kept = memory.empty(SHAPE, np.float32)
    kept[:] = 3.0
    del memory
    gc.collect()
    np.testing.assert_array_equal(kept, 3.0)
    small = ReusedMemory().empty((3,), np.bool_)
    assert small.shape == (3,)
    assert small.base is None


def test_only_so_much_is_kept_and_copies_begin_without():
    memory = ReusedMemory()
    many = [memory.empty(SHAPE) for _ in range(SPARE + 3)]
    places = {each.ctypes.data for each in many}
    del many
    gc.collect()
    again = [memory.empty(SHAPE) for _ in range(SPARE)]
    assert {each.ctypes.data for each in again} <= places
    again.clear()
    assert len(pickle.dumps(memory)) < LARGE
    assert copy.deepcopy(memory) is not memory
