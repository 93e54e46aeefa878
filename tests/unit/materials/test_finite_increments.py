"""Increments that are not finite are refused: a yield test would take them for elastic."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.errors import ConvergenceError, InputError
from microtann.fem.material_call import MaterialCall
from microtann.fem.regions import regions_of

MATERIALS = {
    "TANN": lambda: mt.load("cube"),
    "exact cell": lambda: mt.Lattice(mt.cube_cell()),
}


@pytest.mark.parametrize("name", MATERIALS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_material_names_the_point(name: str, value: float) -> None:
    material = MATERIALS[name]()
    increment = np.zeros((3, 6))
    increment[1, 2] = value
    with pytest.raises(InputError, match="material point 1 is not finite"):
        material.update(increment, material.initial_state(3))


def test_the_finite_elements_name_the_element_so_that_the_increment_can_be_cut() -> None:
    material = MATERIALS["exact cell"]()
    mesh = mt.fem.box((1, 1, 2), (1, 1, 2))
    (region,) = regions_of(mesh, material)
    (chunk,) = region.chunks(mesh, 16)
    call = MaterialCall(region, mesh)
    strain = np.zeros((16, 6))
    strain[9] = np.nan
    with pytest.raises(ConvergenceError, match="strain is not finite in element 1"):
        call(strain, material.initial_state(16), chunk, 1.0, True)
