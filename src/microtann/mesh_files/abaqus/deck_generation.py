"""Nodes and elements that a deck describes by others: rows between nodes, and copies."""

from __future__ import annotations

import numpy as np

from microtann.errors import InputError
from microtann.mesh_files.abaqus.deck import Deck
from microtann.mesh_files.abaqus.deck_entries import add_element
from microtann.mesh_files.abaqus.deck_lines import KeywordBlock, Line
from microtann.mesh_files.abaqus.deck_part import Element, Members
from microtann.mesh_files.abaqus.node_coordinates import placement

ROW, ROWS, LAYERS = (1, 1, 1), (1, 0, 0), (1, 0, 0)
"""If unsaid: how many there are, and what is added to numbers of nodes and of elements from one to the next."""


def generate_nodes(deck: Deck, block: KeywordBlock) -> None:
    """Read *NGEN: nodes at equal distances on the straight line between two.

    Raises
    ------
    InputError
        If the ends do not exist, or the numbers do not lead from one to the other.
    """
    block.require_known(("NSET",))
    every: list[int] = []
    for line in block.data:
        first, last, step = _integers(line, 3, (1,))
        row = range(first, last + (1 if step > 0 else -1), step) if step else range(0)
        if len(row) < 2 or row[-1] != last:
            raise InputError(f"{line.place}: steps of {step} do not lead from node {first} to node {last}")
        _fill(deck, np.array([[number] for number in row]), line)
        every += row
    _name_nodes(deck, block, every)


def fill_nodes(deck: Deck, block: KeywordBlock) -> None:
    """Read *NFILL: nodes at equal distances on straight lines between those of two sets.

    Raises
    ------
    InputError
        If a set does not exist, or they have different numbers of nodes.
    """
    block.require_known(("NSET",))
    every: list[int] = []
    for line in block.data:
        words = line.words
        if len(words) not in (3, 4):
            raise InputError(f"{line.place}: *NFILL has two sets, a number of intervals and a step")
        count, step = _integers(line._replace(text=",".join(words[2:])), 2, (1,))
        ends = [_sorted_nodes(deck, word, line) for word in words[:2]]
        if len(ends[0]) != len(ends[1]) or count < 1:
            raise InputError(
                f"{line.place}: *NFILL needs two sets of equally many nodes, and intervals between them"
            )
        rows = [[first + step * k for first in ends[0]] for k in range(count)]
        numbers = np.array([*rows, ends[1]])
        _fill(deck, numbers, line)
        every += numbers.ravel().tolist()
    _name_nodes(deck, block, every)


def copy_nodes(deck: Deck, block: KeywordBlock) -> None:
    """Read *NCOPY with SHIFT: nodes once more, moved and turned.

    Raises
    ------
    InputError
        If it copies in another way, or what it copies does not exist.
    """
    block.require_known(("CHANGENUMBER", "OLDSET", "NEWSET", "SHIFT"))
    if "SHIFT" not in block.parameters:
        block.refuse("*NCOPY without SHIFT is not read: write its nodes out")
    step = _parameter(block, "CHANGENUMBER")
    numbers = _sorted_nodes(deck, block.required("OLDSET"), block.line)
    motion = placement(block)
    copies = [number + step for number in numbers]
    deck.current.add_points(copies, motion.moved(_positions(deck, numbers, block.place)))
    if "NEWSET" in block.parameters:
        part = deck.current
        part.extend_set(part.node_sets, block.required("NEWSET"), _group(copies, block))


def generate_elements(deck: Deck, block: KeywordBlock) -> None:
    """Read *ELGEN: rows and layers of elements after one that exists.

    Raises
    ------
    InputError
        If the element does not exist, or one that does is generated.
    """
    block.require_known(("ELSET",))
    every: list[int] = []
    for line in block.data:
        values = _integers(line, 10, (*ROW, *ROWS, *LAYERS))
        master = _element(deck, values[0], line)
        counts, node_steps, element_steps = (np.array(values[1:]).reshape(3, 3).T).tolist()
        for index in np.ndindex(*(max(count, 1) for count in reversed(counts))):
            times = index[::-1]  # along the row first
            number = values[0] + int(np.dot(times, element_steps))
            every.append(number)
            if any(times):
                add_element(deck, number, _shifted(master, int(np.dot(times, node_steps))), block)
    _name_elements(deck, block, "ELSET", every)


