"""A job in which a model of one's own is the material, or the hybrid of it where there can be one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from microtann.errors import ConfigurationError, InputError
from microtann.fem.model import Result
from microtann.job.job_file import StructureJob, read_job
from microtann.job.job_materials import ModelMaterial
from microtann.job.job_tables import read_tables
from microtann.job.shipped_jobs import job_path
from microtann.report.job_section import held_sets
from microtann.tann.hybrid import Hybrid
from microtann.tann.trained_model import TANN


@dataclass(frozen=True)
class ModelInJob:
    """Where in a job the model is the material.

    Parameters
    ----------
    file : Path
        The job.
    changes : mapping
        Values in place of those in the file.
    region : str
        Of the model; empty where one material fills the mesh.
    """

    file: Path
    changes: Mapping[str, Any]
    region: str

    @classmethod
    def of(cls, file: Path, changes: Mapping[str, Any], region: str | None) -> ModelInJob:
        """Return the place of the model: the region that is named, or the only one that has a model.

        Parameters
        ----------
        file : Path
            The job, or the name of one that ships.
        changes : mapping
            Values in place of those in the file.
        region : str, optional
            That is meant.

        Raises
        ------
        InputError
            If the job has no model, or several and none is named.
        """
        place = job_path(file)
        tables = read_tables(place, changes)
        models = [name for name, choice in tables.materials.items() if isinstance(choice, ModelMaterial)]
        if region is None and len(models) == 1:
            return cls(place, changes, models[0])
        if region in models and region is not None:
            return cls(place, changes, region)
        if not models:
            raise ConfigurationError(f'{place} has no material of the kind "model", "hybrid" or "exact" to refine')
        named = ", ".join(models)
        raise ConfigurationError(
            f"{place} has models in several regions ({named}): name one of them with --region"
        )

    def job(self, model: Path, tann: TANN) -> StructureJob:
        """Return the job with a model in it, as a hybrid if the microstructure allows one.

        Parameters
        ----------
        model : Path
            File of the model.
        tann : TANN
            The same model.
        """
        key = f"material.{self.region}" if self.region else "material"
        kind = "hybrid" if can_be_hybrid(tann) else "model"
        own = {f"{key}.kind": kind, f"{key}.name": str(model.resolve()), "solver.outside_training": "none"}
        return read_job(self.file, {**self.changes, **own})

    @property
    def audited(self) -> str | None:
        """The region as an audit wants it."""
        return self.region or None


def can_be_hybrid(tann: TANN) -> bool:
    """Return whether the exact microstructure can take over from a model outside of its range."""
    try:
        Hybrid(tann)
    except InputError:
        return False
    return True


def named_quantities(job: StructureJob, result: Result) -> dict[str, list[list[float]]]:
    """Return what a job names, by increments: displacements of its points, and reactions of its held sets.

    "borne" are the sums of the sizes of the nodal reactions of every set: where they balance each other, as under
    torsion, their resultant is nothing to be relative to.

    Parameters
    ----------
    job : StructureJob
    result : Result
        Of this job.
    """
    moved = [
        np.concatenate([result.displacement[t][result.nearest(point)] for point in job.output.points]).tolist()
        for t in range(len(result.time))
        if job.output.points
    ]
    sets = held_sets(result)
    held = [
        np.concatenate([result.reaction(name)[t] for name in sets]).tolist()
        for t in range(len(result.time))
        if sets
    ]
    borne = [
        [float(np.linalg.norm(result.reactions[t][result.mesh.sets[name]], axis=1).sum()) for name in sets]
        for t in range(len(result.time))
        if sets
    ]
    return {"displacements": moved, "reactions": held, "borne": borne}


def change_of(now: Mapping[str, Any], before: Mapping[str, Any]) -> float | None:
    """Return by how much the named quantities have changed, the larger of both kinds; None if there are none.

    Displacements relative to their RMS, reactions to the RMS of the forces that their sets bear.

    Parameters
    ----------
    now, before : mapping
        As `named_quantities`.
    """
    found = []
    for name, measure in (("displacements", "displacements"), ("reactions", "borne")):
        one, other = np.array(now[name]), np.array(before[name])
        scale = float(np.linalg.norm(now[measure]))
        if one.size and one.shape == other.shape and scale > 0.0:
            found.append(float(np.linalg.norm(one - other)) / scale)
    return max(found, default=None)
