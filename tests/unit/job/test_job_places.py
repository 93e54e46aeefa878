"""A node lies on a plane that a job names if it does to a hundred-millionth of the body, and else not."""

from __future__ import annotations

from pathlib import Path

import pytest

import microtann as mt
from microtann.errors import ConfigurationError

PLATE = """\
[mesh]
lengths = [2.0, 1.0]
divisions = [2, 1]
[set.left]
x = 0.0
[set.right]
x = {}
[material]
kind = "elastic"
young = 1.0
poisson = 0.3
plane = "stress"
[[support]]
on = "left"
components = "xy"
[[step]]
[[step.load]]
kind = "force"
on = "right"
component = "y"
value = 0.1
"""


def right(folder: Path, place: str) -> int:
    """Return how many nodes lie at a place along x."""
    file = folder / "plate.toml"
    file.write_text(PLATE.format(place), encoding="utf-8")
    return len(mt.read_job(file).model.mesh.sets["right"])


@pytest.mark.parametrize("place", ["2.0", "1.99999999", "2.00000001", "[1.00000001, 1.99999999]"])
def test_nodes_lie_on_a_plane_to_the_accuracy_of_written_numbers(place: str, tmp_path: Path) -> None:
    assert right(tmp_path, place) == (4 if place.startswith("[") else 2)


@pytest.mark.parametrize("place", ["1.9999999", "2.0000001", "[1.0000001, 1.9999999]"])
def test_a_node_that_is_farther_off_does_not(place: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no node lies there; they lie in 0 to 2, 0 to 1"):
        right(tmp_path, place)
