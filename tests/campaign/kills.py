"""Commands killed and interrupted at random moments: repeated, they end with the same results, bit for bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tests.campaign.trial import Trial, require

from microtann.cli.guard import INTERRUPTED
from microtann.system.stage import STAMP

PROGRAM = str(Path(sys.executable).with_name("microtann"))
TIMED = ("numbers.json", "section.json", "report.html")
"""Files of a simulation that tell how long it took."""
PATIENCE = 5.0
"""Seconds in which what a killed command had started must end too."""
MOST_KILLS = 3
START = 0.2
"""Seconds in which Python itself starts, which microtann cannot guard."""


@dataclass(frozen=True)
class Work:
    """A command that is worth killing.

    Parameters
    ----------
    arguments : tuple of str
        All but its output.
    output : Path
        What it gives when nobody disturbs it.
    seconds : float
        How long that took.
    """

    arguments: tuple[str, ...]
    output: Path
    seconds: float


class Kills(Trial):
    """SIGKILL and SIGINT at random moments of data generation, training and simulation."""

    name = "kills"
    cases = 6
    seconds = 180

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        walks = ("--cell", "square", "--units", "4", "--perturbation", "0.2", "--set", "walks.steps=60")
        few = ("--cell", "square", "--set", "walks.paths=40", "--set", "walks.steps=40")
        data = self._whole("small", ("data", *few)).output / "data.h5"
        updates = ("--form", "play", "--set", "train.descent_updates=3000", "--set", "train.polish_updates=200")
        sizes = ("--mesh-size", "2", "--dns", "0.2")
        self.works = {
            "data": self._whole("data", ("data", *walks, "--paths", "640")),
            "data of two processes": self._whole("two", ("data", *walks, "--paths", "320", "--processes", "2")),
            "training": self._whole("train", ("train", str(data), "--states", "8", *updates)),
            "simulation": self._whole("simulate", ("simulate", "lcH", "--model", "exact", *sizes)),
        }

    def run(self, random: np.random.Generator, folder: Path) -> str:
        """Disturb a command a few times, let it end, and compare its results with those of quiet work."""
        name = str(random.choice(list(self.works)))
        work = self.works[name]
        output = folder / "output"
        story = [self._disturb(work, output, random) for _ in range(int(random.integers(1, MOST_KILLS + 1)))]
        code, errors = _finish(_start(work.arguments, output))
        require(code == 0, f"{name} after {', '.join(story)}: exit code {code}\n{errors}")
        left = sorted(p.name for p in folder.iterdir())
        require(left == ["output"], f"{name} after {', '.join(story)}: {left} are left")
        different = compare(work.output, output)
        require(not different, f"{name} after {', '.join(story)}: {different} differ from those of a quiet run")
        return f"{name}: {', '.join(story)}"

    def _whole(self, name: str, arguments: tuple[str, ...]) -> Work:
        output, start = self.folder / name, time.perf_counter()
        code, errors = _finish(_start(arguments, output))
        require(code == 0, f"the undisturbed {name} ended with {code}\n{errors}")
        return Work(arguments, output, time.perf_counter() - start)

    def _disturb(self, work: Work, output: Path, random: np.random.Generator) -> str:
        kind = signal.SIGKILL if random.random() < 0.5 else signal.SIGINT
        delay = float(random.uniform(START, max(work.seconds, 2 * START)))
        story = f"{kind.name} after {delay:.2f} s"
        process = _start(work.arguments, output)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            # Ctrl-C in a terminal reaches all processes of a command, a kill the one that it names
            if kind == signal.SIGINT:
                os.killpg(process.pid, kind)
            else:
                process.kill()
        process.wait()
        _require_end_of_group(process.pid, story)
        code, errors = _finish(process)
        if kind == signal.SIGINT and code:
            require(code == INTERRUPTED, f"{story}: exit code {code}\n{errors}")
            require("Traceback" not in errors, f"{story}: a traceback\n{errors}")
        require(not output.exists() or _is_whole(output), f"{story}: {output.name} is there and not whole")
        return story


def compare(expected: Path, found: Path) -> list[str]:
    """Return the files that differ between two folders of results, times apart."""
    one, other = (_digests(folder) for folder in (expected, found))
    names = sorted({*one, *other})
    timed = TIMED if (expected / "lattice.pvd").exists() else ()
    different = [name for name in names if one.get(name) != other.get(name) and name not in timed]
    if timed and _numbers(expected) != _numbers(found):
        different.append("numbers.json")
    return different


def _digests(folder: Path) -> dict[str, str]:
    return dict(json.loads((folder / STAMP).read_text(encoding="utf-8"))["files"])


def _numbers(folder: Path) -> dict[str, Any]:
    numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    for run in numbers["runs"].values():
        run["statistics"] = _untimed(run["statistics"])
        run["statistics"]["increments"] = [_untimed(row) for row in run["statistics"]["increments"]]
    return dict(numbers)


def _untimed(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if "seconds" not in name}


def _is_whole(folder: Path) -> bool:
    return (folder / STAMP).exists() and all((folder / name).exists() for name in _digests(folder))


def _start(arguments: tuple[str, ...], output: Path) -> subprocess.Popen[str]:
    command = [PROGRAM, *arguments, "--output", str(output)]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def _finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate()
    return process.returncode, errors


def _require_end_of_group(group: int, story: str) -> None:
    """Workers end with the command that started them."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    require(False, f"{story}: processes that the command had started were alive {PATIENCE:g} s later")
