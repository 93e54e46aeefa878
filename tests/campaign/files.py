"""Damaged files: each is refused in a sentence, made again, or means what it meant before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.campaign.damage import damage
from tests.campaign.trial import Trial, require
from tests.campaign.victims import VICTIMS


class Files(Trial):
    """Flipped, lost, doubled and truncated bytes in files of every kind that microtann reads."""

    name = "files"
    cases = 300
    seconds = 120

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.victims = []
        for kind in VICTIMS:
            place = folder / kind.__name__
            place.mkdir()
            self.victims.append(kind(place))

    def run(self, random: np.random.Generator, folder: Path) -> str:
        """Damage a file and let microtann read it."""
        victim = self.victims[random.integers(len(self.victims))]
        file = victim.copy(folder, random)
        before = file.read_bytes()
        after, what = damage(before, random)
        story = f"{type(victim).__name__}: {file.relative_to(folder)}, {what}"
        file.write_bytes(after)
        try:
            fate = victim.read(folder, file)
        except Exception as error:
            error.add_note(story)
            raise
        require(fate is not None, f"{story}: accepted, and means something else")
        return f"{story}: {fate}"
