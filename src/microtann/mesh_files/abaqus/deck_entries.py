"""Nodes and elements that a deck lists one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from microtann.errors import InputError
from microtann.mesh_files.abaqus.deck import Deck
from microtann.mesh_files.abaqus.deck_lines import KeywordBlock, Line
from microtann.mesh_files.abaqus.deck_part import Element, Members, NumberInPart
from microtann.mesh_files.abaqus.element_types import ElementType, element_type
from microtann.mesh_files.abaqus.node_coordinates import cartesian, local_system, numbers_of

SYSTEMS = {"": "R", "R": "R", "C": "C", "S": "S", "RECTANGULAR": "R", "CYLINDRICAL": "C", "SPHERICAL": "S"}


def read_nodes(deck: Deck, block: KeywordBlock) -> None:
    """Read *NODE: a number and up to three coordinates a line; a normal may follow.

    Raises
    ------
    InputError
        If a word is no number, or the system of coordinates is not known.
    """
    block.require_known(("NSET", "SYSTEM", "INPUT"))
    written = block.parameters.get("SYSTEM", "").upper()
    if written not in SYSTEMS:
        block.refuse(f"there is no system {written!r} of coordinates: it is R, C or S")
    numbers, rows = [], []
    for line in deck.rows(block):
        words = line.words
        try:
            number, place = int(words[0]), [float(words[1]), float(words[2]), float(words[3])]
        except (ValueError, IndexError):
            number, place = _node(line)
        numbers.append(number)
        rows.append(place)
    given = np.array(rows, dtype=np.float64).reshape(-1, 3)
    if not np.isfinite(given).all():
        for line in deck.rows(block):
            _node(line)
    part = deck.current
    part.add_points(numbers, part.system.moved(cartesian(given, SYSTEMS[written])))
    if "NSET" in block.parameters:
        part.extend_set(part.node_sets, block.required("NSET"), [Members(None, tuple(numbers), True, block.place)])


def _node(line: Line) -> tuple[int, list[float]]:
    """Return a node whose coordinates may be left out, or written as Fortran does, or refuse it."""
    if not line.first_word.isdecimal():
        raise InputError(f"{line.place}: {line.first_word!r} is no number of a node")
    return int(line.first_word), [*numbers_of(line, 4, first=1), 0.0, 0.0, 0.0][:3]


def read_local_system(deck: Deck, block: KeywordBlock) -> None:
    """Read *SYSTEM, which holds for the nodes that follow."""
    block.require_known(())
    deck.current.system = local_system(block)


def read_elements(deck: Deck, block: KeywordBlock) -> None:
    """Read *ELEMENT: a number and the nodes of each, which may go on in the next line.

    Raises
    ------
    InputError
        If the type is not known, an element has another number of nodes, or there are two of one number.
    """
    block.require_known(("TYPE", "ELSET", "INPUT"))
    name = block.required("TYPE").upper()
    kind = element_type(name)
    if kind is None:
        block.refuse(
            f"elements of type {name!r} are not known, and a body without them would be another; there are C3D4, "
            "C3D10, C3D6, C3D15, C3D8, C3D20 in space, CPE or CPS with 3, 6, 4 or 8 nodes in the plane, bars "
            "(T3D2, B31, ...); springs, dashpots, masses, connectors, membranes and surface elements are left out"
        )
    numbers = []
    for number, nodes in _listed(deck, block, kind):
        add_element(deck, number, Element(kind, nodes), block)
        numbers.append(number)
    if "ELSET" in block.parameters:
        part = deck.current
        part.extend_set(
            part.cell_sets, block.required("ELSET"), [Members(None, tuple(numbers), True, block.place)]
        )


def add_element(deck: Deck, number: int, element: Element, block: KeywordBlock) -> None:
    """Add an element.

    Parameters
    ----------
    deck : Deck
    number : int
    element : Element
    block : KeywordBlock
        What describes it.

    Raises
    ------
    InputError
        If there is one of its number.
    """
    if number in deck.current.elements:
        block.refuse(f"there are two elements {number}")
    deck.current.elements[number] = element


def _listed(deck: Deck, block: KeywordBlock, kind: ElementType) -> Iterator[tuple[int, tuple[NumberInPart, ...]]]:
    """Yield the number and the nodes of every element."""
    words: list[str] = []
    begun: Line | None = None
    for line in deck.rows(block):
        begun = begun or line
        words += line.words
        if kind.bends and len(words) == kind.count + 2:
            words.pop()  # a node that says where its section points
        if 0 < len(words) <= kind.count:
            continue
        if kind.count and len(words) > kind.count + 1:
            break
        yield _element(deck, words, begun, kind)
        words, begun = [], None
    if begun is not None:
        raise InputError(f"{begun.place}: an element of type {kind.name} has a number and {kind.count} nodes")


def _element(deck: Deck, words: list[str], line: Line, kind: ElementType) -> tuple[int, tuple[NumberInPart, ...]]:
    """Return the number of an element and its nodes, in the order of VTK."""
    number, *others = words
    if not number.isdecimal():
        raise InputError(f"{line.place}: {number!r} is no number of an element")
    if not kind.kind:  # a spring to the ground has an empty place
        return int(number), tuple(deck.number(word, line.place) for word in others if word)
    nodes: tuple[NumberInPart, ...]
    try:
        nodes = tuple(map(int, others))
    except ValueError:
        nodes = tuple(deck.number(word, line.place) for word in others)
    return int(number), nodes if kind.in_order else tuple(nodes[at] for at in kind.nodes)
