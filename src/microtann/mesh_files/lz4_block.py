"""Blocks compressed by LZ4, as ParaView writes them if it is asked to."""

from __future__ import annotations

from microtann.errors import InputError

LEAST_MATCH = 4
"""Bytes that the shortest repetition has."""


def unpack_lz4(packed: bytes | memoryview) -> bytes:
    """Return what a block of LZ4 holds.

    A block is a row of sequences: a byte with two lengths of four bits each, then bytes as they are, then how far
    back those stand that come again. A length of 15 goes on in the bytes that follow, until one is not 255.

    Raises
    ------
    InputError
        If it is damaged.

    References
    ----------
    LZ4 Block Format Description, github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md.
    """
    content, found, place = bytes(packed), bytearray(), 0
    try:
        while place < len(content):
            token = content[place]
            count, place = _length(content, token >> 4, place + 1)
            if place + count > len(content):
                raise IndexError
            found += content[place : place + count]
            place += count
            if place == len(content):  # the last sequence repeats nothing
                break
            back = content[place] + 256 * content[place + 1]
            count, place = _length(content, token & 15, place + 2)
            count += LEAST_MATCH
            start = len(found) - back
            if back == 0 or start < 0:
                raise IndexError
            piece = bytes(found[start : start + count])
            found += (piece * (count // len(piece) + 1))[:count]  # it may repeat what it just wrote
    except IndexError:
        raise InputError("data compressed by LZ4 are damaged or cut short") from None
    return bytes(found)


def _length(content: bytes, length: int, place: int) -> tuple[int, int]:
    """Return a length, of which the first part is given, and where the block goes on."""
    more = 255 if length == 15 else 0
    while more == 255:
        more = content[place]
        length, place = length + more, place + 1
    return length, place
