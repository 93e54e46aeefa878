"""What does not fit into the machine is refused in a sentence, before anything is allocated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.shards import generate_to
from microtann.data.walks import WalkPlan
from microtann.errors import InputError
from microtann.system import memory

CELL, BAR = mt.square_cell(), mt.ElastoplasticBar()
FIFTY = mt.CellStep(strain={"11": 0.1}, increments=10**12)


@pytest.mark.parametrize(
    "ask",
    [
        lambda path: mt.cube_cell((100_000,) * 3),
        lambda path: mt.square_cell((10**9, 10**9)),
        lambda path: mt.octet_cell((10**18, 1, 1)),
        lambda path: mt.fem.box((1, 1, 1), (10**6,) * 3),
        lambda path: mt.Structure.tile(CELL, BAR, (10**9, 10**9)),
        lambda path: mt.Structure.box(CELL, BAR, (10.0, 10.0), 1e-6),
        lambda path: mt.drive_cell(CELL, BAR, [FIFTY]),
        lambda path: generate(mt.Lattice(CELL, BAR), WalkPlan(paths=10**10)),
        lambda path: generate(mt.Lattice(CELL, BAR), WalkPlan(steps=10**12)),
        lambda path: generate_to(path, mt.Lattice(CELL, BAR), WalkPlan(paths=10**10)),
        lambda path: generate_to(path, mt.Lattice(CELL, BAR), WalkPlan(paths=10**18)),
        lambda path: generate_to(path, mt.Lattice(CELL, BAR), WalkPlan(steps=10**12)),
        lambda path: generate_to(path, mt.Lattice(CELL, BAR), WalkPlan(paths=10**8), shard_paths=10**8),
        lambda path: generate_to(path, mt.Lattice(CELL, BAR), processes=10**6),
    ],
)
def test_sizes_beyond_the_machine_are_refused_with_an_estimate(tmp_path: Path, ask: Callable[[Path], Any]) -> None:
    with pytest.raises(InputError, match=r"would take about .*B.*: use "):
        ask(tmp_path / "data.h5")
    assert list(tmp_path.iterdir()) == []


def test_a_cell_too_large_for_condensation_points_to_the_full_lattice(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = mt.cube_cell((4, 4, 4))
    monkeypatch.setattr(memory, "machine_memory", lambda: 10_000_000)
    with pytest.raises(
        InputError, match=r"832 distinct bars would take about .* use a cell of fewer units, or a full"
    ):
        mt.solve_cell(cell, BAR, [[0.1, 0, 0, 0, 0, 0]])


def test_a_disk_without_room_is_found_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1000

    monkeypatch.setattr("shutil.disk_usage", lambda folder: Usage)
    with pytest.raises(
        InputError, match=r"beside its shards, would take about .* but 1 kB are free on the disk of"
    ):
        generate_to(tmp_path / "data.h5", mt.Lattice(CELL, BAR), WalkPlan(paths=10))
    assert list(tmp_path.iterdir()) == []


def test_the_memory_of_the_machine_is_known() -> None:
    found = memory.machine_memory()
    assert found is None or found > 1e8
    assert memory.in_words(5_120_000_000) == "5.12 GB"
    assert memory.in_words(1e30) == "1e+12 EB"


@pytest.mark.parametrize(
    "plan",
    [
        WalkPlan(paths=3, steps=4, increment=1e200, limit=None),
        WalkPlan(paths=3, steps=4, increment=1e200, limit=1e200),
        WalkPlan(paths=3, steps=4, increment=1e-170, smallest_increment=1e-170),
        WalkPlan(paths=3, steps=4, increment=1e150, smallest_increment=1e-170, limit=None),
    ],
)
def test_walks_that_overflow_are_refused_before_anything_is_written(tmp_path: Path, plan: WalkPlan) -> None:
    with pytest.raises(
        InputError, match="beyond the range of numbers: use increments near the strain at first yield"
    ):
        generate_to(tmp_path / "data.h5", mt.Lattice(CELL, BAR), plan)
    with pytest.raises(InputError, match="beyond the range of numbers"):
        generate(mt.Lattice(CELL, BAR), plan)
    assert list(tmp_path.iterdir()) == []
