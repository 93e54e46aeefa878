"""One name, one thing: public names and names of files that stand twice are told here, and become fewer."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import microtann as mt

PACKAGE = Path(mt.__file__).parent
ALIASES = {"Array", "IntArray", "Indices", "Numbers", "T"}
"""Short names of types for the annotations of one module."""
CLASSES_AND_FUNCTIONS = """
Form PathResponse Points Progress Reference Report Response Result SlipProblem Walks app
configuration equilibrate evaluate follow follow_paths load loss_terms padded
read_microstructure reduce reference_of simulate slips_of tile train zigzag
"""
"""That are defined in several modules today: qualify one, and take it away here."""
CONSTANTS = """
BYTES_PER_BAR CASES CELLS CHUNK CLAIMS COARSE DEPENDENT ENTRY_POINTS EXACT FILE IDLE LABELS LARGEST LEAST_WIDTH
LEVELS MARGIN MATCH_TOLERANCE MESHES MODEL NAMES NOTE NUMBERS OVERSHOOT OWN PAIRS PARTS PROBABILITIES
RANK_TOLERANCE REFRESH ROUNDS ROUND_OFF ROWS SAMPLE SAMPLES SCALES SCHEMA SEARCH_ROUNDS SETTLED SHEAR SHORT
SLACK TANGENT_FLOOR TINY TITLE VERSION VIOLATION WIDTH
"""
"""As above."""
FILES = """
audit configuration failed_point file flow form identities increments inside model options page parts progress
protocol recall reduction simulation walks
"""
"""Modules whose name stands in several folders today, apart from forms and commands: as above."""


def defined(path: Path) -> Iterator[str]:
    """Yield the public names of the top level of a module."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def twice(places: dict[str, set[str]]) -> dict[str, list[str]]:
    return {name: sorted(where) for name, where in places.items() if len(where) > 1}


def require(found: dict[str, list[str]], listed: str) -> None:
    known = set(listed.split())
    new = {name: where for name, where in found.items() if name not in known}
    assert not new, f"qualify the less public one of {new}"
    assert known <= set(found), f"these stand once now, take them from the list: {sorted(known - set(found))}"


def test_a_public_name_stands_in_one_module() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        for name in defined(path):
            places[name].add(str(path.relative_to(PACKAGE)))
    require(twice({k: v for k, v in places.items() if k not in ALIASES}), CLASSES_AND_FUNCTIONS + CONSTANTS)


def test_a_file_name_stands_in_one_folder() -> None:
    """Forms are built alike, file by file; a command is a file of its name, whatever else has it."""
    places: dict[str, set[str]] = defaultdict(set)
    commands = {path.stem for path in (PACKAGE / "cli").glob("*.py")} & {
        "cell", "cost", "data", "demo", "evaluate", "microstructure", "models", "reduce", "replay", "report",
        "reproduce", "simulate", "study", "train", "tune",
    }  # fmt: skip
    for path in PACKAGE.rglob("*.py"):
        folder = path.parent.relative_to(PACKAGE).parts
        if path.stem.startswith("__") or (folder == ("cli",) and path.stem in commands):
            continue
        places[path.stem].add(folder[0] if folder and folder[0] == "forms" else "/".join(folder))
    require(twice(places), FILES)
