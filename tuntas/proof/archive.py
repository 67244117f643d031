"""The archive: a zip file of which every byte is fixed by its contents. PURE.

Nothing is compressed, no time, no attribute, no comment is kept, and the files stand in one order.
So the same contents give the same file on every machine, a changed byte has nowhere to hide, and
nothing can unfold to more than the size of the file.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

# The files of an archive, in this order. No other name is accepted, hence no path either.
NAMES = (
    "README.txt",
    "closure.json",
    "editions.json",
    "days.csv",
    "receipts.csv",
    "answers.csv",
    "SHA256SUMS",
)
MOST_BYTES = 2**32 - 1  # larger ones would need another kind of zip
CHUNK = 1 << 20
LOCAL, CENTRAL, END = (
    struct.Struct("<4s5H3I2H"),
    struct.Struct("<4s6H3I5H2I"),
    struct.Struct("<4s4H2IH"),
)
VERSION, NEW_YEAR_1980 = 10, 0x0021


class NotAnArchive(ValueError):
    """The file cannot be read as an archive at all; the message says what was met where."""


@dataclass(frozen=True)
class Member:
    """One file of the archive: its bytes stand from `start` to `start + size`."""

    name: str
    start: int
    size: int
    crc: int


@dataclass(frozen=True)
class Fault:
    """A byte of the frame, outside the files' own bytes, that is not what it must be."""

    where: str
    at: int  # place in the file, from 0
    found: int
    expected: int


