"""Small tables as HTML, for what is shown as the last line of a notebook's cell."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def html_table(
    caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()
) -> str:
    """Return a table, the first column of which are words and the others numbers.

    Parameters
    ----------
    caption : str
        Above it.
    headings : sequence of str
        Of the columns; without any there is no row of them.
    rows : sequence of sequences of str
    notes : sequence of str
        Sentences below it.

    Examples
    --------
    >>> from microtann.system.html_table import html_table
    >>> "1 &lt; 2</td>" in html_table("", ["", "n"], [["a", "1 < 2"]])
    True
    """
    head = "<tr>" + "".join(f"<th{_side(k)}>{escape(name)}</th>" for k, name in enumerate(headings)) + "</tr>"
    body = "".join(
        "<tr>" + "".join(f"<td{_side(k)}>{escape(cell)}</td>" for k, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    title = f'<caption style="text-align: left"><b>{escape(caption)}</b></caption>' if caption else ""
    below = "".join(f"<p>{escape(note)}</p>" for note in notes)
    above = f"<thead>{head}</thead>" if headings else ""
    return f"<div><table>{title}{above}<tbody>{body}</tbody></table>{below}</div>"


def _side(column: int) -> str:
    return f' style="text-align: {"right" if column else "left"}"'
