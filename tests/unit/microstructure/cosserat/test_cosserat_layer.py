"""Sheared layers of grids: Cosserat continua against the beams themselves, and against a closed form."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks._sheared_layers import DEPTH, cut_grid, endless_layer, planes, sheared

import microtann as mt
from microtann.errors import InputError


def force(layer: mt.CosseratLayer, height: float, ends: list[float], count: int = 1) -> np.ndarray:
    """Return the shear stress at the top."""
    result = layer.solve(sheared(planes(height), ends, count))
    return result.reaction(planes(height)[1])[:, 0]


@pytest.mark.parametrize("rail", [1.0, 0.4])
def test_one_element_per_row_is_every_beam(rail: float) -> None:
    frame, rows = cut_grid(rail), 4
    reach = 2.0 * rows * float(frame.first_yield(np.array([[0.0, 0.0, 1.0]]))[0])
    ends = [reach, -reach]
    beams = endless_layer(frame, rows).solve(sheared(planes(rows), ends, 6))
    result = mt.CosseratLayer(mt.CosseratFrame(frame), np.arange(rows + 1.0)).solve(sheared(planes(rows), ends, 6))
    top = planes(rows)[1]
    expected = 0.5 * beams.reaction(top)[:, 0]  # of one of two columns
    np.testing.assert_allclose(result.reaction(top)[:, 0], expected, rtol=1e-7, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_allclose(result.rotation[-1], beams.rotation[-1, ::2], atol=1e-7)
    np.testing.assert_allclose(result.dissipation[-1], 0.5 * beams.dissipation[-1], rtol=1e-7)
    assert beams.dissipation[-1] > 0.0


@pytest.mark.parametrize("rows", [2, 8, 64])
def test_an_elastic_layer_is_the_closed_form(rows: int) -> None:
    # τ given: of the shear angle 1/ρ + 1 times τ/12EI, the part 1/ρ is what nodes turn, which clamped ones do not
    ratio, bending = 0.4**3, DEPTH**3 / 12.0
    length = np.sqrt((1.0 + 3.0 * ratio) / (12.0 * ratio))
    layer = mt.CosseratLayer(mt.CosseratFrame(cut_grid(0.4)), np.linspace(0.0, rows, 40 * min(rows, 8) + 1))
    lost = np.tanh(0.5 * rows / length) / (0.5 * rows / length)
    expected = 12.0 * bending / (1.0 + (1.0 - lost) / ratio)
    np.testing.assert_allclose(force(layer, rows, [1e-3 * rows])[0] / 1e-3, expected, rtol=1e-3)


def test_without_size_the_layer_is_that_of_the_first_order() -> None:
    frame = cut_grid()
    first = frame.elastic_stiffness()[2, 2]
    cosserat = mt.CosseratFrame(frame)
    missing = []  # part of the compliance
    for size in (0.2, 0.1, 0.05):
        layer = mt.CosseratLayer(cosserat, np.linspace(0.0, 1.0, 401), cell_size=size)
        missing.append(1.0 - first * 1e-3 / force(layer, 1.0, [1e-3])[0])
    assert missing[0] > 0.1
    np.testing.assert_allclose(missing[1] / missing[2], 2.0, rtol=1e-3)
    large = mt.CosseratLayer(cosserat, np.linspace(0.0, 20.0, 401), cell_size=1.0)  # 20 cells as before
    np.testing.assert_allclose(1.0 - first * 1e-3 / force(large, 20.0, [20e-3])[0], missing[2], rtol=1e-6)


@pytest.mark.parametrize(
    ("material", "heights", "size", "sentence"),
    [
        (mt.Frame(mt.square_grid_cell(), sections=3), [0.0, 1.0], 1.0, "take a CosseratFrame"),
        (mt.CosseratFrame(cut_grid()), [1.0, 0.0], 1.0, "ascend"),
        (mt.CosseratFrame(cut_grid()), [0.0], 1.0, "ascend"),
        (mt.CosseratFrame(cut_grid()), [0.0, 1.0], 0.0, "positive"),
    ],
)
def test_what_does_not_fit_is_refused(material, heights, size, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        mt.CosseratLayer(material, heights, size)


def test_a_layer_goes_on_from_its_record(tmp_path) -> None:
    layer = mt.CosseratLayer(mt.CosseratFrame(cut_grid()), np.linspace(0.0, 4.0, 9))
    steps = sheared(planes(4.0), [30.0, -30.0], 3)
    whole = layer.solve(steps)
    layer.solve(steps[:1], record=tmp_path)
    again = layer.solve(steps, restart=tmp_path)
    np.testing.assert_array_equal(np.asarray(again.displacement), np.asarray(whole.displacement))
