"""Write the address of the repository, which `pyproject.toml` names, wherever it stands: the owner does it once.

``make address URL=https://github.com/you/microtann`` calls it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = ("pyproject.toml", "CONTRIBUTING.md", "CITATION.cff")
"""Where it stands; README and the site take it from pyproject.toml."""


def address() -> str:
    """Return the address of the repository as it is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"]


def write(new: str) -> list[str]:
    """Replace the address in all files; return those that have changed."""
    old, changed = address(), []
    for name in FILES:
        text = (ROOT / name).read_text(encoding="utf-8")
        if old in text:
            (ROOT / name).write_text(text.replace(old, new.rstrip("/")), encoding="utf-8")
            changed.append(name)
    return changed


if __name__ == "__main__":
    if len(sys.argv) != 2 or not re.fullmatch(r"https://\S+", sys.argv[1]):
        sys.exit("name the address: make address URL=https://github.com/you/microtann")
    print("written in", ", ".join(write(sys.argv[1])))
