"""What is loaded through steps: a finite-element model or a lattice structure."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from microtann.equilibrium.checkpoint import Accepted, Checkpoint
from microtann.equilibrium.equilibrium_error import BodyLimitError, EquilibriumError
from microtann.equilibrium.history import History
from microtann.equilibrium.march import march
from microtann.equilibrium.plan import Plan
from microtann.equilibrium.range_watch import sentence
from microtann.equilibrium.record import FAILED_POINT, Record, Restart
from microtann.equilibrium.record_writer import RecordWriter
from microtann.equilibrium.recorder import MemoryRecorder, Recorder
from microtann.equilibrium.recording import Recording
from microtann.equilibrium.shown_increments import shown_increments
from microtann.equilibrium.solver_options import ProgressCallback, SolverOptions
from microtann.equilibrium.steps import Step
from microtann.equilibrium.system import System
from microtann.equilibrium.unknowns import unknowns_of
from microtann.errors import InputError
from microtann.numbers.range_policy import warn_or_raise
from microtann.system.threads import one_blas_thread

R_co = TypeVar("R_co", bound=History, covariant=True)


class Body(ABC, Generic[R_co]):
    """A body that a discrete system describes; its results add fields of their own to a `History`."""

    _every_field: ClassVar[bool]
    """Whether fields of every increment are kept if the caller does not say."""

    def solve(
        self,
        steps: Sequence[Step] | Step,
        options: SolverOptions | None = None,
        progress: ProgressCallback | None = None,
        fields: bool | None = None,
        *,
        record: Record | str | os.PathLike[str] | None = None,
        restart: Restart | str | os.PathLike[str] | None = None,
        failure: str | os.PathLike[str] | None = None,
    ) -> R_co:
        """Load the body from its virgin state, or from where a record ends.

        Parameters
        ----------
        steps : sequence of Step
        options : SolverOptions, optional
        progress : callable, optional
            Called with a `Progress` after every Newton iteration. It may raise (KeyboardInterrupt, say). Without
            it a notebook shows a bar.
        fields : bool, optional
            Keep the fields of the elements or bars for every increment, not only for the last one. If left out,
            finite elements keep them for every increment and lattices, which have many bars, for the last one.
        record : path or Record, optional
            Folder to which every equilibrium is written when it is found, so that memory does not grow with the
            number of increments, and nothing that was found is lost. The result then reads from it.
        restart : path or Restart, optional
            Record to go on with, in its own folder if ``record`` does not name another. The steps are all steps,
            as from the start; those that were not reached may be others. The result is that of one run without a
            stop, to the last bit; where bars flow without hardening and the preconditioner was renewed, within the
            tolerance.
        failure : path, optional
            File for the Gauss point at which an increment fails, from which ``microtann replay`` tries it alone.
            If left out, it is ``failed-point.h5`` in the folder of the record. The error carries the point in any
            case: ``error.point.write(path)``.

        Returns
        -------
        `microtann.fem.Result` or `microtann.StructureResult`

        Raises
        ------
        InputError
            If a step does not fit the body, the material breaks its protocol, or a record does not fit.
        EquilibriumError
            If an increment fails although it was cut, a `ConvergenceError`; it names increment, residuals, worst
            nodes and, of finite elements, the Gauss point; ``error.result`` is the result up to there.
        BodyLimitError
            If the displacements run away under forces, an `EquilibriumError` and a `LimitLoadError`.
        TrainingRangeError
            If a material leaves the range of its training data and that is an error.
        StorageError
            If the record cannot be written.
        """
        options = options or SolverOptions()
        every_field = self._every_field if fields is None else fields
        system = self._system()
        plan = self._plan(system, steps, options)
        recorder: Recorder
        start: Checkpoint | None = None
        if restart is not None:
            recorder, start = _go_on(restart, record, system, plan)
        elif record is not None:
            recorder = RecordWriter.new(_record(record), system.points, unknowns_of(system))
        else:
            recorder = MemoryRecorder(system.points, plan.count, unknowns_of(system))
        state = None if start is None else start.equilibrium.state
        accepted = None
        with one_blas_thread(), shown_increments(progress) as told:
            try:
                for accepted in march(system, plan, options, told, start, recorder.reached):
                    state = accepted.equilibrium.state
                    kept = accepted.ends_increment and (every_field or accepted.last)
                    recorder.accept(accepted, system.fields(state, accepted.reach) if kept else None)
            except EquilibriumError as error:
                folder = recorder.folder
                file = Path(failure) if failure is not None else folder / FAILED_POINT if folder else None
                if not isinstance(error, BodyLimitError):
                    error = self._located(system, error, file)
                error.result = self._reached(system, recorder, accepted)
                raise error from error.__cause__
        text = sentence(recorder.reached)
        if text and options.outside_training == "warn":
            warn_or_raise("warn", text, 2)  # of the caller
        return self._result(recorder.history(), state)

    def read(self, folder: str | os.PathLike[str]) -> R_co:
        """Return the result that a record of this body holds, up to the last increment that was finished.

        Displacements, reactions, fields and parts are read when they are asked for.

        Parameters
        ----------
        folder : path

        Raises
        ------
        InputError
            If the folder holds no record, that of another body, or no increment that was finished.
        """
        system = self._system()
        recording = Recording(Path(folder), system.points, unknowns_of(system))
        history = recording.history()
        checkpoint = recording.checkpoint(recording.place(len(recording.ends) - 1), system.virgin())
        return self._result(history, checkpoint.equilibrium.state)

    def _reached(self, system: System, recorder: Recorder, accepted: Accepted | None) -> R_co | None:
        """Return the result up to the last equilibrium of a simulation that failed, if there is one."""
        if not isinstance(recorder, MemoryRecorder):
            with suppress(InputError):
                return self.read(recorder.folder or "")
            return None
        if accepted is None:
            return None
        state = accepted.equilibrium.state
        if accepted.ends_increment:
            return self._result(recorder.history(), state)
        return self._result(
            recorder.history_with(accepted, system.fields(state, accepted.checkpoint.reach)), state
        )

    def _located(self, system: Any, error: EquilibriumError, file: Path | None) -> EquilibriumError:
        """Return an error with the material point that failed, written to a file; unchanged without one."""
        return error

    def _plan(self, system: Any, steps: Sequence[Step] | Step, options: SolverOptions) -> Plan:
        """Return the steps, checked and resolved on the points of the system."""
        return Plan.of(system, steps, options)

    @abstractmethod
    def _system(self) -> System:
        """Return the discrete system."""

    @abstractmethod
    def _result(self, history: History, state: Any) -> R_co:
        """Return a history with what the state of the system adds to it."""


def _go_on(
    restart: Restart | str | os.PathLike[str],
    record: Record | str | os.PathLike[str] | None,
    system: System,
    plan: Plan,
) -> tuple[RecordWriter, Checkpoint | None]:
    """Return what goes on writing a record, and from where the march goes on."""
    begin = restart if isinstance(restart, Restart) else Restart(restart)
    unknowns = unknowns_of(system)
    recording = Recording(begin.path, system.points, unknowns)
    number = recording.place(begin.increment)
    recording.check_loading(number, plan)
    if begin.increment is not None and record is None and number + 1 < len(recording.entries):
        raise InputError(
            f"the record in {begin.path} goes on after increment {begin.increment}: name another folder for the "
            "new one, or the same one to replace what comes after"
        )
    checkpoint = recording.checkpoint(number, system.virgin()) if number >= 0 else None
    target = _record(record) if record is not None else Record(begin.folder)
    return RecordWriter.going_on(target, system.points, unknowns, recording, number), checkpoint


def _record(record: Record | str | os.PathLike[str]) -> Record:
    return record if isinstance(record, Record) else Record(record)
