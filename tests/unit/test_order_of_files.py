"""What runs first exists, and comes before all others."""

from __future__ import annotations

from types import SimpleNamespace

from order_of_files import FIRST, TESTS, pytest_collection_modifyitems


def test_the_files_that_run_first_are_there() -> None:
    assert [name for name in FIRST if not (TESTS / name).is_file()] == []


def test_they_come_first_and_others_keep_their_order() -> None:
    files = [*FIRST[::-1], "unit/slips/test_projection.py", "unit/cones/test_group_flow.py"]
    items = [SimpleNamespace(path=TESTS / name, number=number) for name in files for number in range(2)]
    pytest_collection_modifyitems(items)  # type: ignore[arg-type]
    assert [item.path for item in items[::2]] == [TESTS / name for name in (*FIRST, *files[len(FIRST) :])]
    assert [item.number for item in items] == [0, 1] * len(files)
