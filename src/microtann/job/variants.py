"""Variants of a job: what each changes in the job file, from a table or as all combinations of some values."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from microtann.errors import ConfigurationError
from microtann.job.lines import KeyLines
from microtann.system.text_file import read_text
from microtann.system.toml import from_toml

NAME = "name"
"""Column, or key, of the name of a variant."""


@dataclass(frozen=True)
class JobVariant:
    """One variant of a job.

    Parameters
    ----------
    name : str
        Of its folder, and in tables and pictures.
    changes : mapping
        Values in place of those in the job file, by dotted key as in `microtann.read_job`.
    source : str
        What a sentence about it begins with: a file and a line, or nothing.
    """

    name: str
    changes: Mapping[str, Any]
    source: str = ""

    def says(self, text: object) -> str:
        """Return a sentence about this variant."""
        return f"{self.source}: {text}" if self.source else f"variant {self.name!r}: {text}"


def job_variants(choice: str | Path | Sequence[str] | Mapping[str, Sequence[Any]]) -> tuple[JobVariant, ...]:
    """Return the variants that a table, or values of keys, stand for.

    Parameters
    ----------
    choice : path, texts "key=a,b,c", or mapping
        A table (TOML with ``[[variant]]``, or CSV with dotted keys in its first line), a row for each variant,
        with a name if it has one; or values of keys, all combinations of which are variants.

    Raises
    ------
    ConfigurationError
        If it cannot be read, is empty, or a key or name stands twice.

    Examples
    --------
    >>> from microtann.job.variants import job_variants
    >>> [variant.name for variant in job_variants({"material.kind": ["model", "exact"], "step.0.dt": [1.0]})]
    ['kind=model,dt=1.0', 'kind=exact,dt=1.0']
    """
    if isinstance(choice, Mapping):
        found = _combinations(choice)
    elif isinstance(choice, str | Path):
        found = list(_table(Path(choice)))
    elif len(choice) == 1 and "=" not in choice[0]:
        found = list(_table(Path(choice[0])))
    else:
        found = _combinations(_values(choice))
    if not found:
        raise ConfigurationError("there is no variant: give key=a,b,c, or a table with a row for each")
    first: dict[str, JobVariant] = {}
    for variant in found:
        if not variant.name or re.search(r'[/\\<>:"|?*\x00-\x1f]', variant.name) or variant.name[0] == ".":
            raise ConfigurationError(variant.says(f"{variant.name!r} cannot be the name of a folder"))
        known = first.setdefault(variant.name.casefold(), variant)
        if known is not variant:
            raise ConfigurationError(variant.says(f"the name {variant.name!r} stands for another variant already"))
    return tuple(found)


def value_of(text: str) -> Any:
    """Return a value as TOML has it, or else the text itself."""
    try:
        return from_toml(f"value = {text}")["value"]
    except ValueError:
        return text.strip()


def _values(assignments: Sequence[str]) -> dict[str, list[Any]]:
    """Return the values of every key of texts such as "material.kind=model,exact"."""
    found: dict[str, list[Any]] = {}
    for text in assignments:
        key, equals, values = text.partition("=")
        key = key.strip()
        if not equals or not all(key.split(".")) or not values.strip():
            raise ConfigurationError(
                f"--variants takes key=a,b,c, such as material.kind=model,exact, or one table alone, got {text!r}"
            )
        if key in found:
            raise ConfigurationError(f"--variants gives {key} twice: give all of its values once")
        several = value_of(f"[{values}]")  # lists and texts in quotes may have commas of their own
        found[key] = several if isinstance(several, list) else [value_of(value) for value in values.split(",")]
    return found


def _combinations(values: Mapping[str, Sequence[Any]]) -> list[JobVariant]:
    last = [key.rpartition(".")[2] for key in values]
    short = dict(zip(values, last if len(set(last)) == len(last) else values, strict=True))
    variants = []
    for chosen in product(*values.values()):
        changes = dict(zip(values, chosen, strict=True))
        name = ",".join(f"{short[key]}={_in_name(value)}" for key, value in changes.items())
        variants.append(JobVariant(name, changes))
    return variants


def _in_name(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"[^\w.+@=-]+", "_", text).strip("_")


def _table(path: Path) -> Iterator[JobVariant]:
    try:
        text = read_text(path)
    except OSError as error:
        raise ConfigurationError(f"the variants {path} cannot be read: {error.strerror or error}") from None
    return _toml_rows(path, text) if path.suffix == ".toml" else _csv_rows(path, text)


def _toml_rows(path: Path, text: str) -> Iterator[JobVariant]:
    try:
        content = from_toml(text)
    except ValueError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from None
    rows, lines = content.pop("variant", []), KeyLines.of(text)
    if content or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigurationError(f"{path} holds variants as [[variant]] tables, and nothing else")
    for number, row in enumerate(rows):
        source = f"{path}, line {lines.of_key('variant', number)}"
        yield JobVariant(str(row.pop(NAME, f"variant {number + 1}")), dict(_flat(row)), source)


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values in nested tables by dotted key."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _csv_rows(path: Path, text: str) -> Iterator[JobVariant]:
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]
    if not lines:
        raise ConfigurationError(f"{path} is empty: its first line must name the keys that vary")
    separator = next((sign for sign in ";\t" if sign in lines[0][1]), ",")
    (_, header), *rows = [(number, next(csv.reader([line], delimiter=separator))) for number, line in lines]
    keys = [key.strip() for key in header]
    twice = next((key for key in keys if keys.count(key) > 1 or not key), None)
    if twice is not None:
        raise ConfigurationError(f"{path}, line {lines[0][0]}: every column has a key of its own, not {twice!r}")
    for count, (number, cells) in enumerate(rows, start=1):
        source = f"{path}, line {number}"
        if len(cells) != len(keys):
            raise ConfigurationError(f"{source}: {len(cells)} cells under {len(keys)} columns")
        row = {key: cell.strip() for key, cell in zip(keys, cells, strict=True)}
        name = row.pop(NAME, "") or f"variant {count}"
        # an empty cell leaves the key as the job file has it
        yield JobVariant(name, {key: value_of(cell) for key, cell in row.items() if cell}, source)
