"""Hostile configurations: every key with values that nobody should give it, by file and by option."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tests.campaign.command import run_command
from tests.campaign.trial import Trial, require

from microtann.cli.form_choice import form_defaults
from microtann.cli.sections import SECTIONS

VALUES = (
    "nan", "inf", "-inf", "-1", "0", "-0.0", "1e-300", "1e300", "1e400", "-1e-9", "9223372036854775807",
    "1" + 400 * "0", "1000000000000", "0.5", "true", '""', '"\\u0000"', '"é∞𝛔"', '"../../etc/passwd"',
    '"/dev/zero"', '"/dev/null"', '"."', "[]", "[[]]", "[nan]", "[-1, 2]", "[1, 2, 3, 4, 5, 6, 7]",
    '["11=nan"]', '["11=0.1,,"]', '["99=1"]', '["11=1", "11=2"]', "{}", "{a = 1}", "1979-05-27", "07:32:00",
    "0x10", "[" * 200 + "]" * 200, "nonsense", "= 3", "'''", "\t", "1_000", "+1", '"normal"', '"cube"', '"free"',
)  # fmt: skip
"""Values as TOML or as what looks like it."""
HARMLESS = {
    "walks.paths": "4", "walks.steps": "3", "loading.strain": '["11=0.2"]', "loading.increments": "2",
    "simulate.mesh_size": "5.0", "simulate.dns": "0.5",
}  # fmt: skip
"""What keeps a command small that accepts the hostile value."""
COMMANDS = ("cell", "cell", "data", "simulate")


class Configurations(Trial):
    """One or two keys of any section take hostile values; the command does its work or says why not."""

    name = "configurations"
    cases = 300
    seconds = 60

    def run(self, random: np.random.Generator, folder: Path) -> str:
        """Give a command one or two hostile values."""
        command = str(random.choice(COMMANDS))
        keys = [str(key) for key in random.choice(all_keys(), int(random.integers(1, 3)), replace=False)]
        hostile = {key: VALUES[random.integers(len(VALUES))] for key in keys}
        settings = HARMLESS | hostile
        output = folder / "output"
        if random.random() < 0.5:
            arguments = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        else:
            file = folder / "hostile.toml"
            file.write_text(as_toml(settings), encoding="utf-8")
            arguments = ["--config", str(file)]
        positional = ["lcU1", "--model", "exact"] if command == "simulate" else []
        try:
            outcome = run_command(command, *positional, *arguments, "--output", str(output))
        except Exception as error:
            error.add_note(f"{command} with {hostile}")
            raise
        if outcome.code:
            require(not output.exists(), f"{command} with {hostile} failed and left {output.name}")
        else:
            _require_finite(output, f"{command} with {hostile}")
        return f"{command} with {hostile}: {outcome.code} {outcome.sentence.strip()[:200]}"


def all_keys() -> list[str]:
    """Return every key of every section, in a fixed order, and two that do not exist."""
    keys = [f"{section}.{field}" for section, kind in SECTIONS.items() for field in kind.__dataclass_fields__]
    return [*keys, *(f"train.{key}" for key in form_defaults()), "walks.pathes", "cells.kind"]


def as_toml(settings: dict[str, str]) -> str:
    """Return settings as sections of a file, valid TOML or not."""
    sections: dict[str, list[str]] = {}
    for key, value in settings.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, []).append(f"{name} = {value}")
    return "\n".join(f"[{section}]\n" + "\n".join(lines) for section, lines in sections.items()) + "\n"


def _require_finite(output: Path, story: str) -> None:
    """Numbers that a command has accepted and written are numbers."""
    for file in output.glob("*.json"):
        require("NaN" not in (text := file.read_text(encoding="utf-8")), f"{story}: NaN in {file.name}")
        require("Infinity" not in text, f"{story}: Infinity in {file.name}")
        json.loads(text)
    for file in output.glob("*.csv"):
        text = file.read_text(encoding="utf-8")
        require("nan" not in text and "inf" not in text, f"{story}: a number that is none in {file.name}")
