"""What kernels read cannot be written to, whoever made it: so they meet one type of array."""

from __future__ import annotations

import numpy as np

from microtann.numbers.read_only import read_only


def test_a_view_is_not_to_be_written_to_and_the_array_stays_as_it_is() -> None:
    array = np.arange(3)
    view = read_only(array)
    assert not view.flags.writeable
    assert array.flags.writeable
    assert np.shares_memory(view, array)
    assert not read_only(view).flags.writeable
