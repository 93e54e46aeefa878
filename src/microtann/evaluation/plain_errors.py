"""Errors as files hold them."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from microtann.microstructure.strain_metric import MetricName
from microtann.system.plain_values import plain_values


@runtime_checkable
class InMetric(Protocol):
    """A dataclass of errors, of which those of stresses are measured in a metric."""

    @property
    def metric(self) -> MetricName:
        """In which they are."""


def plain_errors(errors: InMetric) -> dict[str, Any]:
    """Return errors as plain values for JSON; the metric is told unless it is uniform."""
    plain: dict[str, Any] = plain_values(errors)
    if errors.metric == "uniform":
        del plain["metric"]
    return plain
