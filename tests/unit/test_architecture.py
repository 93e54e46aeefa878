"""ARCHITECTURE.md tells the truth about folders and imports, and no folder uses one that uses it."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "microtann"
GROUND = {"numbers", "system"}
"""Folders that serve all others, and that the table leaves out of what they use."""


def imported(file: Path) -> set[str]:
    """Return the folders of the package that a file imports from."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "microtann":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("microtann."):
            names.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("microtann.")}
    return {name for name in names if (PACKAGE / name).is_dir()}


def folders() -> dict[str, set[str]]:
    """Return what every folder imports from other folders."""
    found = {}
    for folder in (p for p in PACKAGE.iterdir() if (p / "__init__.py").exists()):
        found[folder.name] = set().union(*map(imported, folder.rglob("*.py"))) - {folder.name}
    return found


def documented() -> dict[str, set[str]]:
    """Return the last column of the table."""
    rows = re.findall(r"^\| `(\w+)/` \|.*\| ([^|]*) \|$", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    named = {name: set(re.findall(r"`(\w+)`", uses)) for name, uses in rows}
    everything = {name: uses for name, uses in rows if uses.startswith("all but")}
    return named | {name: set(named) - {name} - named[name] - GROUND for name in everything}


def test_the_table_of_folders_says_what_each_uses() -> None:
    found = folders()
    assert documented() == {name: uses - (GROUND if name not in GROUND else set()) for name, uses in found.items()}


def test_no_folder_uses_one_that_uses_it() -> None:
    list(TopologicalSorter(folders()).static_order())


def test_files_beside_the_folders_use_none() -> None:
    for file in PACKAGE.glob("*.py"):
        if file.name not in ("__init__.py", "__main__.py"):
            assert not imported(file), file.name


def test_no_file_uses_one_that_uses_it() -> None:
    def modules(file: Path) -> set[str]:
        names = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("microtann"):
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        places = {name: PACKAGE.parent / Path(*name.split(".")) for name in names}
        return {name for name, place in places.items() if place.with_suffix(".py").exists()}

    graph = {}
    for file in PACKAGE.rglob("*.py"):
        if file.name != "__init__.py":
            graph[".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)] = modules(file)
    list(TopologicalSorter(graph).static_order())


def test_files_that_the_page_names_exist() -> None:
    for name in re.findall(r"`((?:\w+/)+\w+\.py)`", (ROOT / "ARCHITECTURE.md").read_text()):
        assert (PACKAGE / name).exists() or (ROOT / name).exists(), name


def test_no_shape_of_numpy_is_evaluated_when_a_file_is_imported() -> None:
    """Python 3.12 cannot evaluate jaxtyping's shapes of ``NDArray[...]``; annotations are never evaluated."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        own = re.findall(r"^(\w+) = NDArray\[", text, re.MULTILINE)  # what the file calls them
        shapes = rf"(Float|Int|Bool|Shaped)\[({'|'.join(['NDArray', *own])})\b"
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign):
                assert not re.search(shapes, ast.unparse(node.value)), path
