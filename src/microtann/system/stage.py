"""Folders of results: each is written whole or not at all, and kept while its configuration is the same.

A stage works in a hidden folder beside its output and renames it at the end, so that an error, Ctrl-C or a kill
leaves either the former results or none. ``stage.json`` says what made the folder.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

import microtann
from microtann.errors import InputError
from microtann.system.atomic import write_atomically
from microtann.system.code_digest import code_digest
from microtann.system.interrupt import stop_if_asked
from microtann.system.lock import locked
from microtann.system.toml import to_toml

LOGGER = logging.getLogger("microtann.system")
STAMP = "stage.json"
NUMBERS = "numbers.json"
"""File of all numbers of a stage."""
CONFIGURATION = "configuration.toml"
GATHERED = ("report.html",)
"""Files that other commands write into the folder of a stage."""


@dataclass(frozen=True)
class Stage:
    """A stage and all that decides its results.

    Parameters
    ----------
    name : str
    output : Path
        Its folder.
    configuration : mapping
        Effective configuration, by sections of plain values.
    inputs : mapping
        Digest of every file that it reads, by what the file is.
    """

    name: str
    output: Path
    configuration: Mapping[str, Any]
    inputs: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """Digest of the name, the configuration, the inputs and the code of the package."""
        content = [self.name, code_digest(), to_toml(self.configuration), sorted(self.inputs.items())]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def stale(self) -> str:
        """Why results of this very configuration are not those that it would give now; empty if they are."""
        stamp = _read_stamp(self.output)
        if not stamp.fingerprint or stamp.stage != self.name or not _same_text(self.output, self.configuration):
            return ""
        if set(stamp.inputs) == set(self.inputs):
            changed = [name for name, digest in self.inputs.items() if stamp.inputs[name] != digest]
            if changed:
                return f"the {changed[0]} that it was made from has changed"
            if stamp.code != code_digest():
                return f"it was made by other code of microtann ({stamp.microtann}, now {microtann.__version__})"
        return ""

    @property
    def finished(self) -> bool:
        """Whether the folder already holds all results of this very stage, as they were written."""
        stamp = _read_stamp(self.output)
        return stamp.fingerprint == self.fingerprint and _damaged(self.output, stamp) is None

    @property
    def work(self) -> Path:
        """Hidden folder beside the output where the stage works."""
        return self.output.parent / f".{self.output.name}.{self.fingerprint[:12]}"


def file_digest(path: Path) -> str:
    """Return the SHA-256 digest of a file.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


def write_numbers(folder: Path, numbers: Mapping[str, Any]) -> None:
    """Write the numbers of a stage into its folder, with the version of the package.

    Parameters
    ----------
    folder : Path
    numbers : mapping
        Plain values for JSON.
    """
    content = {"microtann": microtann.__version__, **numbers}
    write_atomically(folder / NUMBERS, json.dumps(content, indent=1) + "\n")


def check_gathering(output: Path, names: Sequence[str], what: str = "this command") -> None:
    """Refuse a folder of several stages that holds something else.

    Parameters
    ----------
    output : Path
    names : sequence of str
        Folders of the stages.
    what : str
        What the message says that the folder should be of.

    Raises
    ------
    InputError
        If the output is a file, or holds what is no folder of these stages.
    """
    if output.exists() and not output.is_dir():
        raise InputError(f"{output} is a file: --output names a folder")
    present = [p.name for p in output.iterdir() if not p.name.startswith(".")] if output.is_dir() else []
    foreign = sorted(set(present) - {*names, *GATHERED})
    if foreign:
        raise InputError(f"{output} holds something that is not of {what} ({foreign[0]}): name a new folder")


def check_output(stage: Stage, overwrite: bool) -> None:
    """Refuse a folder of somebody else's files, or of results that would be lost.

    Raises
    ------
    InputError
        If the output is a file, holds files that microtann did not write, or holds results that differ and
        ``overwrite`` is not set. Stale results of the same configuration are replaced (`Stage.stale`).
    """
    output = stage.output
    if output.exists() and not output.is_dir():
        raise InputError(f"{output} is a file: --output names a folder")
    present = sorted(p.name for p in output.iterdir()) if output.is_dir() else []
    if not present:
        return
    stamp = _read_stamp(output)
    foreign = [name for name in present if name not in {*stamp.files, STAMP, *GATHERED}]
    if foreign:
        raise InputError(
            f"{output} holds files that microtann did not write there ({foreign[0]}): name a new or empty folder"
        )
    if overwrite:
        return
    if stage.stale:
        return  # nothing is lost: the same configuration is computed again
    if stamp.fingerprint != stage.fingerprint:
        raise InputError(
            f"{output} holds results of another configuration: name another folder or add --overwrite"
        )
    raise InputError(
        f"{output} holds damaged results ({_damaged(output, stamp)} is not as it was written): add --overwrite to "
        "make them again"
    )


