"""Solids of the command line: families, images, meshes, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import microtann as mt
from microtann.cli.microstructure import cell_settings, choose_microstructure
from microtann.errors import CellError, ConfigurationError
from microtann.microstructure.continuum.solid import Solid
from microtann.numbers.settings import collect_settings


def chosen(cell: str, *assignments: str, **keys: Any) -> Solid:
    """Return the solid that --cell and --set choose."""
    found = choose_microstructure(collect_settings(None, assignments, cell_settings(cell, **keys))).microstructure
    assert isinstance(found, Solid)
    return found


def test_families_are_chosen_by_name() -> None:
    coarse = ("solid.divisions=2", "solid.layers=1")
    np.testing.assert_array_equal(
        chosen("void", *coarse).elastic_stiffness(), mt.voided_cell(0.3, divisions=2, layers=1).elastic_stiffness()
    )
    assert set(chosen("inclusion", "solid.space=space", *coarse).volume_fractions) == {"matrix", "inclusion"}
    assert set(chosen("inclusion", "solid.space=plane stress", *coarse).volume_fractions) == {
        "matrix",
        "inclusion",
    }
    random = ("solid.count=2", "solid.radius=0.2", "solid.divisions=8")
    assert len(chosen("random-inclusions", *random).volume_fractions) == 2
    assert len(chosen("random-voids", *random).volume_fractions) == 1


def test_laws_of_the_phases_are_chosen() -> None:
    coarse = ("solid.divisions=2", "solid.layers=1")
    grown = chosen("void", "solid.saturation=0.2", *coarse)
    assert "accumulated_plastic_strain" in grown.coordinate_shapes
    assert not chosen("void", "solid.viscosity=0.2", *coarse).rate_independent
    assert "plastic_strain" not in chosen("void", "solid.yield_stress=0", *coarse).coordinate_shapes


def test_images_and_meshes_are_files(tmp_path: Path) -> None:
    image = tmp_path / "cell.csv"
    image.write_text("1 1 1\n1 0 1\n1 1 2\n")
    solid = chosen(str(image), "solid.matrix=1", "solid.inclusion=2", "solid.voids=[0]")
    assert solid.volume_fractions == pytest.approx({"phase 1": 7 / 9, "phase 2": 1 / 9})
    deck = tmp_path / "cell.inp"
    nodes = "".join(f"{9 * i + j + 1}, {i / 2}, {j / 2}\n" for i in range(3) for j in range(3))
    quads = [(i, j) for i in range(2) for j in range(2)]
    rows = [
        f"{k + 1}, {9 * i + j + 1}, {9 * i + j + 10}, {9 * i + j + 11}, {9 * i + j + 2}\n"
        for k, (i, j) in enumerate(quads)
    ]
    deck.write_text(
        f"*NODE\n{nodes}*ELEMENT, TYPE=CPE4, ELSET=soft\n{rows[0]}{rows[3]}"
        f"*ELEMENT, TYPE=CPE4, ELSET=hard\n{rows[1]}{rows[2]}"
    )
    meshed = chosen("solid", f"solid.file={deck}", "solid.matrix=soft", "solid.inclusion=hard")
    assert meshed.volume_fractions == pytest.approx({"soft": 0.5, "hard": 0.5})
    with pytest.raises(ConfigurationError, match="whole numbers, got soft"):
        chosen(str(image), "solid.matrix=soft")


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"'cell.units' is for cells of bars and beams"):
        chosen("void", units=2)
    with pytest.raises(ConfigurationError, match=r"solid.voids are numbers in an image"):
        chosen("void", "solid.voids=[1]")
    with pytest.raises(CellError, match="do not fit"):
        chosen("random-voids", "solid.radius=0.3", "solid.count=9")
