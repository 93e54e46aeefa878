"""Cells in files: JSON or TOML written by hand or by `write_cell`, and line meshes of other programmes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from microtann.errors import CellError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.line_mesh_file import read_line_mesh
from microtann.system.atomic import write_atomically
from microtann.system.text_file import read_text

CELL_KEYS, BAR_KEYS = UnitCell.ARRAYS, ElastoplasticBar.ARRAYS
GROUP_KEYS = (*BAR_KEYS, "area")


def read_cell(
    path: str | Path, area: float = 1.0, periods: ArrayLike | None = None, whole_bars: bool | None = None
) -> UnitCell:
    """Read a cell from a file.

    Parameters
    ----------
    path : str or Path
        ``.json`` or ``.toml``: the keys are the arguments of `UnitCell`: ``nodes``, ``bars``, ``areas`` and
        ``periods``. ``areas`` may be left out where every bar has a group with an ``area`` (see `read_bar`).
        Any other suffix: a mesh with line cells, of Abaqus, gmsh or VTK, or of any format that meshio reads.
        Areas come from the sections of an Abaqus deck or from cell data. Meshes in a plane z = const give a cell
        in 2D.
    area : float
        Area of every bar of a mesh that says none. A bar that is listed several times on opposite faces gets an
        equal share on each.
    periods : array, shape (d, d), optional
        Lattice vectors of a mesh, as rows; by default the edges of its bounding box.
    whole_bars : bool, optional
        Whether the areas in a mesh are those of whole bars, of which each copy on opposite faces gets an equal
        share, as with ``area``; else those of the listed bars. By default sections, and
        circles of cell data ``radius`` or ``diameter``, are those of whole bars, and cell data ``area`` those of
        the listed ones.

    Returns
    -------
    UnitCell

    Warns
    -----
    ReadingNote
        If something is taken otherwise than the file says: beams are bars between hinges, other elements and nodes
        that no bar holds are left out.

    Raises
    ------
    CellError
        If the file cannot be read, a key is missing or unknown, or the cell is not well defined.
    """
    path = Path(path)
    if path.suffix.lower() not in (".json", ".toml"):
        return read_line_mesh(path, area, periods, whole_bars)
    content = _read_table(path)
    areas: Any = content.get("areas")
    if areas is None and "groups" in content:
        areas = _group_values(path, content, "area")
    missing = [key for key in CELL_KEYS if key not in content and not (key == "areas" and areas is not None)]
    if missing:
        raise CellError(f"{path} lacks the key {missing[0]!r}: a cell has {', '.join(CELL_KEYS)}")
    try:
        return UnitCell(content["nodes"], content["bars"], areas, content["periods"])
    except CellError as error:
        raise CellError(f"{path}: {error}") from None


def read_bar(path: str | Path) -> ElastoplasticBar:
    """Read the bar material of a cell file.

    A ``.json`` or ``.toml`` cell file may hold a table ``bar`` with ``young``, ``yield_stress`` and ``hardening``,
    numbers or lists with one per bar. Or it names the group of every bar in ``groups``, and a table ``group``
    holds for every name the same three and, if ``areas`` are left out, ``area``::

        groups = ["edge", "edge", "diagonal"]
        [group.edge]
        young = 2.0
        [group.diagonal]
        hardening = 0.0

    What is left out has the default of `ElastoplasticBar`.

    Raises
    ------
    CellError
        If the file cannot be read, has an unknown key, or a value is out of range.
    """
    path = Path(path)
    content = _read_table(path)
    if "groups" in content:
        values = [_group_values(path, content, name, getattr(ElastoplasticBar(), name)) for name in BAR_KEYS]
        return ElastoplasticBar(*values)
    table = content.get("bar", {})
    _check_keys(path, "bar", table, BAR_KEYS)
    return ElastoplasticBar(**table)


def write_cell(path: str | Path, cell: UnitCell, bar: ElastoplasticBar | None = None) -> None:
    """Write a cell, and its bar material if given, to a ``.json`` or ``.toml`` file that `read_cell` reads.

    Numbers are written in full: reading gives the same bits.

    Parameters
    ----------
    path : str or Path
        Its suffix says in which format.
    cell : UnitCell
    bar : ElastoplasticBar, optional

    Raises
    ------
    CellError
        If the suffix is another.
    """
    path = Path(path)
    table = {name: value.tolist() for name, value in cell.arrays().items()}
    properties = {} if bar is None else {name: value.tolist() for name, value in bar.arrays().items()}
    if path.suffix.lower() == ".json":
        write_atomically(path, json.dumps(table | ({"bar": properties} if properties else {})) + "\n")
    elif path.suffix.lower() == ".toml":
        lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        if properties:
            lines += ["", "[bar]", *(f"{name} = {json.dumps(value)}" for name, value in properties.items())]
        write_atomically(path, "\n".join(lines) + "\n")
    else:
        raise CellError(f"a cell is written to a .json or .toml file, not to {path.name}")


def _read_table(path: Path) -> dict[str, Any]:
    try:
        text = read_text(path)
        content = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise CellError(f"the cell file {path} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise CellError(f"the cell file {path} is damaged: values are nested too deeply") from None
    except ValueError as error:
        raise CellError(f"the cell file {path} is damaged: {error}") from None
    if not isinstance(content, dict):
        raise CellError(f"the cell file {path} must hold a table with {', '.join(CELL_KEYS)}")
    _check_keys(path, "the cell", content, (*CELL_KEYS, "bar", "groups", "group"))
    empty = next((key for key, value in content.items() if value is None), None)
    if empty is not None:
        raise CellError(f"{path}: {empty} is null: give it a value or leave it out")
    return content


def _check_keys(path: Path, where: str, table: object, known: tuple[str, ...]) -> None:
    if not isinstance(table, dict):
        raise CellError(f"{path}: {where} must be a table with {', '.join(known)}")
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise CellError(f"{path}: {where} has an unknown key {unknown[0]!r}; there are {', '.join(known)}")


def _group_values(path: Path, content: dict[str, Any], name: str, default: Any = None) -> list[float]:
    """Return one value per bar from the groups of a file."""
    tables, groups = content.get("group", {}), content["groups"]
    if not isinstance(tables, dict) or not isinstance(groups, list):
        raise CellError(f"{path}: groups must list a name per bar, and the tables [group.NAME] describe them")
    if len(groups) != len(content.get("bars", groups)):
        raise CellError(f"{path}: groups lists {len(groups)} bars but the cell has {len(content['bars'])}")
    for label, table in tables.items():
        _check_keys(path, f"group {label!r}", table, GROUP_KEYS)
    values = []
    for label in map(str, groups):
        if label not in tables:
            raise CellError(f"{path}: there is no table [group.{label}]")
        value = tables[label].get(name, default)
        if value is None:
            raise CellError(f"{path}: group {label!r} needs {name!r}, for the cell has no areas")
        values.append(value)
    return values
