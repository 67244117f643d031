"""Trees of hashes, as RFC 6962 (Certificate Transparency) builds them, with SHA-256. PURE.

A leaf is hashed with the byte 00 before it and an inner node with 01, so that neither can pass for
the other. A list of n > 1 leaves is split after the largest power of two below n; nothing is
doubled to fill up an odd number. The root of no leaves is the hash of the empty string.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

EMPTY = hashlib.sha256(b"").digest()
LEFT, RIGHT = "left", "right"


@dataclass(frozen=True)
class Step:
    """One step up from a leaf: the neighbour's hash and the side on which it stands."""

    side: str
    hash: bytes


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The root of leaves that come one by one, in memory that grows with their logarithm only."""

    def __init__(self) -> None:
        self.n = 0
        self._whole: list[bytes] = []  # roots of the complete parts, the largest first

    def add(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        self._whole.append(leaf)
        self.n += 1
        size = self.n
        while size % 2 == 0:
            right, left = self._whole.pop(), self._whole.pop()
            self._whole.append(node_hash(left, right))
            size //= 2

    @property
    def root(self) -> bytes:
        if not self._whole:
            return EMPTY
        *rest, found = self._whole
        for part in reversed(rest):
            found = node_hash(part, found)
        return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root over hashes of leaves, in the order given."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root


def path_of(leaves: Sequence[bytes], place: int) -> tuple[Step, ...]:
    """The steps from leaf `place` (from 0) up to the root. Raises IndexError."""
    if not 0 <= place < len(leaves):
        raise IndexError(place)
    if len(leaves) == 1:
        return ()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if place < split:
        return (*path_of(leaves[:split], place), Step(RIGHT, root_of(leaves[split:])))
    return (*path_of(leaves[split:], place - split), Step(LEFT, root_of(leaves[:split])))


def climb(leaf: bytes, path: Iterable[Step]) -> bytes:
    """The root to which a path leads from the hash of a leaf."""
    found = leaf
    for step in path:
        pair = (step.hash, found) if step.side == LEFT else (found, step.hash)
        found = node_hash(*pair)
    return found
