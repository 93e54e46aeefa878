"""Text that people and other programmes wrote, in whatever encoding their editor chose."""

from __future__ import annotations

import codecs
from pathlib import Path

from microtann.errors import InputError

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with the mark of UTF-16, so that it is looked for before
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Marks with which editors, and spreadsheets above all, begin a file, and the encoding that each stands for."""


def read_text(path: Path, fallback: str | None = None) -> str:
    """Return the text of a file in UTF-8, or in what its byte-order mark says.

    Parameters
    ----------
    path : Path
    fallback : str, optional
        Encoding of files without a mark that are not in UTF-8, such as "latin-1"; they are refused without one.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    InputError
        If it is not text.
    """
    return decoded(path.read_bytes(), fallback)


def decoded(content: bytes, fallback: str | None = None) -> str:
    r"""Return bytes as text, without the byte-order mark that they may begin with.

    Parameters
    ----------
    content : bytes
    fallback : str, optional
        As in `read_text`.

    Raises
    ------
    InputError
        If they are not text.

    Examples
    --------
    >>> from microtann.system.text_file import decoded
    >>> decoded(b"\xff\xfea\x00\xe4\x00"), decoded(b"\xef\xbb\xbfa"), decoded(b"\xe4", "latin-1")
    ('aä', 'a', 'ä')
    """
    mark, encoding = next((pair for pair in MARKS if content.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        if mark or fallback is None:
            line = content[: len(mark) + error.start].count(b"\n") + 1
            raise InputError(f"line {line} is not text in {encoding.upper()}: save the file as UTF-8") from None
        text = content.decode(fallback)
    if "\0" in text:
        raise InputError("it holds zero bytes, as UTF-16 without its mark or no text at all: save it as UTF-8")
    return text


def without_mark(content: bytes) -> bytes:
    """Return the bytes of a file that begins with text, in UTF-8 and without a mark, if it begins with one.

    What has no mark, such as a file whose header is text and whose numbers are binary, is returned as it is.

    Raises
    ------
    InputError
        If what follows the mark is not in its encoding.
    """
    if not any(content.startswith(mark) for mark, _ in MARKS):
        return content
    if content.startswith(codecs.BOM_UTF8):
        return content[len(codecs.BOM_UTF8) :]
    return decoded(content).encode("utf-8")
