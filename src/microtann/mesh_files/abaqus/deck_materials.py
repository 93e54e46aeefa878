"""Materials of a deck as far as beams know them: elastic, and with linear kinematic hardening."""

from __future__ import annotations

from microtann.errors import InputError
from microtann.mesh_files.abaqus.deck import Deck
from microtann.mesh_files.abaqus.deck_lines import KeywordBlock
from microtann.mesh_files.abaqus.node_coordinates import numbers_of
from microtann.mesh_files.beam_profiles import DeckMaterial

NO_EFFECT = ("DENSITY", "EXPANSION", "CONDUCTIVITY", "SPECIFICHEAT", "DAMPING", "USEROUTPUTVARIABLES")
"""Properties that change nothing in equilibrium without inertia and temperature."""
OF_MATERIALS = (
    *("CREEP", "VISCOELASTIC", "RATEDEPENDENT", "HYPERELASTIC", "HYPOELASTIC", "POROUSMETALPLASTICITY"),
    *("DAMAGEINITIATION", "CYCLICHARDENING", "DRUCKERPRAGER", "POTENTIAL", "DEPVAR", "USERMATERIAL", "SWELLING"),
)
"""Properties that say another law than that of beams here."""


def begin_material(deck: Deck, block: KeywordBlock) -> None:
    """Read *MATERIAL: what follows describes it."""
    name = block.parameters.get("NAME", "")
    deck.material = deck.materials[name.upper()] = DeckMaterial(name, block.place)


def read_elastic(deck: Deck, block: KeywordBlock) -> None:
    """Read *ELASTIC: Young's modulus and Poisson's ratio at one temperature; others are not understood."""
    if deck.material is None:
        return
    isotropic = block.parameters.get("TYPE", "ISOTROPIC").upper() in ("ISO", "ISOTROPIC")
    rows = _numbers(block)
    if not isotropic or rows is None or len(rows) != 1:
        deck.not_understood[deck.material.name.upper()] = (
            f"{block.place}: {block.written} is not that of one number"
        )
        return
    deck.material.young, deck.material.poisson = rows[0]


def read_plastic(deck: Deck, block: KeywordBlock) -> None:
    """Read *PLASTIC: a yield stress, and a second row where it hardens kinematically."""
    if deck.material is None:
        return
    rows = _numbers(block) or []
    kinematic = block.parameters.get("HARDENING", "ISOTROPIC").upper() == "KINEMATIC"
    known = not set(block.parameters) - {"HARDENING"}
    straight = len(rows) == 2 and kinematic and rows[1][1] > rows[0][1] == 0.0 and rows[1][0] >= rows[0][0]
    if not known or not (straight or (len(rows) == 1 and rows[0][1] == 0.0)):
        deck.not_understood[deck.material.name.upper()] = (
            f"{block.place}: beams yield at one stress here, or harden by two rows with HARDENING=KINEMATIC"
        )
        return
    deck.material.yield_stress = rows[0][0]
    if straight:
        deck.material.hardening = (rows[1][0] - rows[0][0]) / rows[1][1]


def read_other_law(deck: Deck, block: KeywordBlock) -> None:
    """Take note of a property that beams do not know here."""
    if deck.material is not None:
        deck.not_understood[deck.material.name.upper()] = f"{block.place}: {block.written} is not read"


def _numbers(block: KeywordBlock) -> list[tuple[float, float]] | None:
    """Return the first two numbers of every row, None if they are none: meshes of solids do not need them."""
    try:
        rows = [[*numbers_of(line, 2), 0.0, 0.0] for line in block.data]
    except InputError:
        return None
    return [(row[0], row[1]) for row in rows]
