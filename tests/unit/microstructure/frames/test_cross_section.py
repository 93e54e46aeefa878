"""Sections: areas, moments and torsion constants of textbooks."""

from __future__ import annotations

import math

import numpy as np
import pytest

import microtann as mt
from microtann.errors import CellError


def test_a_rectangle_has_its_area_inertia_and_plastic_moment() -> None:
    section = mt.CrossSection.rectangle(0.4, 0.3, fibres=(4, 4))
    np.testing.assert_allclose(section.area, 0.12, rtol=1e-14)
    np.testing.assert_allclose(section.inertia, (0.3 * 0.4**3 / 12, 0.4 * 0.3**3 / 12), rtol=1e-14)
    y, z, area = section.fibres.T
    np.testing.assert_allclose([area @ abs(y), area @ abs(z)], [0.3 * 0.4**2 / 4, 0.4 * 0.3**2 / 4], rtol=1e-14)


def test_two_fibres_have_the_area_and_inertia_of_the_rectangle() -> None:
    section = mt.CrossSection.rectangle(0.4, fibres=(2, 1))
    np.testing.assert_allclose([section.area, section.inertia[0]], [0.4, 0.4**3 / 12], rtol=1e-14)


@pytest.mark.parametrize(("ratio", "constant"), [(1.0, 0.1406), (2.0, 0.229), (10.0, 0.312)])
def test_torsion_of_rectangles_is_that_of_the_table(ratio: float, constant: float) -> None:
    # Timoshenko and Goodier, Theory of Elasticity, section 109: J = constant * longer * shorter**3
    np.testing.assert_allclose(mt.CrossSection.rectangle(ratio, 1.0).torsion, constant * ratio, rtol=3e-3)


def test_round_sections_have_their_area_inertia_and_torsion() -> None:
    circle = mt.CrossSection.circle(0.2)
    np.testing.assert_allclose(circle.area, math.pi * 0.04, rtol=1e-14)
    np.testing.assert_allclose(circle.inertia, (math.pi * 0.2**4 / 4,) * 2, rtol=1e-13)
    np.testing.assert_allclose(circle.torsion, math.pi * 0.2**4 / 2, rtol=1e-14)
    tube = mt.CrossSection.tube(0.2, 0.05, fibres=(1, 12))
    np.testing.assert_allclose(tube.area, math.pi * (0.04 - 0.0225), rtol=1e-14)
    np.testing.assert_allclose(tube.inertia, (math.pi * (0.2**4 - 0.15**4) / 4,) * 2, rtol=1e-13)


def test_the_plastic_moment_of_a_circle_is_met_by_many_rings() -> None:
    y, _, area = mt.CrossSection.circle(1.0, fibres=(12, 48)).fibres.T
    np.testing.assert_allclose(area @ abs(y), 4.0 / 3.0, rtol=5e-3)


def test_an_i_has_the_area_and_inertia_of_its_plates() -> None:
    depth, width, flange, web = 0.4, 0.3, 0.03, 0.02
    section = mt.CrossSection.i_section(depth, width, flange, web)
    clear = depth - 2 * flange
    np.testing.assert_allclose(section.area, 2 * width * flange + clear * web, rtol=1e-14)
    strong = width * depth**3 / 12 - (width - web) * clear**3 / 12
    np.testing.assert_allclose(section.inertia[0], strong, rtol=1e-13)
    np.testing.assert_allclose(section.inertia[1], 2 * flange * width**3 / 12, rtol=1e-13)


@pytest.mark.parametrize(
    ("fibres", "message"),
    [
        ([[0.0, 0.0, 1.0]], "all lie on its axis"),
        ([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]], "centroid"),
        ([[1.0, 0.0, 1.0], [-1.0, 0.0, -1.0]], "positive areas"),
        ([[1.0, 0.0]], "y, z and an area"),
    ],
)
def test_sections_that_are_none_are_refused(fibres: list[list[float]], message: str) -> None:
    with pytest.raises(CellError, match=message):
        mt.CrossSection(fibres)


@pytest.mark.parametrize(
    "make",
    [
        lambda: mt.CrossSection.rectangle(-1.0),
        lambda: mt.CrossSection.rectangle(1.0, fibres=(3, 1)),
        lambda: mt.CrossSection.circle(0.0),
        lambda: mt.CrossSection.circle(1.0, fibres=(1, 2)),
        lambda: mt.CrossSection.tube(1.0, 1.0),
        lambda: mt.CrossSection.i_section(0.1, 0.1, 0.05, 0.02),
    ],
)
def test_measures_that_make_no_section_are_refused(make: object) -> None:
    with pytest.raises(CellError):
        make()  # type: ignore[operator]
