"""Runs of a long comparison that outlive an interruption: finished ones as numbers, one in progress as a record.

The folder belongs to one configuration: who makes it names it after a digest of all that decides the runs.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from microtann.equilibrium.body import Body
from microtann.equilibrium.history import History
from microtann.equilibrium.options import ProgressCallback, SolverOptions
from microtann.equilibrium.record import Record, is_record
from microtann.equilibrium.steps import Step
from microtann.system.atomic import write_atomically

R = TypeVar("R", bound=History)


@dataclass(frozen=True)
class KeptRuns:
    """Where runs are kept while others are computed.

    Parameters
    ----------
    folder : Path, optional
        Of one configuration; without it nothing is kept.

    Examples
    --------
    >>> from microtann.evaluation.kept_runs import KeptRuns
    >>> KeptRuns().numbers("exact-2") is None
    True
    """

    folder: Path | None = None

    def solve(
        self,
        name: str,
        body: Body[R],
        steps: Sequence[Step],
        options: SolverOptions | None = None,
        progress: ProgressCallback | None = None,
    ) -> R:
        """Load a body; go on from its record if there is one, which may be that of a finished run."""
        if self.folder is None:
            return body.solve(steps, options, progress)
        place = self.folder / name
        restart = place if is_record(place) else None
        return body.solve(steps, options, progress, record=Record(place, every_state=False), restart=restart)

    def numbers(self, name: str) -> dict[str, Any] | None:
        """Return the numbers of a finished run; None if it is not finished."""
        if self.folder is None or not self._file(name).exists():
            return None
        found: dict[str, Any] = json.loads(self._file(name).read_text(encoding="utf-8"))
        return found

    def keep(self, name: str, numbers: dict[str, Any]) -> None:
        """Keep the numbers of a finished run."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._file(name), json.dumps(numbers))

    def drop(self, name: str) -> None:
        """Remove the record of a run whose fields are not needed any more."""
        if self.folder is not None:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _file(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{name}.json"
