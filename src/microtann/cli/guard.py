"""Errors at the command line: one sentence and an exit code, never a traceback."""

from __future__ import annotations

import sys
from typing import Any

from typer.core import TyperGroup

from microtann.errors import ConvergenceError, MicrotannError

BAD_INPUT = 2
NOT_CONVERGED = 3
INTERRUPTED = 130

RESUME = (
    "interrupted; nothing half-written was left. Run the same command again: finished stages are kept, data "
    "generation and training go on where they stopped"
)


class GuardedGroup(TyperGroup):
    """Group of commands that turns exceptions into a sentence on standard error and an exit code.

    Bad input and files that cannot be read or written end with 2, an iteration that fails with 3, Ctrl-C with 130.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            fail(RESUME, INTERRUPTED)
        except ConvergenceError as error:
            fail(describe(error), NOT_CONVERGED)
        except MicrotannError as error:
            fail(str(error), BAD_INPUT)
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            fail(f"{place}{error.strerror or error}; nothing half-written was left", BAD_INPUT)
        except MemoryError:
            fail("not enough memory: use fewer paths, a coarser mesh or larger cells", BAD_INPUT)


def fail(sentence: str, code: int) -> None:
    """Write a sentence to standard error and leave with an exit code."""
    sys.stderr.write(f"microtann: {sentence}\n")
    raise SystemExit(code)


def describe(error: ConvergenceError) -> str:
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
