"""What the pages of the documentation contain that can be run: code blocks and command lines."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SHELL = ("console", "shell", "bash", "sh")
LANGUAGES = ("python", "toml", "text", *SHELL)
COMMANDS = ("microtann", "make", "python")

_FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+?) -->\n)?^```(?P<language>[^\n]*)\n(?P<text>.*?)^```\s*?$",
    flags=re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Parameters
    ----------
    language, text : str
    line : int
        Line of the page on which the text begins, from 1.
    reason : str or None
        Why it cannot be run: a comment ``<!-- not run: REASON -->`` on the line before it.
    """

    language: str
    text: str
    line: int
    reason: str | None


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(m["language"].strip(), m["text"], text.count("\n", 0, m.start("text")) + 1, m["reason"])
        for m in _FENCE.finditer(text)
    ]


def commands(page: str) -> list[tuple[str, ...]]:
    """Return the command lines of a page: of shell blocks, indented lines, and code spans within the text."""
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = [line for b in blocks(page) if b.language in SHELL and b.reason is None for line in b.text.split("\n")]
    prose = _FENCE.sub("", text)
    lines += re.findall(r"^    (\S.*)$", prose, flags=re.MULTILINE)
    lines += [" ".join(span.split()) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose)]
    starts = tuple(f"{command} " for command in COMMANDS)
    found = [line.removeprefix("$ ") for line in lines]
    words = [shlex.split(line, comments=True) for line in found if line.startswith(starts)]
    return [tuple(takewhile(lambda word: word not in (">", "|"), line)) for line in words]  # what the shell takes
