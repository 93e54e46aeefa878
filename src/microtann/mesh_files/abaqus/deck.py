"""A deck while it is read: its parts, instances and names, and what a word in it refers to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from microtann.errors import InputError
from microtann.mesh_files.abaqus.deck_lines import KeywordBlock, Line, file_lines, included_file
from microtann.mesh_files.abaqus.deck_part import DeckPart, Members, NamedSet, NumberInPart, SurfacePatch
from microtann.mesh_files.abaqus.node_coordinates import placement
from microtann.mesh_files.beam_profiles import DeckMaterial

What = Literal["nodes", "elements"]


@dataclass(eq=False)
class Deck:
    """What has been read so far.

    Parameters
    ----------
    path : Path
    model : DeckPart
        What stands in no part: all of a deck without parts, and what the assembly adds.
    parts, instances : dict of DeckPart
        By name in capitals.
    current : DeckPart
        What the next keyword belongs to.
    assembly : str
        Name of the assembly.
    unread : dict of lists
        Keywords that are left out, by what they are, with their places.
    materials : dict of DeckMaterial
        By name in capitals.
    material : DeckMaterial or None
        That which is being read.
    not_understood : dict of str
        What of a material beams do not know, a sentence by its name in capitals.
    """

    path: Path
    model: DeckPart = field(default_factory=DeckPart)
    parts: dict[str, DeckPart] = field(default_factory=dict)
    instances: dict[str, DeckPart] = field(default_factory=dict)
    current: DeckPart = field(init=False)
    assembly: str = ""
    unread: dict[str, list[str]] = field(default_factory=dict)
    materials: dict[str, DeckMaterial] = field(default_factory=dict)
    material: DeckMaterial | None = None
    not_understood: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.current = self.model

    def begin_part(self, block: KeywordBlock) -> None:
        """Read *PART.

        Raises
        ------
        InputError
            If there is one of its name already.
        """
        block.require_known(("NAME",))
        name = block.required("NAME")
        if name.upper() in self.parts:
            block.refuse(f"there are two parts {name!r}")
        self.current = self.parts[name.upper()] = DeckPart(name)

    def begin_assembly(self, block: KeywordBlock) -> None:
        """Read *ASSEMBLY."""
        block.require_known(("NAME",))
        self.assembly = block.parameters.get("NAME", "").upper()
        self.current = self.model

    def begin_instance(self, block: KeywordBlock) -> None:
        """Read *INSTANCE: a part, moved and turned.

        Raises
        ------
        InputError
            If there is no such part.
        """
        block.require_known(("NAME", "PART"))
        name, part = block.required("NAME"), block.required("PART")
        if part.upper() not in self.parts:
            block.refuse(f"there is no part {part!r}")
        if name.upper() in self.instances:
            block.refuse(f"there are two instances {name!r}")
        self.current = self.instances[name.upper()] = self.parts[part.upper()].instance(name, placement(block))

    def end(self, block: KeywordBlock) -> None:
        """Read *END PART, *END INSTANCE or *END ASSEMBLY."""
        self.current = self.model

    def rows(self, block: KeywordBlock) -> list[Line]:
        """Return the data of a keyword, those of a file if it names one."""
        if "INPUT" not in block.parameters:
            return block.data
        file = included_file(block, self.path)
        return [*file_lines(file, file.name), *block.data]

    def set_of(self, word: str, what: What) -> tuple[str | None, NamedSet] | None:
        """Return a set by its name, with the key of the instance that it is of, or None.

        Parameters
        ----------
        word : str
            Its name; of one of an instance, with that of the instance and a point before it.
        what : str
            "nodes" or "elements".
        """
        key = word.upper()
        found = self._sets(self.current, what).get(key)
        if found is not None:
            return None, found
        for instance, rest in self._qualified(key):
            found = self._sets(self.instances[instance], what).get(rest)
            if found is not None:
                return instance, found
        return None

    def members(self, word: str, what: What, place: str) -> list[Members]:
        """Return what a word refers to: a number or a set, of an instance if its name stands before it.

        Parameters
        ----------
        word : str
        what : str
            "nodes" or "elements".
        place : str
            Where the word stands.

        Raises
        ------
        InputError
            If there is nothing of its name.
        """
        if word.isdecimal():
            return [Members(None, (int(word),), True, place)]
        found = self.set_of(word, what)
        if found is not None:
            return within(found[1].members, found[0])
        for instance, rest in self._qualified(word.upper()):
            if rest.isdecimal():
                return [Members(instance, (int(rest),), True, place)]
        raise InputError(f"{place}: there is no set of {what} {word!r}")

    def patches(self, word: str, place: str) -> list[SurfacePatch]:
        """Return the faces of a surface by its name.

        Parameters
        ----------
        word : str
            Its name; of one of an instance, with that of the instance and a point before it.
        place : str
            Where the word stands.

        Raises
        ------
        InputError
            If there is none.
        """
        key = word.upper()
        if key in self.current.surfaces:
            return list(self.current.surfaces[key].patches)
        for instance, rest in self._qualified(key):
            if rest in self.instances[instance].surfaces:
                found = self.instances[instance].surfaces[rest].patches
                return [patch._replace(members=within(patch.members, instance)) for patch in found]
        raise InputError(f"{place}: there is no surface {word!r}")

    def number(self, word: str, place: str) -> NumberInPart:
        """Return the number that a word is, of an instance if its name stands before it.

        Parameters
        ----------
        word : str
        place : str
            Where the word stands.

        Raises
        ------
        InputError
            If it is none.
        """
        if word.isdecimal():
            return int(word)
        for instance, rest in self._qualified(word.upper()):
            if rest.isdecimal():
                return instance, int(rest)
        raise InputError(f"{place}: {word!r} is no number of a node or element")

    def part_of(self, instance: str | None, place: str) -> DeckPart:
        """Return an instance by name, what is being read without one.

        Parameters
        ----------
        instance : str or None
        place : str
            Where it is named.

        Raises
        ------
        InputError
            If there is none.
        """
        if instance is None:
            return self.current
        if instance.upper() not in self.instances:
            raise InputError(f"{place}: there is no instance {instance!r}")
        return self.instances[instance.upper()]

    def _qualified(self, key: str) -> Iterator[tuple[str, str]]:
        """Yield the ways in which a word is a name of an instance, a point, and something in it."""
        if self.assembly and key.startswith(f"{self.assembly}."):
            yield from self._qualified(key[len(self.assembly) + 1 :])
        for at, letter in enumerate(key):
            if letter == "." and key[:at] in self.instances:
                yield key[:at], key[at + 1 :]

    @staticmethod
    def _sets(part: DeckPart, what: What) -> dict[str, NamedSet]:
        return part.node_sets if what == "nodes" else part.cell_sets


def within(members: list[Members], instance: str | None) -> list[Members]:
    """Return members of a part as they are referred to from outside of it.

    Parameters
    ----------
    members : list of Members
    instance : str or None
        Key of the instance; None within it.
    """
    if instance is None:
        return list(members)
    return [group if group.instance is not None else group._replace(instance=instance) for group in members]
