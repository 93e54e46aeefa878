"""Abaqus input files: nodes, elements, sets and surfaces of parts and their instances.

Not meshio's reader, which knows one part, no plane-strain elements, no surfaces and no sets of sets, and which
gives names that stand with the elements to other elements where some of these have no name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from microtann.mesh_files.abaqus.deck import Deck
from microtann.mesh_files.abaqus.deck_entries import read_elements, read_local_system, read_nodes
from microtann.mesh_files.abaqus.deck_generation import (
    copy_elements,
    copy_nodes,
    fill_nodes,
    generate_elements,
    generate_nodes,
)
from microtann.mesh_files.abaqus.deck_lines import KeywordBlock, keyword_blocks
from microtann.mesh_files.abaqus.deck_materials import (
    OF_MATERIALS,
    begin_material,
    read_elastic,
    read_other_law,
    read_plastic,
)
from microtann.mesh_files.abaqus.deck_mesh import mesh_of
from microtann.mesh_files.abaqus.deck_names import read_named_set, read_surface
from microtann.mesh_files.abaqus.deck_releases import read_release
from microtann.mesh_files.abaqus.deck_sections import read_beam_section, read_solid_section
from microtann.mesh_files.foreign_mesh import ForeignMesh

KEYWORDS: dict[str, Callable[[Deck, KeywordBlock], None]] = {
    "PART": Deck.begin_part,
    "INSTANCE": Deck.begin_instance,
    "ASSEMBLY": Deck.begin_assembly,
    "ENDPART": Deck.end,
    "ENDINSTANCE": Deck.end,
    "ENDASSEMBLY": Deck.end,
    "SYSTEM": read_local_system,
    "NODE": read_nodes,
    "NGEN": generate_nodes,
    "NFILL": fill_nodes,
    "NCOPY": copy_nodes,
    "ELEMENT": read_elements,
    "ELGEN": generate_elements,
    "ELCOPY": copy_elements,
    "NSET": read_named_set,
    "ELSET": read_named_set,
    "SURFACE": read_surface,
    "SOLIDSECTION": read_solid_section,
    "BEAMSECTION": read_beam_section,
    "BEAMGENERALSECTION": read_beam_section,
    "FRAMESECTION": read_beam_section,
    "RELEASE": read_release,
    "MATERIAL": begin_material,
    "ELASTIC": read_elastic,
    "PLASTIC": read_plastic,
    **dict.fromkeys(OF_MATERIALS, read_other_law),
}
"""What reads a keyword, by its name without blanks; all others are skipped, but for those below."""
OTHER_MESHES = ("NMAP", "IMPERFECTION", "SYMMETRICMODELGENERATION", "IMPORT", "PARAMETER")
"""Keywords that change the mesh in a way that is not read."""
JOINTS = (
    *("TIE", "EQUATION", "MPC", "RIGIDBODY", "COUPLING", "KINEMATICCOUPLING", "DISTRIBUTINGCOUPLING"),
    *("EMBEDDEDELEMENT", "SHELLTOSOLIDCOUPLING", "CONTACTPAIR", "CONTACT", "FASTENER", "MODELCHANGE"),
)
"""Keywords that join parts of the mesh to each other, or take some away."""


def read_abaqus(path: Path) -> ForeignMesh:
    """Read an Abaqus input file, with the files that it includes.

    Names of an instance stand as they are where no other has them, else behind that of the instance and a point.
    What is otherwise than written is told by the notes of the mesh.

    Raises
    ------
    OSError
        If the file cannot be read.
    InputError
        If an element, or a parameter of what is read, is not known, or something refers to what does not exist.
    """
    deck = Deck(path)
    for block in keyword_blocks(path):
        if block.keyword in OTHER_MESHES:
            block.refuse(f"{block.written} changes the mesh in a way that is not read: write out what it makes")
        if block.keyword in JOINTS or block.keyword == "TRANSFORM":
            deck.unread.setdefault(block.written, []).append(block.place)
        elif block.keyword in KEYWORDS:
            KEYWORDS[block.keyword](deck, block)
    found = mesh_of(deck)
    found.notes += _unread(deck)
    return found


def _unread(deck: Deck) -> Iterator[str]:
    """Yield a sentence on what is left out though it says something of the mesh."""
    turned = deck.unread.pop("*TRANSFORM", None)
    if turned:
        yield f"*TRANSFORM of {turned[0]} is left out: displacements and forces are along the global axes"
    if deck.unread:
        counts = ", ".join(
            f"{what} ({places[0] if len(places) == 1 else f'{len(places)}, the first in {places[0]}'})"
            for what, places in deck.unread.items()
        )
        yield f"left out, for they are no part of a mesh here: {counts}"
