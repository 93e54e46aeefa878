"""How random decks are spelt: cases of letters, blanks, numbers, included files, encodings."""

from __future__ import annotations

import numpy as np


class RandomSpelling:
    """Spells lines of a deck.

    Parameters
    ----------
    random : Generator
    """

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random

    def some(self, count: int) -> list[int]:
        return self.random.choice(count, int(self.random.integers(1, count + 1)), replace=False).tolist()

    def keyword(self, keyword: str, **parameters: str | None) -> str:
        """Return a keyword line in some spelling."""
        words = [self._cased(keyword)]
        for name, value in parameters.items():
            quoted = f'"{value}"' if value and self.random.random() < 0.2 else value
            words.append(self._cased(name) + ("" if value is None else f"={quoted}"))
        return "*" + self._joined_words(words)

    def _cased(self, word: str) -> str:
        return [word, word.lower(), word.capitalize()][self.random.integers(3)]

    def row(self, *words: object) -> str:
        return self._joined_words([str(word) for word in words])

    def _joined_words(self, words: list[str]) -> str:
        return [", ", ",", ",\t", " ,  "][self.random.integers(4)].join(words)

    def number(self, value: float) -> str:
        plain = repr(float(value))
        return [plain, plain, f"{value:.17E}", f"{value:.17e}".replace("e", "D")][self.random.integers(4)]

    def files(self, lines: list[str]) -> dict[str, bytes]:
        """Return the text in files that include each other, in some encoding."""
        random = self.random
        lines = ["*Heading", " of some umlauts: äöü", *lines]
        for _ in range(int(random.integers(0, 4))):
            lines.insert(int(random.integers(2, len(lines))), str(random.choice(["** a comment", "", "   "])))
        texts: dict[str, list[str]] = {}
        for number in range(int(random.integers(0, 4))):
            low, high = sorted(random.integers(2, len(lines) + 1, 2).tolist())
            name = f"part {number}.inp" if random.random() < 0.5 else f"below/piece{number}.txt"
            # a piece that was moved before is included from there: beside it, or from the folder of the deck
            texts[name] = lines[low:high]
            lines[low:high] = [self.keyword("INCLUDE", INPUT=name)]
        texts["deck.inp"] = lines
        encoding = str(random.choice(["utf-8", "utf-8-sig", "latin-1", "utf-16"]))
        end = str(random.choice(["\n", "\r\n"]))
        return {name: end.join(some).encode(encoding) for name, some in texts.items()}
