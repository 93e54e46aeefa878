"""The published network's figures stand beside its own cell only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import microtann as mt
from microtann.reproduction.published import PUBLISHED, anchor_of

TANN = mt.load("cube")


def anchor(cell: mt.UnitCell, bar: mt.ElastoplasticBar | None) -> object:
    information = replace(TANN.information, microstructure=mt.Lattice(cell, bar))
    return anchor_of(replace(TANN, information=information))


def test_the_cube_of_one_material_is_the_published_cell_in_any_unit() -> None:
    assert anchor(mt.cube_cell(), mt.ElastoplasticBar()) is PUBLISHED
    assert anchor(mt.cube_cell(size=1e-3), mt.ElastoplasticBar(100e9, 300e6, 10e9)) is PUBLISHED


CUBE = mt.cube_cell()
TALL = mt.UnitCell(CUBE.nodes * [1, 1, 2], CUBE.bars, CUBE.areas, np.diag([1, 1, 2]))
AREAS = mt.cube_cell().areas * np.where(np.arange(28) == 3, 2.0, 1.0)


@pytest.mark.parametrize(
    ("cell", "bar"),
    [
        (mt.square_cell(), mt.ElastoplasticBar()),
        (mt.UnitCell(mt.cube_cell().nodes, mt.cube_cell().bars, AREAS, np.eye(3)), mt.ElastoplasticBar()),
        (
            mt.UnitCell(
                mt.cube_cell().nodes * [1, 1, 2], mt.cube_cell().bars, mt.cube_cell().areas, np.diag([1, 1, 2])
            ),
            mt.ElastoplasticBar(),
        ),
        (mt.cube_cell(), mt.ElastoplasticBar(hardening=0.2)),
        (mt.cube_cell(), mt.ElastoplasticBar(yield_stress=np.linspace(0.3, 0.4, 28))),
        (mt.cube_cell(), None),
    ],
    ids=["square", "areas", "shape", "hardening", "yield", "no bars"],
)
def test_other_cells_and_bars_are_not(cell: mt.UnitCell, bar: mt.ElastoplasticBar | None) -> None:
    assert anchor(cell, bar) is None
