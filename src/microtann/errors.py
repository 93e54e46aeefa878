"""The exceptions of microtann: a small family, each with a sentence that says what, where and what to do."""

from __future__ import annotations

from collections.abc import Sequence


class MicrotannError(Exception):
    """Base class of every error that microtann raises on purpose."""


class InputError(MicrotannError, ValueError):
    """An argument, file or configuration that cannot be used; the command line ends with exit code 2."""


class CellError(InputError):
    """A lattice cell, bar or structure that is not well defined."""


class ConfigurationError(InputError):
    """An unknown key or a wrong value in a configuration."""


class DataFileError(InputError):
    """A data file that is damaged, incomplete or not of the documented format."""


class ModelFileError(InputError):
    """A model file that is damaged, of another schema, or not a microtann model."""


class TrainingRangeError(InputError):
    """A model was used outside of the range of its training data where that was not allowed."""


class TrainingRangeWarning(UserWarning):
    """A model was used outside of the range of its training data, where nothing is known of its errors."""


class LockingWarning(UserWarning):
    """Elements that are much too stiff for a material that keeps its volume as it flows."""


class ReadingNote(UserWarning):
    """What a file or argument says was taken otherwise than written: left out, turned, merged or completed."""


class ConvergenceError(MicrotannError, RuntimeError):
    """An iteration that did not converge; the command line ends with exit code 3.

    Parameters
    ----------
    message : str
        What failed and what to try.
    increment : int, optional
        Index of the increment that failed.
    residuals : sequence of float, optional
        Relative residual after each iteration of the last attempt.
    worst : sequence of int, optional
        Nodes, elements or samples with the largest residual, worst first.
    """

    def __init__(
        self,
        message: str,
        *,
        increment: int | None = None,
        residuals: Sequence[float] = (),
        worst: Sequence[int] = (),
    ) -> None:
        super().__init__(message)
        self.increment = increment
        self.residuals = tuple(float(r) for r in residuals)
        self.worst = tuple(int(w) for w in worst)


class LimitLoadError(ConvergenceError):
    """A load, the stress of a cell or the forces on a structure, beyond what can be carried without hardening.

    Parameters
    ----------
    message : str
    load_factor : float
        Part of the loading of the step at which the limit load is reached.
    step : int
        The step of the programme.
    """

    def __init__(self, message: str, *, load_factor: float, step: int) -> None:
        super().__init__(message)
        self.load_factor = load_factor
        self.step = step


class MissingExtraError(MicrotannError, ImportError):
    """An optional package that a feature needs is not installed; the message names the ``pip install`` line."""


class StorageError(MicrotannError, OSError):
    """A file that could not be written: a full disk or no permission; nothing half-written is left."""

    def __str__(self) -> str:
        return self.strerror or super().__str__()
