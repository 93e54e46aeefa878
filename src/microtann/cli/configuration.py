"""Configuration: frozen dataclasses filled from defaults, then a TOML file, then the command line."""

from __future__ import annotations

import difflib
import inspect
import math
import re
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from microtann.errors import ConfigurationError, InputError

T = TypeVar("T")
COMMAND_LINE = "the command line"
_PARAMETER = re.compile(r"([a-z_][\w, ]*) : ?(.*)\Z")


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


def bounded(
    default: Any, *, least: float | None = None, most: float | None = None, above: float | None = None
) -> Any:
    """Return a dataclass field with the range of its values.

    Parameters
    ----------
    default : object
    least, most : float, optional
        Smallest and largest value allowed.
    above : float, optional
        Bound that the value must exceed.
    """
    return field(default=default, metadata={"least": least, "most": most, "above": above})


def read_settings(path: Path) -> list[Setting]:
    """Return the settings in a TOML file.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, is not TOML, or has a key outside of every section.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"the configuration file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the configuration file {path} is not valid TOML: {error}") from None
    settings = []
    for section, values in table.items():
        if not isinstance(values, dict):
            raise ConfigurationError(f"{path}: the key {section!r} stands outside of a section such as [train]")
        settings += [Setting(f"{section}.{key}", value, str(path)) for key, value in values.items()]
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
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    return Setting(key, parsed, COMMAND_LINE)


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
    """
    settings = read_settings(file) if file is not None else []
    settings += [parse_assignment(text) for text in assignments]
    settings += [Setting(key, value, COMMAND_LINE) for key, value in (options or {}).items() if value is not None]
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
                f"unknown section [{section}] in {setting.source}: {_nearest(section, names)}the sections are "
                + ", ".join(names)
            )


def fill(kind: type[T], section: str, settings: Sequence[Setting], base: T | None = None) -> T:
    """Return a dataclass with its defaults replaced by the settings of a section.

    Parameters
    ----------
    kind : type
        A dataclass whose fields are bool, int, float, str, Literal, tuples or lists of them, mappings of strings,
        or one of these or None.
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
    assert is_dataclass(kind)
    known = {f.name: f for f in fields(kind) if f.init}
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {} if base is None else {name: getattr(base, name) for name in known}
    sources: dict[str, str] = {}
    for setting in settings:
        owner, _, key = setting.key.partition(".")
        if owner != section:
            continue
        if key not in known:
            raise ConfigurationError(
                f"unknown key {setting.key!r} in {setting.source}: {_nearest(key, known)}"
                f"the keys of [{section}] are {', '.join(known)}"
            )
        values[key] = _convert(setting, setting.value, hints[key], known[key].metadata)
        sources[key] = setting.source
    try:
        return kind(**values)
    except ConfigurationError:
        raise
    except (InputError, ValueError, TypeError) as error:
        where = ", ".join(sorted(set(sources.values()))) or "the defaults"
        raise ConfigurationError(f"[{section}] from {where}: {error}") from None


def to_table(configuration: Any) -> dict[str, Any]:
    """Return a configuration dataclass as plain values for TOML and JSON."""
    return {f.name: _plain(getattr(configuration, f.name)) for f in fields(configuration) if f.init}


def help_lines(kind: type[Any], section: str) -> dict[str, str]:
    """Return the meaning of every key of a section by dotted name, read from the "Parameters" of the docstring."""
    lines: dict[str, str] = {}
    names: list[str] = []
    text: list[str] = []
    choices = ""
    body = inspect.cleandoc(kind.__doc__ or "").partition("Parameters\n----------\n")[2]
    for line in [*body.splitlines(), "end :"]:
        heading = _PARAMETER.match(line)
        if heading or set(line) == {"-"}:
            if not heading:
                text = text[:-1]  # the title of the next part of the docstring
            sentence = " ".join([*text, choices]).strip()
            lines.update({f"{section}.{name}": sentence for name in names if sentence})
            if not heading:
                break
            names, text = [name.strip() for name in heading[1].split(",")], []
            choices = f"One of {heading[2].strip('{}')}." if heading[2].startswith("{") else ""
        else:
            text.append(line.strip())
    return lines


def defaults(kind: type[Any]) -> dict[str, Any]:
    """Return the default of every field that has one."""
    table = {}
    for f in fields(kind):
        if f.default is not MISSING:
            table[f.name] = _plain(f.default)
        elif f.default_factory is not MISSING:
            table[f.name] = _plain(f.default_factory())
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return value


def _convert(setting: Setting, value: Any, hint: Any, metadata: Mapping[str, Any]) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        problems: ConfigurationError | None = None
        for member in get_args(hint):
            if member is type(None):
                continue
            try:
                return _convert(setting, value, member, metadata)
            except ConfigurationError as error:
                problems = problems or error
        assert problems is not None
        raise problems
    if origin is Literal:
        if value in get_args(hint):
            return value
        raise _wrong(setting, value, "one of " + ", ".join(repr(choice) for choice in get_args(hint)))
    if hint is bool:
        if isinstance(value, bool):
            return value
        raise _wrong(setting, value, "true or false")
    if hint is int:
        if isinstance(value, int) and not isinstance(value, bool):
            return _in_range(setting, value, metadata)
        raise _wrong(setting, value, "an integer")
    if hint is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _in_range(setting, float(value), metadata)
        raise _wrong(setting, value, "a number")
    if hint is str:
        if isinstance(value, str):
            return value
        raise _wrong(setting, value, "a text in quotes")
    if origin in (tuple, list):
        return _convert_sequence(setting, value, hint, metadata)
    raise _wrong(setting, value, f"given from Python: it has no TOML form ({hint})")


def _convert_sequence(setting: Setting, value: Any, hint: Any, metadata: Mapping[str, Any]) -> Any:
    if not isinstance(value, list | tuple):
        raise _wrong(setting, value, "a list such as [1, 2]")
    arguments = get_args(hint)
    if get_origin(hint) is list:
        return [_convert(setting, item, arguments[0], metadata) for item in value]
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_convert(setting, item, arguments[0], metadata) for item in value)
    if len(value) != len(arguments):
        raise _wrong(setting, value, f"a list of {len(arguments)} values")
    return tuple(_convert(setting, item, member, metadata) for item, member in zip(value, arguments, strict=True))


def _in_range(setting: Setting, value: float, metadata: Mapping[str, Any]) -> float:
    least, most, above = metadata.get("least"), metadata.get("most"), metadata.get("above")
    if not math.isfinite(value):
        raise _wrong(setting, value, "finite")
    if least is not None and value < least:
        raise _wrong(setting, value, f"at least {least}")
    if above is not None and value <= above:
        raise _wrong(setting, value, f"larger than {above}")
    if most is not None and value > most:
        raise _wrong(setting, value, f"at most {most}")
    return value


def _wrong(setting: Setting, value: Any, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"{setting.key!r} in {setting.source} must be {wanted}, got {value!r}")


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}? " if close else ""
