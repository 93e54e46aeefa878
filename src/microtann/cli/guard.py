"""Errors at the command line: one sentence and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

from typer.core import TyperGroup

from microtann.cli.log_lines import messages_as_lines
from microtann.errors import ConvergenceError, MicrotannError
from microtann.system.interrupt import INTERRUPTED, RESUME, asked, interruptible

BAD_INPUT = 2
NOT_CONVERGED = 3
NO_MEMORY = "not enough memory: use fewer paths or states, a coarser mesh or larger cells"


class GuardedGroup(TyperGroup):
    """Group of commands that turns exceptions into a sentence on standard error and an exit code.

    Bad input and files that cannot be read or written end with 2, an iteration that fails with 3, Ctrl-C with 130.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with interruptible(), messages_as_lines():
            return self._guarded(ctx)

    def _guarded(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            fail(RESUME, INTERRUPTED)
        except Exception as error:
            if asked():  # a library turned the interrupt into an error of its own
                fail(RESUME, INTERRUPTED)
            _explain(error)


def _explain(error: Exception) -> None:
    """Leave with the sentence of an error of ours, of the system or of memory; raise any other.

    Raises
    ------
    Exception
        The error, if it is none that we expect.
    """
    match error:
        case ConvergenceError():
            fail(convergence_message(error), NOT_CONVERGED)
        case MicrotannError():
            fail(str(error), BAD_INPUT)
        case BrokenPipeError():
            raise error
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            fail(f"{place}{error.strerror or error}; nothing half-written was left", BAD_INPUT)
        case MemoryError():
            fail(NO_MEMORY, BAD_INPUT)
        case RuntimeError() if "RESOURCE_EXHAUSTED" in str(error):  # how JAX says it
            fail(NO_MEMORY, BAD_INPUT)
        case _:
            reason = no_platform()
            if reason:
                fail(reason, BAD_INPUT)
            raise error


def no_platform() -> str:
    """Return the sentence for hardware that JAX was told to use and cannot; empty if it can."""
    named = os.environ.get("JAX_PLATFORMS", "")
    if not named:
        return ""
    import jax

    try:
        jax.devices()
    except Exception:  # its kind depends on the version and on what is missing
        return (
            f"JAX cannot compute on what JAX_PLATFORMS={named} names: unset JAX_PLATFORMS or set it to cpu, or "
            "install the JAX of that hardware"
        )
    return ""


def fail(sentence: str, code: int) -> NoReturn:
    """Write a sentence to standard error and leave with an exit code."""
    sys.stderr.write(f"microtann: {sentence}\n")
    raise SystemExit(code)


def convergence_message(error: ConvergenceError) -> str:
    """Return the message of a failed iteration with the facts it carries."""
    text = str(error)
    facts = []
    if error.increment is not None and "increment" not in text:
        facts.append(f"increment {error.increment}")
    if error.residuals and "residual" not in text:
        facts.append("residuals " + ", ".join(f"{r:.1e}" for r in error.residuals[-6:]))
    if error.worst and "worst" not in text and "node" not in text and "point" not in text:
        facts.append("worst " + ", ".join(str(w) for w in error.worst[:5]))
    return text + (f" ({'; '.join(facts)})" if facts else "")
