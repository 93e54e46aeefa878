"""The order in which several processes take the test files, one after the other.

Files that take long come first, so that no process has one left when the others have nothing to do. And the first
two that two processes take need different kernels, which compile side by side: what one has compiled the other
finds in the cache, where both at the same time would do the work twice.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FIRST = (
    "verification/test_cell_identities.py",  # kernels of cells of bars
    "unit/forms/laws/test_growing_update.py",  # kernels of groups whose resistances grow
    "unit/microstructure/frames/test_frame_structure.py",  # kernels of beams
    "unit/forms/variational/test_cone_flow.py",  # kernels of cones
    "examples/test_pages.py",
    "unit/forms/test_residual.py",
    "unit/microstructure/test_own_microstructure.py",
    "unit/training/test_train.py",
    "examples/test_docstrings.py",
    "unit/reproduction/test_section5.py",
    "unit/reproduction/test_reproduce.py",
    "unit/reproduction/test_reproduce_section5.py",
    "unit/cli/test_command_line.py",
    "examples/test_examples.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-xdist keep the order, which it would change to that of the numbers of tests."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests of the first files to the front; all others stay in their order."""
    place = {TESTS / name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
