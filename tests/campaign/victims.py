"""The kinds of files that microtann reads, and what must be so after one of them was damaged."""

from __future__ import annotations

import shutil
import warnings
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from tests.campaign.command import run_command
from tests.campaign.trial import require

import microtann as mt
from microtann.data.file import read_dataset, write_dataset
from microtann.data.generate import generate
from microtann.data.increments import Dataset, Increments
from microtann.data.path_file import read_path
from microtann.data.shards import generate_to
from microtann.data.walks import WalkPlan
from microtann.errors import InputError
from microtann.forms import Play
from microtann.system.stage import GATHERED, STAMP, file_digest
from microtann.training import TrainingProgress, train
from microtann.training.checkpoint_file import fingerprint, leaves, read_training_checkpoint

CELL, BAR = mt.square_cell(), mt.ElastoplasticBar()
PLAN = WalkPlan(paths=20, steps=10, seed=3)
REFUSED, SAME = "refused", "the same"


class Victim(ABC):
    """A kind of file.

    Parameters
    ----------
    folder : Path
        Where the whole file is made, with what belongs to it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.make()

    @abstractmethod
    def make(self) -> None:
        """Make the files in ``folder``."""

    def copy(self, folder: Path, random: np.random.Generator) -> Path:
        """Copy the files to an empty folder and return the one to damage."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        files = sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size)
        return files[random.integers(len(files))]

    @abstractmethod
    def read(self, folder: Path, file: Path) -> str | None:
        """Read the damaged file and return what became of it, None if it means something else."""


class DataFile(Victim):
    """A data set."""

    def make(self) -> None:
        write_dataset(self.folder / "data.h5", generate(mt.Lattice(CELL, BAR), PLAN))
        self.whole = read_dataset(self.folder / "data.h5")

    def read(self, folder: Path, file: Path) -> str | None:
        checked = run_command("data", "check", str(file))
        try:
            found = read_dataset(file)
        except InputError:
            require(checked.code == 2, "data check accepts a file that cannot be read")
            return REFUSED
        return SAME if same_data(self.whole, found) or checked.code == 2 else None


class ModelFile(Victim):
    """A trained model."""

    def make(self) -> None:
        self.tann = mt.load("cube")
        self.tann.save(str(self.folder / "model.safetensors"))
        self.strain = np.random.default_rng(0).normal(0.0, 0.2, (10, 6)).cumsum(axis=0)
        self.expected = self.tann.recall(self.strain, decode=True)

    def read(self, folder: Path, file: Path) -> str | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # one without a checksum is read with a warning
                found = mt.load(str(file)).recall(self.strain, decode=True)
        except InputError:
            return REFUSED
        names = ("stress", "energy", "dissipation", "displacement", "force")
        same = all(np.array_equal(getattr(found, name), getattr(self.expected, name)) for name in names)
        return SAME if same else None


class CheckpointFile(Victim):
    """The checkpoint of a training."""

    form = Play(states=4, descent_updates=500, batch=50, polish_updates=10)

    def make(self) -> None:
        dataset = self.dataset = generate(mt.Lattice(CELL, BAR), PLAN)
        self.owner = fingerprint(dataset, self.form)

        def interrupt(_: TrainingProgress) -> None:
            raise KeyboardInterrupt

        path = self.folder / "checkpoint.safetensors"
        with suppress(KeyboardInterrupt):
            train(dataset, self.form, interrupt, path)
        self.whole = read_training_checkpoint(path, self.owner, self.form, dataset)
        require(self.whole is not None, "an interrupted training leaves no checkpoint")

    def read(self, folder: Path, file: Path) -> str | None:
        try:
            found = read_training_checkpoint(file, self.owner, self.form, self.dataset)
        except InputError:
            return REFUSED
        one, other = leaves(self.whole), leaves(found)
        return SAME if all(map(np.array_equal, one, other)) and len(one) == len(other) else None


class CellFile(Victim):
    """A cell of the user: text without a checksum, so that a damaged digit is another cell, but a valid one."""

    def make(self) -> None:
        cell = mt.square_cell((2, 2), perturbation=0.2)
        mt.write_cell(self.folder / "cell.json", cell, mt.ElastoplasticBar(young=np.full(len(cell.bars), 2.0)))
        mt.write_cell(self.folder / "cell.toml", cell, BAR)

    def read(self, folder: Path, file: Path) -> str | None:
        strain = 0.1 * np.ones((1, 3))
        try:
            response = mt.solve_cell(mt.read_cell(file), mt.read_bar(file), strain)
        except InputError:
            return REFUSED
        return "another cell" if np.isfinite(response.stress).all() else None


class ConfigurationFile(Victim):
    """A configuration in TOML."""

    TEXT = (
        '[cell]\nkind = "square"  # in the plane\nperturb = "interior"\nsize = 1.0\n[bar]\nyoung = 2.0\n'
        'hardening = 0.1\n[loading]\nstrain = ["11=0.2,-0.1"]\nrest = "free"\nincrements = 2\n'
    )

    def make(self) -> None:
        (self.folder / "run.toml").write_text(self.TEXT, encoding="utf-8")

    def read(self, folder: Path, file: Path) -> str | None:
        outcome = run_command("cell", "--config", str(file), "--output", str(folder / "output"))
        require((outcome.code == 0) == (folder / "output").exists(), "a failed command leaves results")
        return REFUSED if outcome.code else "another configuration"


