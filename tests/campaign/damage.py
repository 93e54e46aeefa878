"""What can happen to the bytes of a file."""

from __future__ import annotations

import numpy as np


def damage(content: bytes, random: np.random.Generator) -> tuple[bytes, str]:
    """Return damaged bytes, and what was done to them.

    Parameters
    ----------
    content : bytes
        Not empty.
    random : Generator
    """
    size = len(content)
    kinds = (
        "bit",
        "bit",
        "bit",
        "bytes",
        "truncated",
        "truncated",
        "zeros",
        "lost",
        "doubled",
        "appended",
        "noise",
    )
    kind = kinds[random.integers(len(kinds))]
    place = int(random.integers(size))
    length = int(min(random.integers(1, 65), size - place))
    changed = bytearray(content)
    if kind == "bit":
        bit = int(random.integers(8))
        changed[place] ^= 1 << bit
        return bytes(changed), f"bit {bit} of byte {place} flipped"
    if kind == "bytes":
        changed[place : place + length] = random.bytes(length)
        return bytes(changed), f"{length} bytes from {place} replaced"
    if kind == "truncated":
        return content[:place], f"truncated to {place} of {size} bytes"
    if kind == "zeros":
        block = min(512 * (1 + place // 4096), size - place)
        changed[place : place + block] = bytes(block)
        return bytes(changed), f"{block} bytes from {place} set to zero"
    if kind == "lost":
        del changed[place : place + length]
        return bytes(changed), f"{length} bytes from {place} lost"
    if kind == "doubled":
        changed[place:place] = content[place : place + length]
        return bytes(changed), f"{length} bytes from {place} doubled"
    if kind == "appended":
        return content + random.bytes(length), f"{length} bytes appended"
    return random.bytes(length), f"replaced by {length} bytes of noise"
