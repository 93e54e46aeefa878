"""A class of faults: what all cases share, one random case, and how a broken promise is told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import numpy as np


class BrokenPromiseError(AssertionError):
    """Something happened that microtann promises will not."""


class Trial(ABC):
    """A class of faults.

    Parameters
    ----------
    folder : Path
        Where what all cases share is kept.
    """

    name: ClassVar[str]
    """The class as the command line calls it."""
    cases: ClassVar[int]
    """Number of cases in a campaign."""
    seconds: ClassVar[int]
    """What a single case may take at most."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def run(self, random: np.random.Generator, folder: Path) -> str:
        """Run one case and return what it was.

        Parameters
        ----------
        random : Generator
            The only source of chance.
        folder : Path
            An empty folder for this case alone.

        Raises
        ------
        BrokenPromiseError
            If a promise does not hold. Any other exception is a broken promise too.
        """


def require(holds: bool, sentence: str) -> None:
    """Raise if a promise does not hold.

    Raises
    ------
    BrokenPromiseError
    """
    if not holds:
        raise BrokenPromiseError(sentence)
