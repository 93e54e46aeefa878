"""When a refinement ends: within its targets, or where the errors do not fall any more.

What an audit estimates for the whole structure counts with the upper end of its 95 % interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from microtann.refinement.refinement_choice import RefinementChoice


@dataclass(frozen=True)
class Decision:
    """What follows after a round.

    Parameters
    ----------
    states : int
        Of the model of the next round; 0 if there is none.
    reason : str
        Why there is none, or why there are more states.
    """

    states: int
    reason: str = ""


def worst_ratio(numbers: Mapping[str, Any], choice: RefinementChoice, intervals: bool = True) -> float:
    """Return the largest error of a round over what is small enough: at most 1 if all are.

    Parameters
    ----------
    numbers : mapping
        Of the round, with its "errors" by quantity, None where nothing is known, and "half" of their intervals.
    choice : RefinementChoice
    intervals : bool
        Whether the intervals count; otherwise what is expected.
    """
    half = numbers["half"] if intervals else {}
    return max(
        (
            (abs(error) + (half.get(name) or 0.0)) / choice.allowed(name)
            for name, error in numbers["errors"].items()
            if error is not None
        ),
        default=0.0,
    )


def decide(rounds: Sequence[Mapping[str, Any]], choice: RefinementChoice) -> Decision:
    """Return what follows after the last of some rounds.

    Parameters
    ----------
    rounds : sequence of mapping
        Numbers of every round, the first of which is the model as it was.
    choice : RefinementChoice
    """
    last = rounds[-1]
    ratios = [worst_ratio(numbers, choice) for numbers in rounds]
    if ratios[-1] <= 1.0:
        return Decision(0, f"all errors are within their targets after {_counted(len(rounds) - 1)}")
    wide = ""
    if worst_ratio(last, choice, intervals=False) <= 1.0:
        wide = " (without the intervals of the audit they are: audit more points, --audit)"
    if len(rounds) > choice.rounds:
        count = _counted(choice.rounds)
        return Decision(0, f"the errors are not within their targets after {count}{wide}: allow more rounds")
    states = int(last["states"])
    same = [ratio for ratio, numbers in zip(ratios, rounds, strict=True) if numbers["states"] == states]
    if len(same) < 2 or same[-1] <= (1.0 - choice.fall) * min(same[:-1]):
        return Decision(states)
    stopped = f"with {states} states the errors do not fall any more{wide}"
    if not choice.grow:
        return Decision(0, f"{stopped}: let the model grow (--grow), or ask for less")
    if states + choice.grow > choice.most_states:
        return Decision(0, f"{stopped}, and there may be no more than {choice.most_states}")
    return Decision(states + choice.grow, stopped)


def _counted(rounds: int) -> str:
    return f"{rounds} round" if rounds == 1 else f"{rounds} rounds"
