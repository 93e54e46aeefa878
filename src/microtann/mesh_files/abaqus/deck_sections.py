"""Areas of the sections of bars and beams."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from microtann.mesh_files.abaqus.deck import Deck
from microtann.mesh_files.abaqus.deck_lines import KeywordBlock
from microtann.mesh_files.abaqus.deck_part import DeckSection
from microtann.mesh_files.abaqus.node_coordinates import numbers_of
from microtann.mesh_files.beam_profiles import BeamProfile

SOLID_PARAMETERS = (
    *("ELSET", "MATERIAL", "ORIENTATION", "CONTROLS", "COMPOSITE", "LAYUP", "SYMMETRIC", "STACKDIRECTION"),
    *("ORDER", "REFNODE"),
)

BEAM_PARAMETERS = (
    *(
        "ELSET",
        "MATERIAL",
        "SECTION",
        "ORIENTATION",
        "OFFSET1",
        "OFFSET2",
        "TEMPERATURE",
        "CONTROLS",
        "DEPENDENCIES",
    ),
    *("POISSON", "ROTARYINERTIA", "LUMPED", "DENSITY", "DAMPING", "ALPHA", "BETA", "COMPOSITE", "ZERO", "LINEAR"),
    *("PLASTICDEFAULTS", "YIELDSTRESS", "PINNED", "BUCKLING"),
)
"""What changes no area; a taper does."""


def read_solid_section(deck: Deck, block: KeywordBlock) -> None:
    """Read *SOLID SECTION: the area of bars, or the thickness of what is in the plane, 1 if it is left out."""
    block.require_known(SOLID_PARAMETERS)
    values = numbers_of(block.data[0], 1) if block.data and "COMPOSITE" not in block.parameters else []
    value = values[0] if values and values[0] != 0.0 else 1.0
    _add(deck, block, value, value, BeamProfile("", (value,), None, *_named(block)))


def read_beam_section(deck: Deck, block: KeywordBlock) -> None:
    """Read *BEAM SECTION, *BEAM GENERAL SECTION or *FRAME SECTION; areas of shapes that are not known are nan."""
    block.require_known(BEAM_PARAMETERS)
    default = "GENERAL" if block.keyword != "BEAMSECTION" else ""
    shape = "".join(block.parameters.get("SECTION", default).upper().split())
    values = numbers_of(block.data[0]) if block.data and shape in SHAPES else []
    second = numbers_of(block.data[1], 3) if len(block.data) > 1 and shape in SHAPES else []
    direction = tuple(second) if any(second) else None
    profile = BeamProfile(shape, tuple(values), direction, *_named(block))
    _add(deck, block, _area(shape, values), 1.0, profile)


def _named(block: KeywordBlock) -> tuple[str, str, str]:
    """Return the material of a section, its place and its keyword."""
    return block.parameters.get("MATERIAL", "").upper(), block.place, block.written


def _add(deck: Deck, block: KeywordBlock, area: float, thickness: float, profile: BeamProfile) -> None:
    shape = block.parameters.get("SECTION", "")
    written = block.written + (f", SECTION={shape}" if shape else "")
    deck.current.sections.append(
        DeckSection(block.required("ELSET"), area, thickness, block.place, written, profile)
    )


def _area(shape: str, values: Sequence[float]) -> float:
    """Return the area of a cross-section by its shape and the numbers that describe it, nan if it is not known."""
    count, area = SHAPES.get(shape, (0, None))
    if area is None or (len(values) != count and shape != "GENERAL") or len(values) < count:
        return math.nan
    found = area(*values[:count])
    return found if math.isfinite(found) and found > 0.0 else math.nan


def _pipe(radius: float, wall: float) -> float:
    return math.pi * wall * (2.0 * radius - wall)


def _box(a: float, b: float, first: float, second: float, third: float, fourth: float) -> float:
    """Return the area of a hollow rectangle; which walls come first matters only where they differ."""
    if first + third != second + fourth:
        return math.nan
    return a * b - (a - first - third) * (b - second - fourth)


def _angle(a: float, b: float, first: float, second: float) -> float:
    """Return the area of two legs; which of them is meant first matters only where their walls differ."""
    return a * first + (b - first) * second if first == second else math.nan


def _i_beam(
    offset: float, height: float, bottom: float, top: float, of_bottom: float, of_top: float, web: float
) -> float:
    return bottom * of_bottom + top * of_top + (height - of_bottom - of_top) * web


SHAPES: dict[str, tuple[int, Callable[..., float]]] = {
    "CIRC": (1, lambda radius: math.pi * radius**2),
    "RECT": (2, lambda a, b: a * b),
    "PIPE": (2, _pipe),
    "THICKPIPE": (2, _pipe),
    "BOX": (6, _box),
    "I": (7, _i_beam),
    "L": (4, _angle),
    "TRAPEZOID": (4, lambda a, b, c, offset: (a + c) / 2.0 * b),
    "GENERAL": (1, lambda area: area),
    "NONLINEARGENERAL": (1, lambda area: area),
}
"""How many numbers describe a cross-section, and its area."""
