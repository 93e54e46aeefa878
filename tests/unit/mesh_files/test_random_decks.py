"""Random Abaqus decks of bodies and of cells are read as what they describe; `make verify` tries many more."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from tests.campaign.decks import Decks, mesh_differences
from tests.random_decks import random_deck

import microtann as mt
from microtann.errors import ReadingNote


@pytest.mark.parametrize("seed", range(12))
def test_a_random_deck_is_read_as_what_it_describes(seed: int, tmp_path: Path) -> None:
    shared, folder = tmp_path / "shared", tmp_path / "case"
    shared.mkdir()
    folder.mkdir()
    assert Decks(shared).run(np.random.default_rng(seed), folder).endswith((": right", ": refused", ": read"))


def test_a_mesh_that_is_another_is_seen(tmp_path: Path) -> None:
    deck = random_deck(np.random.default_rng(3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReadingNote)
        read = mt.fem.read_mesh(deck.write(tmp_path))
    assert mesh_differences(read, deck.right) == []
    cells = {block.kind: block.cells for block in read.blocks}
    moved = mt.fem.Mesh(read.points + 1e-3, cells)
    assert "a point is off by" in mesh_differences(moved, deck.right)[0]
    name = next(iter(read.sets))
    fewer = read.named(sets={name: read.sets[name][:1]})
    assert mesh_differences(fewer, deck.right) == [f"set {name!r} has other members"]