@contextmanager
def working_folder(
    stage: Stage,
    *,
    overwrite: bool = False,
    keep_unfinished: bool = False,
    would_fail_again: tuple[type[Exception], ...] = (),
) -> Iterator[Path]:
    """Work in a hidden folder that takes the place of the stage's output when the block ends without an error.

    Whatever keeps the results from being written there is found before the block begins.

    Parameters
    ----------
    stage : Stage
    overwrite : bool
        Whether results of another configuration may be replaced.
    keep_unfinished : bool
        Whether the work folder outlives a failure, for a stage that goes on from it.
    would_fail_again : tuple of exception types
        Failures that it does not outlive even so, since going on would end in them again.

    Yields
    ------
    Path
        The folder to write to.

    Raises
    ------
    InputError
        If the output cannot be used (`check_output`) or made, or another process is writing to it.
    """
    stop_if_asked()
    check_output(stage, overwrite)
    if stage.stale:
        LOGGER.warning("%s is made again: %s", stage.output, stage.stale)
    try:
        stage.output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{stage.output} cannot be made: {error.filename}: {error.strerror}") from None
    with locked(stage.output), _work(stage, keep_unfinished, would_fail_again) as work:
        yield work
        files = {p.name: _digest(p) for p in sorted(work.iterdir())}
        stamp = _Stamp(
            microtann.__version__, stage.name, code_digest(), stage.fingerprint, dict(stage.inputs), files
        )
        write_atomically(work / STAMP, json.dumps(asdict(stamp), indent=1) + "\n")
        _replace(work, stage.output)


@contextmanager
def _work(stage: Stage, keep_unfinished: bool, would_fail_again: tuple[type[Exception], ...]) -> Iterator[Path]:
    """Give the folder of the work, and remove it if the work fails."""
    work = stage.work
    if work.exists() and not keep_unfinished:
        shutil.rmtree(work)
    work.mkdir(exist_ok=True)
    try:
        write_atomically(work / CONFIGURATION, to_toml(stage.configuration))
        yield work
    except BaseException as error:
        if not keep_unfinished or isinstance(error, would_fail_again):
            shutil.rmtree(work, ignore_errors=True)
        raise


def _replace(work: Path, output: Path) -> None:
    """Rename ``work`` to ``output``, whose former content steps aside until the new one is in place."""
    aside = output.parent / f".{output.name}.former"
    if output.exists():
        shutil.rmtree(aside, ignore_errors=True)
        output.rename(aside)
    work.rename(output)
    shutil.rmtree(aside, ignore_errors=True)


@dataclass(frozen=True)
class _Stamp:
    """What made a folder of results: version of the package, stage, code, inputs; and digests of its files."""

    microtann: str = ""
    stage: str = ""
    code: str = ""
    fingerprint: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def _read_stamp(folder: Path) -> _Stamp:
    """Return the stamp of a folder; an empty one if there is none, or it is damaged."""
    try:
        return TypeAdapter(_Stamp).validate_json((folder / STAMP).read_bytes())
    except (OSError, ValueError):
        return _Stamp()


def _same_text(folder: Path, configuration: Mapping[str, Any]) -> bool:
    """Return whether a folder was made with this configuration."""
    try:
        return (folder / CONFIGURATION).read_text(encoding="utf-8") == to_toml(configuration)
    except (OSError, ValueError):
        return False


def _digest(path: Path) -> str:
    """Return the digest of a file, or of all files of a folder, as which some formats of fields are written."""
    if not path.is_dir():
        return file_digest(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    every = [f"{file.relative_to(path).as_posix()} {file_digest(file)}" for file in files]
    return hashlib.sha256("\n".join(every).encode()).hexdigest()


def _damaged(folder: Path, stamp: _Stamp) -> str | None:
    """Return the first file of a folder that is missing or not as it was written; None if all are whole."""
    for name, digest in stamp.files.items():
        file = folder / name
        if not file.exists() or (name not in GATHERED and _digest(file) != digest):
            return name
    return None
