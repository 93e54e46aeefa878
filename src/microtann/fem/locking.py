"""Elements that lock where a material keeps its volume as it flows, in words."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from microtann.errors import LockingWarning
from microtann.fem.elements import RULES
from microtann.fem.mesh import Mesh
from microtann.fem.regions import Region
from microtann.materials.protocol import flows_at_constant_volume

QUADRATIC = {"triangle": "triangle6", "tetra": "tetra10"}
"""What to take in place of linear simplices, whose volume is constrained as often as they are."""


def locking(mesh: Mesh, regions: Sequence[Region]) -> Iterator[str]:
    """Yield a sentence for every kind of cells that locks in a region, and what to do."""
    for region in regions:
        if not flows_at_constant_volume(region.material):
            continue
        of_region = f" of region {region.name!r}" if region.name else ""
        for block in mesh.blocks:
            bounds = np.searchsorted(region.cells, (block.numbers.start, block.numbers.stop))
            start = (
                f"{bounds[1] - bounds[0]} cells of kind {block.kind!r}{of_region} are too stiff for a material "
            )
            start += "that keeps its volume as it flows, and find no limit load: "
            if bounds[0] == bounds[1]:
                continue
            if block.kind in QUADRATIC:
                yield start + f"use {QUADRATIC[block.kind]!r}"
            elif RULES[block.kind].mean_dilatation and not region.mean_dilatation:
                yield start + "leave their mean dilatation on"


@contextmanager
def told_before() -> Iterator[None]:
    """Keep quiet of elements that lock where something is made again, from a file or in another process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LockingWarning)
        yield
