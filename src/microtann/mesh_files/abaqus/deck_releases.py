"""Ends of beams that turn freely: *RELEASE of a deck."""

from __future__ import annotations

from microtann.errors import InputError
from microtann.mesh_files.abaqus.deck import Deck
from microtann.mesh_files.abaqus.deck_lines import KeywordBlock
from microtann.mesh_files.abaqus.deck_part import DeckRelease

ENDS = {"S1": 0, "S2": 1}
CODES = ("M1", "M2", "T", "M1-M2", "M1-T", "M2-T", "ALLM")


def read_release(deck: Deck, block: KeywordBlock) -> None:
    """Read *RELEASE: an element or a set of elements, which of its ends, and the moments that vanish there.

    Raises
    ------
    InputError
        If a line does not say this.
    """
    block.require_known(())
    for line in block.data:
        words = ["".join(word.upper().split()) for word in line.words]
        if len(words) != 3 or words[1] not in ENDS or words[2] not in CODES:
            raise InputError(
                f"{line.place}: a line of *RELEASE is an element or a set, S1 or S2, and one of "
                f"{', '.join(CODES)}: got {line.text!r}"
            )
        deck.current.releases.append(DeckRelease(line.words[0], ENDS[words[1]], words[2], line.place))
