"""A model as C99 source and header, for any code that calls C; hosts append their head to the same source."""

from __future__ import annotations

from collections.abc import Mapping

from microtann.export.exported_model import ExportedModel
from microtann.export.kernel_text import template
from microtann.export.model_source import header_text, kernel_text, prefixed, source_text


def c_files(exported: ExportedModel) -> Mapping[str, str]:
    """Return source and header by their name."""
    return with_head(exported)


def with_head(
    exported: ExportedModel, head: str = "", constants: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the source of a model with the head of a host behind it, and its header, by their name.

    Parameters
    ----------
    exported : ExportedModel
    head : str
        C file of this folder in which ``NAME_`` stands for the prefix of the model; none if empty.
    constants : mapping
        Text of macros that the head needs, by their name without the prefix.
    """
    text = kernel_text(exported)
    macros = "".join(f"#define NAME_{name} {value}\n" for name, value in (constants or {}).items())
    behind = prefixed("\n" + macros + template(head), exported.prefix) if head else ""
    return {
        f"{exported.prefix}.c": source_text(exported, text) + behind,
        f"{exported.prefix}.h": header_text(exported, text),
    }
