"""One name, one thing: no public name and no name of a file stands twice.

What is the same idea at two levels by design may. A command, and the file that it is in, has the name of what it
calls. A constant that no other file imports is a matter of its file.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import microtann as mt
from microtann.cli.commands import PLACES

PACKAGE = Path(mt.__file__).parent
TESTS = Path(__file__).parents[1]
SHORT_TYPES = {"Array", "IntArray", "Indices", "Numbers", "T"}
"""Short names of types for the annotations of one module."""
IN_EVERY_ROOM = {"form", "protocol"}
"""Every form is in a file of this name, and so is what all members of a room can do."""


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def defined(path: Path) -> Iterator[str]:
    """Yield the public names of the top level of a module."""
    for node in parsed(path).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def imported() -> set[tuple[str, str]]:
    """Return all pairs of (module, name) that a file of the package imports from another."""
    nodes = (node for path in PACKAGE.rglob("*.py") for node in ast.walk(parsed(path)))
    return {
        (node.module, alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def room(path: Path) -> str:
    """Return the folder of a module."""
    return path.parent.relative_to(PACKAGE).as_posix()


def twice(places: dict[str, set[str]]) -> dict[str, list[str]]:
    """Return what stands in several places: qualify the less public one."""
    return {name: sorted(where) for name, where in places.items() if len(where) > 1}


def test_a_public_name_stands_in_one_module() -> None:
    commands = {(place.module, place.function) for place in PLACES.values()}
    used, places = imported(), defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        module = "microtann." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for name in defined(path):
            command = room(path) == "cli" and ((path.stem, name) in commands or name == "app")
            own = name.isupper() and (module, name) not in used
            if name not in SHORT_TYPES and not command and not own:
                places[name].add(f"{room(path)}/{path.stem}")
    assert twice(places) == {}


def test_a_file_name_stands_in_one_folder() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    commands = {place.module for place in PLACES.values()}
    for path in PACKAGE.rglob("*.py"):
        command = room(path) == "cli" and path.stem in commands
        if not path.stem.startswith("__") and path.stem not in IN_EVERY_ROOM and not command:
            places[path.stem].add(room(path))
    assert twice(places) == {}


def test_a_test_file_has_a_name_of_its_own() -> None:
    """Without packages of tests two files of one name are one module, and nothing is collected."""
    places: dict[str, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        places[path.stem].add(path.parent.relative_to(TESTS).as_posix())
    assert twice(places) == {}