def copy_elements(deck: Deck, block: KeywordBlock) -> None:
    """Read *ELCOPY: elements of a set once more, with other nodes.

    Raises
    ------
    InputError
        If what it copies does not exist.
    """
    block.require_known(("ELEMENTSHIFT", "NODESHIFT", "OLDSET", "NEWSET"))
    shift, of_nodes = _parameter(block, "ELEMENTSHIFT"), _parameter(block, "NODESHIFT")
    every: list[int] = []
    for group in deck.members(block.required("OLDSET"), "elements", block.place):
        for number in group.numbers:
            if not group.listed and number not in deck.current.elements:
                continue
            copy = _shifted(_element(deck, number, block.line), of_nodes)
            add_element(deck, number + shift, copy, block)
            every.append(number + shift)
    _name_elements(deck, block, "NEWSET", every)


def _fill(deck: Deck, numbers: np.ndarray, line: Line) -> None:
    """Add the nodes between the first and the last row of numbers."""
    first, last = (_positions(deck, row.tolist(), line.place) for row in (numbers[0], numbers[-1]))
    for k, row in enumerate(numbers[1:-1], start=1):
        deck.current.add_points(row.tolist(), first + (last - first) * (k / (len(numbers) - 1)))


def _positions(deck: Deck, numbers: list[int], place: str) -> np.ndarray:
    missing = [number for number in numbers if number not in deck.current.points]
    if missing:
        raise InputError(f"{place}: there is no node {missing[0]}")
    return deck.current.positions(numbers)


def _sorted_nodes(deck: Deck, name: str, line: Line) -> list[int]:
    """Return the numbers of the nodes of a set of what is being read."""
    found = deck.set_of(name, "nodes")
    if found is None:
        raise InputError(f"{line.place}: there is no set of nodes {name!r}")
    if found[0] is not None or any(group.instance is not None for group in found[1].members):
        raise InputError(f"{line.place}: the nodes of {name!r} are those of an instance, and are not copied")
    numbers = [n for g in found[1].members for n in g.numbers if g.listed or n in deck.current.points]
    return list(dict.fromkeys(numbers)) if found[1].unsorted else sorted(set(numbers))


def _element(deck: Deck, number: int, line: Line) -> Element:
    if number not in deck.current.elements:
        raise InputError(f"{line.place}: there is no element {number}")
    return deck.current.elements[number]


def _shifted(element: Element, step: int) -> Element:
    nodes = (node + step if isinstance(node, int) else node for node in element.nodes)
    return Element(element.type, tuple(nodes))


def _integers(line: Line, count: int, default: tuple[int, ...]) -> list[int]:
    """Return whole numbers, the last of which may be left out."""
    needed = count - len(default)
    words = line.words[:count]
    words += [""] * (count - len(words))
    found = []
    for at, word in enumerate(words):
        if not word and at >= needed:
            found.append(default[at - needed])
        elif word.lstrip("-").isdecimal():
            found.append(int(word))
        else:
            raise InputError(f"{line.place}: {word!r} is no whole number")
    return found


def _parameter(block: KeywordBlock, name: str) -> int:
    value = block.required(name)
    if not value.lstrip("-").isdecimal():
        block.refuse(f"{value!r} is no whole number")
    return int(value)


def _group(numbers: list[int], block: KeywordBlock) -> list[Members]:
    return [Members(None, tuple(numbers), True, block.place)]


def _name_nodes(deck: Deck, block: KeywordBlock, numbers: list[int]) -> None:
    if "NSET" in block.parameters:
        deck.current.extend_set(deck.current.node_sets, block.required("NSET"), _group(numbers, block))


def _name_elements(deck: Deck, block: KeywordBlock, parameter: str, numbers: list[int]) -> None:
    if parameter in block.parameters:
        deck.current.extend_set(deck.current.cell_sets, block.required(parameter), _group(numbers, block))