class ProgrammeFile(Victim):
    """Steps of loading in TOML."""

    TEXT = (
        'repeat = 2\n[[step]]\nstrain = { 11 = 0.2 }\nrest = "free"\nincrements = 2\n'
        "[[step]]\nstress = { 11 = 0.0 }\n"
    )

    def make(self) -> None:
        (self.folder / "programme.toml").write_text(self.TEXT, encoding="utf-8")

    def read(self, folder: Path, file: Path) -> str | None:
        try:
            steps = mt.read_programme(file)
        except InputError:
            return REFUSED
        return "another programme" if steps else None


class PathFile(Victim):
    """A strain path in CSV."""

    def make(self) -> None:
        strain = np.random.default_rng(0).normal(0.0, 0.1, (20, 3)).cumsum(axis=0)
        rows = [f"{t + 1},{','.join(map(repr, row))}" for t, row in enumerate(strain.tolist())]
        (self.folder / "path.csv").write_text("\n".join(["# a path", "time,e11,e22,e12", *rows]), encoding="utf-8")

    def read(self, folder: Path, file: Path) -> str | None:
        try:
            time, strain = read_path(file, 3)
        except InputError:
            return REFUSED
        fit = strain.shape == (len(time), 3) and np.isfinite(strain).all() and (np.diff(time) > 0).all()
        return "another path" if fit else None


class Shards(Victim):
    """Shards and manifest of an unfinished generation of data."""

    plan = replace(PLAN, paths=150)

    def make(self) -> None:
        class Stopped(Exception):  # noqa: N818
            pass

        def stop(done: int, _: int) -> None:
            if done == self.plan.increments:
                raise Stopped

        with suppress(Stopped):
            generate_to(self.folder / "data.h5", mt.Lattice(CELL, BAR), self.plan, shard_paths=1, progress=stop)
        write_dataset(self.folder / "whole.h5", generate(mt.Lattice(CELL, BAR), self.plan))
        self.whole = read_dataset(self.folder / "whole.h5")
        (self.folder / "whole.h5").unlink()

    def read(self, folder: Path, file: Path) -> str | None:
        try:
            generate_to(folder / "data.h5", mt.Lattice(CELL, BAR), self.plan, shard_paths=1)
        except InputError:
            require(file.name == "manifest.json", f"the damaged {file.name} is not made again")
            return REFUSED
        return "made again" if same_data(self.whole, read_dataset(folder / "data.h5")) else None


class Results(Victim):
    """Files of a finished stage: a damaged one is noticed and made again, and never stops a report silently."""

    arguments = ("cell", "square", "--strain", "11=0.2", "--increments", "2")

    def make(self) -> None:
        require(run_command(*self.arguments, "--output", str(self.folder / "out")).code == 0, "no results")
        self.digests = {p.name: file_digest(p) for p in (self.folder / "out").iterdir()}

    def read(self, folder: Path, file: Path) -> str | None:
        output = str(folder / "out")
        if file_digest(file) == self.digests[file.name]:
            return SAME
        again = run_command(*self.arguments, "--output", output)
        if again.code == 0:
            # the stamp itself may be damaged where it says nothing about the results
            return SAME if file.name in (STAMP, *GATHERED) else None
        overwritten = run_command(*self.arguments, "--output", output, "--overwrite")
        if file.name == STAMP and overwritten.code == 2:
            return REFUSED  # without a stamp the files might be the user's own
        require(overwritten.code == 0, f"--overwrite does not help: {overwritten.sentence}")
        different = [n for n, digest in self.digests.items() if file_digest(folder / "out" / n) != digest]
        return "made again" if not different else None


class Sections(Victim):
    """Sections, pictures and numbers of finished stages, which `report` gathers without asking who wrote them."""

    def make(self) -> None:
        plan = ("--cell", "square", "--set", "walks.paths=10", "--set", "walks.steps=5")
        require(run_command("data", *plan, "--output", str(self.folder / "data")).code == 0, "no data")
        (self.folder / "data" / "data.h5").unlink()

    def read(self, folder: Path, file: Path) -> str | None:
        outcome = run_command("report", str(folder))
        if outcome.code:
            return REFUSED
        page = (folder / "report.html").read_text(encoding="utf-8")
        return "reported" if page.rstrip().endswith("</html>") else None


def same_data(one: Dataset, other: Dataset) -> bool:
    """Return whether two data sets hold the same increments of the same microstructure, bit for bit."""
    for name in ("training", "validation", "test"):
        first, second = getattr(one, name), getattr(other, name)
        for field in fields(Increments):
            if not np.array_equal(getattr(first, field.name), getattr(second, field.name)):
                return False
    shapes = dict(one.coordinate_shapes) == dict(other.coordinate_shapes)
    texts = (one.units, one.extra_names, one.strain_names) == (other.units, other.extra_names, other.strain_names)
    return shapes and texts and _arrays(one) == _arrays(other)


def _arrays(dataset: Dataset) -> list[tuple[str, str, bytes]] | None:
    """Return the arrays of the microstructure, to be compared."""
    if dataset.microstructure is None:
        return None
    groups = dataset.microstructure.groups()
    return [(g, name, values.tobytes()) for g, arrays in groups.items() for name, values in arrays.items()]


VICTIMS = (
    DataFile,
    ModelFile,
    CheckpointFile,
    CellFile,
    ConfigurationFile,
    ProgrammeFile,
    PathFile,
    Shards,
    Results,
    Sections,
)
