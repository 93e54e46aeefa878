"""In which metric data were drawn, from what a file tells of them."""

from __future__ import annotations

from collections.abc import Mapping

from microtann.microstructure.protocol import Microstructure
from microtann.microstructure.strain_metric import StrainMetric, metric_name_in


def metric_in(
    provenance: Mapping[str, str], microstructure: Microstructure | None, components: int
) -> StrainMetric:
    """Return the metric of data or of a model trained on them.

    It is that which their provenance names, of the microstructure if it is there, else as it is written; without
    one, the usual metric of the microstructure.

    Parameters
    ----------
    provenance : mapping
    microstructure : Microstructure or None
    components : int
        Strain components.

    Raises
    ------
    InputError
        If the provenance tells a metric that is none.
    """
    solvable = microstructure is not None and microstructure.solvable
    if "metric" in provenance and not (solvable and metric_name_in(provenance)):
        return StrainMetric.from_text(provenance["metric"], components)
    if microstructure is None:
        return StrainMetric.uniform(1.0, components)
    return microstructure.strain_metric(metric_name_in(provenance) or "usual")
