"""What a job file holds, table by table, each checked with the line on which something is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from microtann.equilibrium.solver_options import SolverOptions
from microtann.errors import ConfigurationError
from microtann.job.job_loads import LOADS, LoadChoice
from microtann.job.job_materials import MATERIALS, MaterialChoice
from microtann.job.lines import KeyLines
from microtann.job.tables import (
    HistoryChoice,
    JobTitle,
    MeshChoice,
    OutputChoice,
    PlaceChoice,
    StepChoice,
    SupportChoice,
)
from microtann.numbers.configuration import nearest
from microtann.numbers.settings import Setting, fill
from microtann.system.text_file import read_text
from microtann.system.toml import from_toml

T = TypeVar("T")
TABLES = (
    "job",
    "mesh",
    "set",
    "side",
    "region",
    "material",
    "support",
    "step",
    "history",
    "load",
    "solver",
    "output",
)
"""Names of the tables of a job file."""


@dataclass(frozen=True)
class StepTables:
    """A step with its loads."""

    choice: StepChoice
    loads: tuple[LoadChoice, ...]


@dataclass(frozen=True)
class JobTables:
    """The tables of a job file, filled and checked one by one.

    Parameters
    ----------
    path : Path
    lines : KeyLines
    title, mesh, solver, output
        [job], [mesh], [solver], [output].
    sets, sides, regions : mapping
        [set.NAME], [side.NAME], [region.NAME].
    materials : mapping
        [material.REGION] by the name of the region; [material] under an empty name.
    supports : tuple
        [[support]].
    steps : tuple
        [[step]] with its [[step.load]]; with a history one for each row is made of ``loads``.
    history : HistoryChoice, optional
        [history].
    loads : tuple
        [[load]], which follow the history.
    """

    path: Path
    lines: KeyLines
    title: JobTitle
    mesh: MeshChoice
    sets: Mapping[str, PlaceChoice]
    sides: Mapping[str, PlaceChoice]
    regions: Mapping[str, PlaceChoice]
    materials: Mapping[str, MaterialChoice]
    supports: tuple[SupportChoice, ...]
    steps: tuple[StepTables, ...]
    history: HistoryChoice | None
    loads: tuple[LoadChoice, ...]
    solver: SolverOptions
    output: OutputChoice

    def where(self, *key: str | int) -> str:
        """Return what a sentence begins with: the file, and the line of a key."""
        line = self.lines.of_key(*key)
        return f"{self.path}, line {line}" if line else str(self.path)


def read_tables(path: Path, changes: Mapping[str, Any] | None = None) -> JobTables:
    """Read a job file.

    Parameters
    ----------
    path : Path
    changes : mapping, optional
        Values in place of those in the file, by dotted key: "material.name", "step.0.increments".

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or holds something else; the sentence names the line.
    """
    try:
        text = read_text(path)
        content = from_toml(text)
    except OSError as error:
        raise ConfigurationError(f"the job {path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ConfigurationError(f"the job {path} is not valid TOML: {error}") from None
    for key, value in (changes or {}).items():
        _change(content, key.split("."), value, f"the change of {key!r} in {path}")
    return _Reading(path, KeyLines.of(text)).tables(content)


def _change(content: dict[str, Any], key: Sequence[str], value: Any, where: str) -> None:
    """Put a value into nested tables."""
    place: Any = content
    for name in key[:-1]:
        try:
            place = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
        except (ValueError, IndexError):
            raise ConfigurationError(f"{where}: there is no table {name!r}; count tables from 0") from None
    if not isinstance(place, dict):
        raise ConfigurationError(f"{where}: it is no key of a table")
    place[key[-1]] = value


@dataclass(frozen=True)
class _Reading:
    path: Path
    lines: KeyLines

    def tables(self, content: Mapping[str, Any]) -> JobTables:
        for name in content:
            if name not in TABLES:
                self._refuse(f"unknown table {name!r}: {nearest(name, TABLES)}there are {', '.join(TABLES)}", name)
        if "mesh" not in content or "material" not in content:
            missing = "mesh" if "mesh" not in content else "material"
            self._refuse(f"there is no [{missing}]: a job has at least [mesh], [material] and [[step]]")
        history, steps, loads = content.get("history"), content.get("step", []), content.get("load", [])
        if (history is None) == (not steps):
            self._refuse("a job is loaded in [[step]] tables, or by a [history] with [[load]] tables")
        if loads and history is None:
            self._refuse("[[load]] follows a [history]: put it into a step as [[step.load]]", "load", 0)
        return JobTables(
            path=self.path,
            lines=self.lines,
            title=self._filled(JobTitle, content.get("job", {}), "job"),
            mesh=self._filled(MeshChoice, content["mesh"], "mesh"),
            sets=self._places(content, "set"),
            sides=self._places(content, "side"),
            regions=self._places(content, "region"),
            materials=self._materials(content["material"]),
            supports=tuple(
                self._filled(SupportChoice, table, "support", number)
                for number, table in enumerate(self._list(content.get("support", []), "support"))
            ),
            steps=tuple(self._step(table, number) for number, table in enumerate(self._list(steps, "step"))),
            history=None if history is None else self._filled(HistoryChoice, history, "history"),
            loads=self._loads(loads, "load"),
            solver=self._filled(SolverOptions, content.get("solver", {}), "solver"),
            output=self._filled(OutputChoice, content.get("output", {}), "output"),
        )

    def _step(self, table: Mapping[str, Any], number: int) -> StepTables:
        own = {key: value for key, value in table.items() if key != "load"}
        choice = self._filled(StepChoice, own, "step", number)
        return StepTables(choice, self._loads(table.get("load", []), "step", number, "load"))

    def _loads(self, tables: Any, *key: str | int) -> tuple[LoadChoice, ...]:
        return tuple(
            self._of_kind(LOADS, table, *key, number) for number, table in enumerate(self._list(tables, *key))
        )

    def _materials(self, table: Any) -> dict[str, MaterialChoice]:
        several = isinstance(table, dict) and table and all(isinstance(value, dict) for value in table.values())
        if not several:
            return {"": self._of_kind(MATERIALS, table, "material")}
        return {name: self._of_kind(MATERIALS, own, "material", name) for name, own in table.items()}

    def _places(self, content: Mapping[str, Any], kind: str) -> dict[str, PlaceChoice]:
        tables = content.get(kind, {})
        if not isinstance(tables, dict) or not all(isinstance(value, dict) for value in tables.values()):
            self._refuse(f"[{kind}] has no name: write [{kind}.NAME]", kind)
        return {name: self._filled(PlaceChoice, own, kind, name) for name, own in tables.items()}

    def _of_kind(self, kinds: Mapping[str, type[Any]], table: Any, *key: str | int) -> Any:
        """Return a table whose `kind` says what it is."""
        kind = str(table.get("kind", "")) if isinstance(table, dict) else ""
        if kind not in kinds:
            self._refuse(f"kind is one of {', '.join(kinds)}: {nearest(kind, kinds)}got {kind!r}", *key, "kind")
        own = {name: value for name, value in table.items() if name != "kind"}
        return self._filled(kinds[kind], own, *key)

    def _filled(self, kind: type[T], table: Any, *key: str | int) -> T:
        """Return a table as a configuration."""
        if not isinstance(table, dict):
            self._refuse(f"{_written(key)} must be a table of keys and values, got {table!r}", *key)
        section = _written(key)
        settings = [Setting(f"{section}.{name}", value, self._where(*key, name)) for name, value in table.items()]
        try:
            return fill(kind, section, settings)
        except ConfigurationError as error:
            text = str(error)
            raise ConfigurationError(text if str(self.path) in text else f"{self._where(*key)}: {text}") from None

    def _list(self, tables: Any, *key: str | int) -> list[dict[str, Any]]:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            name = ".".join(str(part) for part in key if isinstance(part, str))
            self._refuse(f"{name} is a list of tables: write [[{name}]]", *key)
        return list(tables)

    def _where(self, *key: str | int) -> str:
        line = self.lines.of_key(*key)
        return f"{self.path}, line {line}" if line else str(self.path)

    def _refuse(self, text: str, *key: str | int) -> NoReturn:
        raise ConfigurationError(f"{self._where(*key)}: {text}")


def _written(key: Sequence[str | int]) -> str:
    """Return a table as people count it: "step 1 load 2"."""
    return " ".join(str(part + 1 if isinstance(part, int) else part) for part in key)
