"""The list of sub-commands is that of the commands, and is shown without importing any."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from microtann.cli.commands import PLACES
from microtann.cli.main import app


@pytest.mark.parametrize("name", PLACES)
def test_the_help_lists_the_first_line_of_each_command(name: str) -> None:
    command = typer.main.get_command(app).commands[name]
    assert command.name == name
    assert command.help.splitlines()[0] == PLACES[name].sentence


def test_the_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from microtann.cli.main import app; sys.argv = ['microtann', '--help']\n"
        "try: app()\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not {'jax', 'numba', 'scipy', 'h5py', 'matplotlib', 'microtann.tann'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "Train a TANN from a data file" in ran.stdout
