"""Beams are drawn as they bend."""

import numpy as np
import pytest

import microtann as mt
from microtann import fem
from microtann.plotting.bent_beams import _deflection


def test_the_curvature_of_a_cantilever_gives_its_deflection():
    place = np.linspace(0.0, 1.0, 5)
    found = _deflection(place, 1.0 - place, np.array([0.0, 0.5, 1.0]))
    exact = 0.5**2 / 2.0 - 0.5**3 / 6.0 - 0.5 / 3.0
    np.testing.assert_allclose(found, [0.0, exact, 0.0], atol=1e-4)


def test_a_bent_frame_is_drawn():
    beam = mt.FrameStructure([[0.0, 0.0], [1.0, 0.0]], [[0, 1]], mt.CrossSection.rectangle(0.1))
    held = [fem.Prescribed([0], name) for name in ("x", "y", "rz")]
    result = beam.solve(fem.Step([*held, fem.Prescribed([1], "y", 5.0)]))
    figure = mt.plotting.plot_frame(result, scale=0.1)
    assert len(figure.axes) == 2
    assert np.abs(result.plastic_strain).max() > 0.1
    assert result.displacement[-1, 1, 1] == pytest.approx(5.0)
