"""``microtann examples``: the examples of the documentation, to be run and changed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import console
from microtann.cli.options import Overwrite
from microtann.errors import InputError
from microtann.system.atomic import write_atomically

BESIDE = Path(__file__).parents[1] / "examples"
"""Where the examples are in an installed package."""
REPOSITORY = Path(__file__).parents[3]
"""Where they are beside the sources."""
PAGES = ("data-format.md", "model-format.md")
"""Pages that are copied with them: what data and models of others must look like."""


def examples(
    folder: Annotated[Path, typer.Argument(help="Folder to copy them to.")] = Path("microtann-examples"),
    overwrite: Overwrite = False,
) -> None:
    """Copy the examples of the documentation, and the pages on file formats, into a folder.

    Each is one problem in one file: python NAME.py PICTURE.png runs it.
    """
    files = example_files()
    changed = [name for name, content in files.items() if differs(folder / name, content)]
    if changed and not overwrite:
        raise InputError(f"{folder / changed[0]} is there and differs: --overwrite replaces it")
    for name, content in files.items():
        write_atomically(folder / name, content)
    screen = console()
    for name, content in files.items():
        if name.endswith(".py"):
            title = (ast.get_docstring(ast.parse(content)) or "").partition("\n")[0]
            screen.print(f"{name:<32} {title}", markup=False, highlight=False, soft_wrap=True)
    screen.print(f"{len(files)} files in {folder}", markup=False, soft_wrap=True)


def example_files() -> dict[str, bytes]:
    """Return the contents of all files by name.

    Raises
    ------
    InputError
        If this installation has none.
    """
    inside = BESIDE.is_dir()
    sources = BESIDE if inside else REPOSITORY / "examples"
    paths = sorted(path for path in sources.glob("*") if path.is_file() and path.name != "gallery.toml")
    if not inside:
        paths += [REPOSITORY / "docs" / name for name in PAGES]
    if not paths or not all(path.is_file() for path in paths):
        raise InputError("this installation of microtann has no examples: they are in its repository")
    return {path.name: path.read_bytes() for path in paths}


def differs(path: Path, content: bytes) -> bool:
    """Return whether a file is there with other contents."""
    return path.exists() and path.read_bytes() != content