def write(file: BinaryIO, contents: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Write an archive to an empty file that can seek. Raises ValueError for another order or size."""
    members: list[Member] = []
    for name, chunks in contents:
        offset = file.tell()
        file.write(local_header(Member(name, 0, 0, 0)))
        start, crc = file.tell(), 0
        for chunk in chunks:
            file.write(chunk)
            crc = zlib.crc32(chunk, crc)
        end = file.tell()
        members.append(Member(name, start, end - start, crc))
        file.seek(offset)
        file.write(local_header(members[-1]))
        file.seek(end)
    if tuple(member.name for member in members) != NAMES or file.tell() > MOST_BYTES:
        raise ValueError("files in another order, or more than 4 GiB")
    file.write(directory(members))


def local_header(member: Member) -> bytes:
    name = member.name.encode()
    sizes = (member.crc, member.size, member.size, len(name), 0)
    return LOCAL.pack(b"PK\x03\x04", VERSION, 0, 0, 0, NEW_YEAR_1980, *sizes) + name


def directory(members: list[Member]) -> bytes:
    """The list of files at the end, and the end itself."""
    entries = b"".join(
        CENTRAL.pack(
            *(b"PK\x01\x02", VERSION, VERSION, 0, 0, 0, NEW_YEAR_1980),
            *(member.crc, member.size, member.size, len(member.name)),
            *(0, 0, 0, 0, 0, member.start - LOCAL.size - len(member.name)),
        )
        + member.name.encode()
        for member in members
    )
    after = members[-1].start + members[-1].size
    end = END.pack(b"PK\x05\x06", 0, 0, len(members), len(members), len(entries), after, 0)
    return entries + end


DIRECTORY_SIZE = sum(CENTRAL.size + len(name) for name in NAMES) + END.size


def read(file: BinaryIO) -> list[Member]:
    """Where the files stand, without their bytes being read. Raises NotAnArchive.

    The sizes stand twice. Those at the end are believed when they fill the file exactly, else those
    before each file; `faults` says which byte of the others is wrong.
    """
    total = file.seek(0, 2)
    least = sum(LOCAL.size + len(name) for name in NAMES) + DIRECTORY_SIZE
    if total < least:
        raise NotAnArchive(f"panjang {total} byte, paling sedikit {least}")
    for sizes in (sizes_at_the_end(file, total), sizes_on_the_way(file, total)):
        members = placed(sizes)
        if members[-1].start + members[-1].size + DIRECTORY_SIZE == total:
            return members
    raise NotAnArchive("ukuran berkas-berkas di dalamnya tidak sama dengan panjang arsip")


def sizes_at_the_end(file: BinaryIO, total: int) -> list[tuple[int, int]]:
    """(size, CRC-32) of each file as the list at the end has it."""
    file.seek(total - DIRECTORY_SIZE)
    data, at, found = file.read(DIRECTORY_SIZE), 0, []
    for name in NAMES:
        fields = CENTRAL.unpack_from(data, at)
        found.append((fields[8], fields[7]))
        at += CENTRAL.size + len(name)
    return found


def sizes_on_the_way(file: BinaryIO, total: int) -> list[tuple[int, int]]:
    """The same as stands before each file; (0, 0) where the way leads out of the archive."""
    at, found = 0, []
    for name in NAMES:
        file.seek(min(at, total))
        data = file.read(LOCAL.size)
        fields = LOCAL.unpack(data) if len(data) == LOCAL.size else (b"",) + (0,) * 10
        found.append((fields[7], fields[6]))
        at += LOCAL.size + len(name) + fields[7]
    return found


def placed(sizes: list[tuple[int, int]]) -> list[Member]:
    at, members = 0, []
    for name, (size, crc) in zip(NAMES, sizes, strict=True):
        start = at + LOCAL.size + len(name)
        members.append(Member(name, start, size, crc))
        at = start + size
    return members


def chunks_of(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """The bytes of a file of the archive, piece by piece."""
    at, end = member.start, member.start + member.size
    while at < end:
        file.seek(at)
        chunk = file.read(min(CHUNK, end - at))
        if not chunk:
            return
        at += len(chunk)
        yield chunk


def bytes_of(file: BinaryIO, member: Member, most: int) -> bytes:
    """All bytes of a small file. Raises NotAnArchive when it is larger than `most`."""
    if member.size > most:
        raise NotAnArchive(f"{member.name} lebih dari {most} byte")
    return b"".join(chunks_of(file, member))


def lines_of(file: BinaryIO, member: Member, longest: int = 4096) -> Iterator[bytes]:
    """The lines of a file without their line feeds; one that is too long is cut and ends it."""
    rest = b""
    for chunk in chunks_of(file, member):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
        if len(rest) > longest:
            break
    if rest:
        yield rest[:longest]


def faults(file: BinaryIO, members: list[Member], crcs: dict[str, int]) -> list[Fault]:
    """Bytes of the frame that are wrong, the first of each part. `crcs`: of the files as they are.

    Where a file's checksum is the same before it and at the end, the file itself was changed, not
    its frame: then that checksum is expected here.
    """
    total = file.seek(0, 2)
    at_end, on_way = sizes_at_the_end(file, total), crcs_on_the_way(file, members)
    expected = [
        Member(m.name, m.start, m.size, kept[1] if kept[1] == way else crcs[m.name])
        for m, kept, way in zip(members, at_end, on_way, strict=True)
    ]
    found = []
    for member in expected:
        header = local_header(member)
        where = f"kepala {member.name}"
        found += differences(file, member.start - len(header), header, where)
    return found + differences(file, total - DIRECTORY_SIZE, directory(expected), "daftar isi zip")


def crcs_on_the_way(file: BinaryIO, members: list[Member]) -> list[int]:
    found = []
    for member in members:
        file.seek(member.start - LOCAL.size - len(member.name))
        found.append(LOCAL.unpack(file.read(LOCAL.size))[6])
    return found


def differences(file: BinaryIO, start: int, expected: bytes, where: str) -> list[Fault]:
    """The first byte from `start` that is not as expected."""
    file.seek(start)
    actual = file.read(len(expected)).ljust(len(expected), b"\x00")
    pairs = enumerate(zip(actual, expected, strict=True))
    return [Fault(where, start + at, a, e) for at, (a, e) in pairs if a != e][:1]
