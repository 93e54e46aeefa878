"""Settings of a TOML file and of the command line, and the configurations that they fill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from microtann.errors import ConfigurationError, InputError
from microtann.numbers.configuration import WrongValueError, descriptions, nearest
from microtann.system.text_file import read_text
from microtann.system.toml import from_toml

T = TypeVar("T")
COMMAND_LINE = "the command line"
LARGEST_INTEGER = 2**63 - 1
ARGUMENTS = ("case", "evaluate")
"""Sections in which a stage notes its arguments beside its results; files may hold them, but they are not read."""


@dataclass(frozen=True)
class Setting:
    """One value that was asked for, and by whom.

    Parameters
    ----------
    key : str
        Dotted name: the section and the key in it, "train.steps".
    value : object
    source : str
        Name of the file, or "the command line".
    """

    key: str
    value: Any
    source: str


def read_settings(path: Path) -> list[Setting]:
    """Return the settings in a TOML file.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, is not TOML, or has a key outside of every section.
    """
    try:
        table = from_toml(read_text(path))
    except OSError as error:
        raise ConfigurationError(f"the configuration file {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"the configuration file {path} is not valid TOML: {error}") from None
    settings = []
    for section, values in table.items():
        if isinstance(values, list) and values and all(isinstance(value, dict) for value in values):
            raise ConfigurationError(f"{path}: [[{section}]] repeats a section: write [{section}], once")
        if not isinstance(values, dict):
            raise ConfigurationError(f"{path}: the key {section!r} stands outside of a section such as [train]")
        if section not in ARGUMENTS:
            settings += [_setting(f"{section}.{key}", value, str(path)) for key, value in values.items()]
    return settings


def parse_assignment(text: str) -> Setting:
    """Return the setting that ``--set section.key=value`` asks for; the value is TOML, or else a string.

    Raises
    ------
    ConfigurationError
        If the text has not that form.
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or key.count(".") != 1 or not all(key.split(".")):
        raise ConfigurationError(f"--set takes section.key=value, such as train.seed=1, got {text!r}")
    try:
        parsed = from_toml(f"value = {value}")["value"]
    except ValueError:
        parsed = value.strip()
    return _setting(key, parsed, COMMAND_LINE)


def _setting(key: str, value: Any, source: str) -> Setting:
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ConfigurationError(
            f"{key!r} in {source} must be an integer of 64 bits, got one of {value.bit_length()}"
        )
    return Setting(key, value, source)


def collect_settings(
    file: Path | None, assignments: Iterable[str] = (), options: Mapping[str, Any] | None = None
) -> list[Setting]:
    """Return all settings in rising order of precedence: file, ``--set``, options.

    Parameters
    ----------
    file : Path, optional
    assignments : iterable of str
        Arguments of ``--set``.
    options : mapping, optional
        Values of dedicated options by dotted key; None means that the option was not given.

    Raises
    ------
    ConfigurationError
        If the file or an assignment cannot be used, or two assignments set the same key.
    """
    settings = read_settings(file) if file is not None else []
    assigned = [parse_assignment(text) for text in assignments]
    keys = [setting.key for setting in assigned]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise ConfigurationError(f"--set gives {twice} twice: give it once")
    settings += assigned
    settings += [_setting(key, value, COMMAND_LINE) for key, value in (options or {}).items() if value is not None]
    return settings


def check_sections(settings: Sequence[Setting], known: Iterable[str]) -> None:
    """Refuse settings of sections that no stage knows.

    Raises
    ------
    ConfigurationError
        It names the section, the file and the nearest known one.
    """
    names = sorted(known)
    for setting in settings:
        section = setting.key.partition(".")[0]
        if section not in names:
            raise ConfigurationError(
                f"unknown section [{section}] in {setting.source}: {nearest(section, names)}the sections are "
                + ", ".join(names)
            )


def fill(kind: type[T], section: str, settings: Sequence[Setting], base: T | None = None) -> T:
    """Return a configuration with its defaults replaced by the settings of a section.

    Parameters
    ----------
    kind : type
        A class made by `microtann.numbers.configuration.configuration`.
    section : str
        Section of the settings; settings of other sections are left alone.
    settings : sequence of Setting
        Later ones win.
    base : optional
        Values that stand in for the defaults.

    Raises
    ------
    ConfigurationError
        For an unknown key, a wrong type or a value out of range; the sentence names key, source and what is
        allowed.
    """
    known = [f.name for f in fields(kind) if f.init]  # type: ignore[arg-type]
    values: dict[str, Any] = {} if base is None else {name: getattr(base, name) for name in known}
    sources: dict[str, str] = {}
    for setting in settings:
        owner, _, key = setting.key.partition(".")
        if owner != section:
            continue
        if key not in known:
            raise ConfigurationError(
                f"unknown key {setting.key!r} in {setting.source}: {nearest(key, known)}"
                f"the keys of [{section}] are {', '.join(known)}"
            )
        values[key] = _immutable(setting.value)
        sources[key] = setting.source
    try:
        return kind(**values)
    except WrongValueError as error:
        source = sources.get(error.key, "the defaults")
        raise ConfigurationError(f"'{section}.{error.key}' in {source} {error.reason}") from None
    except InputError as error:
        where = ", ".join(sorted(set(sources.values()))) or "the defaults"
        raise ConfigurationError(f"[{section}] from {where}: {error}") from None


def help_lines(kind: type[Any], section: str) -> dict[str, str]:
    """Return the meaning of every key of a section by dotted name."""
    return {f"{section}.{key}": text for key, text in descriptions(kind).items()}


def _immutable(value: Any) -> Any:
    """Return lists as tuples: what a frozen dataclass holds does not change."""
    return tuple(_immutable(item) for item in value) if isinstance(value, list) else value
