"""Names in a deck: sets of nodes and of elements, and surfaces."""

from __future__ import annotations

import re
from itertools import groupby

from microtann.errors import InputError
from microtann.mesh_files.abaqus.deck import Deck, within
from microtann.mesh_files.abaqus.deck_lines import KeywordBlock, Line
from microtann.mesh_files.abaqus.deck_part import DeckPart, DeckSurface, Members, SurfacePatch
from microtann.mesh_files.foreign_mesh import CELL_ITSELF, FREE_FACES

FACE_LABEL = re.compile(r"S([1-6])")
OF_SHELLS = ("SPOS", "SNEG", "")


def read_named_set(deck: Deck, block: KeywordBlock) -> None:
    """Read *NSET or *ELSET: numbers, ranges of them, or names of other sets.

    Raises
    ------
    InputError
        If it names a set or an instance that does not exist.
    """
    nodes = block.keyword == "NSET"
    own = {"NSET", "ELSET", "UNSORTED"} if nodes else {"ELSET"}
    block.require_known(own | {"GENERATE", "INSTANCE", "INTERNAL"})
    part = deck.current
    instance = block.parameters.get("INSTANCE")
    try:
        deck.current = deck.part_of(instance, block.place)
        members = _members(deck, block, nodes)
    finally:
        deck.current = part
    members = within(members, None if instance is None else instance.upper())
    sets = part.node_sets if nodes else part.cell_sets
    part.extend_set(sets, block.required(block.keyword), members, "UNSORTED" in block.parameters)


def _members(deck: Deck, block: KeywordBlock, nodes: bool) -> list[Members]:
    found: list[Members] = []
    if nodes and "ELSET" in block.parameters:
        for group in deck.members(block.required("ELSET"), "elements", block.place):
            found += _nodes_of(deck, group, block)
    for line in block.data:
        if "GENERATE" in block.parameters:
            found.append(Members(None, _range(line), False, line.place))
            continue
        for numbers, words in groupby(line.words, key=str.isdecimal):
            if numbers:
                found.append(Members(None, tuple(map(int, words)), True, line.place))
                continue
            for word in filter(None, words):
                found += deck.members(word, "nodes" if nodes else "elements", line.place)
    return found


def _range(line: Line) -> range:
    words = line.words
    if len(words) not in (2, 3) or not all(word.isdecimal() for word in words) or words[2:] == ["0"]:
        raise InputError(f"{line.place}: a range is a first number, a last one and a step")
    first, last, *step = map(int, words)
    return range(first, last + 1, *step)


def _nodes_of(deck: Deck, group: Members, block: KeywordBlock) -> list[Members]:
    """Return the nodes of elements."""
    part = deck.part_of(group.instance, group.place)
    found, elsewhere = [], []
    for number in group.numbers:
        if number not in part.elements:
            if group.listed:
                block.refuse(f"the set {block.required('ELSET')!r} names element {number}, which does not exist")
            continue
        for node in part.elements[number].nodes:
            if isinstance(node, int):
                found.append(node)
            else:
                elsewhere.append(Members(node[0], (node[1],), True, group.place))
    return [Members(group.instance, tuple(found), True, group.place), *elsewhere]


def read_surface(deck: Deck, block: KeywordBlock) -> None:
    """Read *SURFACE: faces of elements or of sets of them, or nodes; what is of another kind is left out.

    Raises
    ------
    InputError
        If it names a set that does not exist.
    """
    block.require_known(("NAME", "TYPE", "INTERNAL", "TRIM", "COMBINE"))
    name = block.required("NAME")
    combined = block.parameters.get("COMBINE", "").upper()
    if combined:
        if combined == "UNION":
            patches = [
                patch for line in block.data for word in line.words for patch in deck.patches(word, line.place)
            ]
            _extend_surface(deck.current, name, patches)
        else:
            deck.unread.setdefault(f"*SURFACE, COMBINE={combined}", []).append(block.place)
        return
    kind = block.parameters.get("TYPE", "ELEMENT").upper()
    part = deck.current
    if kind == "NODE":
        members = [group for line in block.data for group in deck.members(line.first_word, "nodes", line.place)]
        part.extend_set(part.node_sets, name, members)
        return
    if kind != "ELEMENT" or block.parameters.get("TRIM", "NO").upper() != "NO":
        what = f"TYPE={kind}" if kind != "ELEMENT" else "TRIM"
        deck.unread.setdefault(f"*SURFACE, {what}", []).append(block.place)
        return
    named = [_patch(deck, line) for line in block.data]
    if None in named:
        deck.unread.setdefault("*SURFACE without faces S1, S2, ... of elements", []).append(block.place)
        return
    _extend_surface(part, name, [patch for patch in named if patch is not None])


def _extend_surface(part: DeckPart, name: str, patches: list[SurfacePatch]) -> None:
    part.surfaces.setdefault(name.upper(), DeckSurface(name)).patches.extend(patches)


def _patch(deck: Deck, line: Line) -> SurfacePatch | None:
    """Return the faces that a line names, None where it names none."""
    label = line.words[1].upper() if len(line.words) > 1 else ""
    members = deck.members(line.first_word, "elements", line.place)
    if match := FACE_LABEL.fullmatch(label):
        return SurfacePatch(members, int(match[1]) - 1, line.place)
    groups = [(deck.part_of(group.instance, line.place), group) for group in members]
    types = {part.elements[n].type for part, group in groups for n in group.numbers if n in part.elements}
    if label in OF_SHELLS and all(kind.is_face for kind in types):
        return SurfacePatch(members, CELL_ITSELF, line.place)
    if not label and not any(kind.is_line for kind in types):
        return SurfacePatch(members, FREE_FACES, line.place)
    return None
