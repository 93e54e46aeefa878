"""The self-contained HTML report: pictures and style are inside, nothing is fetched."""

from __future__ import annotations

import base64
import platform
from collections.abc import Sequence
from html import escape
from pathlib import Path

import microtann
from microtann.errors import InputError
from microtann.report.runs import compare_runs, headings, run_names
from microtann.report.section import Section
from microtann.system.atomic import write_atomically

REPORT_FILE = "report.html"
STYLE = """
:root { --ink: #1c2430; --soft: #5b6675; --line: #d9dee5; --tint: #f5f7fa; --accent: #0b5fa5; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; line-height: 1.5;
  font: 16px/1.55 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main, header, footer { max-width: 62rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2.5rem; }
h1 { font-size: 1.9rem; margin: 0 0 .3rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--line); }
p { max-width: 46rem; margin: .5rem 0; }
header p, .note, footer { color: var(--soft); }
nav a { color: var(--accent); text-decoration: none; margin-right: 1.2rem; display: inline-block; }
nav a:hover { text-decoration: underline; }
.table { overflow-x: auto; margin: 1.2rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
th { font-weight: 600; border-bottom: 1.5px solid var(--ink); vertical-align: bottom; }
th small { display: block; font-weight: 400; color: var(--soft); }
th, td { padding: .28rem .8rem; }
th:first-child, td:first-child { padding-left: .2rem; }
td { border-bottom: 1px solid var(--line); }
td:first-child { white-space: nowrap; }
tbody tr:hover { background: var(--tint); }
.right { text-align: right; white-space: nowrap; }
.left { text-align: left; }
.note { font-size: .87rem; }
figure { margin: 1.5rem 0; }
figure img { max-width: 100%; max-height: 38rem; width: auto; height: auto; display: block; }
figcaption { color: var(--soft); font-size: .9rem; margin-top: .4rem; max-width: 46rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .92rem; }
dt { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .86rem; }
dd { margin: 0; color: var(--soft); }
footer { font-size: .85rem; padding: 2rem 1.5rem 3rem; }
@media print { h2 { break-after: avoid; } figure, .table { break-inside: avoid; } }
"""


def write_report(folder: Path, title: str, sections: Sequence[tuple[Path, Section]]) -> None:
    """Write the self-contained report of sections into a folder.

    Parameters
    ----------
    folder : Path
    title : str
    sections : sequence of (folder, Section)
        As for `render_page`.
    """
    footer = f"microtann {microtann.__version__}, Python {platform.python_version()}, {platform.machine()}."
    subtitle = "All pictures are inside this file; each section names the files beside it."
    write_atomically(folder / REPORT_FILE, render_page(folder, title, subtitle, sections, footer))


def render_page(
    root: Path, title: str, subtitle: str, sections: Sequence[tuple[Path, Section]], footer: str = ""
) -> str:
    """Return the HTML of a report.

    Sections of one title carry the names of their runs, and a table compares them.

    Parameters
    ----------
    root : Path
        Folder of the report; the folders of the sections are named as seen from it.
    title, subtitle : str
    sections : sequence of (folder, Section)
        The pictures of each section are read from its folder and put into the page.
    footer : str
        A line at the end, such as the versions of the software.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If a picture is missing or is not a PNG file.
    """
    names = run_names(root, sections)
    titles = headings(names, sections)
    comparisons = compare_runs(names, sections)
    links = "".join(f'<a href="#section-{i}">{escape(heading)}</a>' for i, heading in enumerate(titles))
    parts = []
    if comparisons:
        links = '<a href="#comparison">Comparison</a>' + links
        tables = "\n".join(table.to_html() for table in comparisons)
        parts.append(f'<section id="comparison"><h2>Comparison</h2>\n{tables}\n</section>')
    for number, (name, heading, (folder, section)) in enumerate(zip(names, titles, sections, strict=True)):
        parts.append(_render_section(number, name, heading, folder, section))
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(title)}</h1><p>{escape(subtitle)}</p><nav>{links}</nav></header>\n"
        f"<main>\n{body}\n</main>\n<footer>{escape(footer)}</footer>\n</body>\n</html>\n"
    )


def _render_section(number: int, name: str, heading: str, folder: Path, section: Section) -> str:
    parts = [f'<section id="section-{number}"><h2>{escape(heading)}</h2>']
    parts += [f"<p>{escape(paragraph)}</p>" for paragraph in section.paragraphs]
    parts += [table.to_html() for table in section.tables]
    for figure in section.figures:
        parts.append(
            f'<figure><img alt="{escape(figure.caption, quote=True)}" src="{_inline(folder / figure.file)}">'
            f"<figcaption>{escape(figure.caption)}</figcaption></figure>"
        )
    if section.files:
        items = "".join(
            f"<dt>{escape(f'{name}/{file}')}</dt><dd>{escape(text)}</dd>" for file, text in section.files.items()
        )
        parts.append(f"<dl>{items}</dl>")
    return "\n".join([*parts, "</section>"])


def _inline(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"the picture {path} of the report cannot be read: {error.strerror}") from None
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise InputError(f"the picture {path} of the report is not a PNG file; run its stage again")
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")
