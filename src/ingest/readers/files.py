"""A delivered path → its parts with their kind, decided by content and never by the file's ending."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from src.codebook import vocabulary
from src.codebook.messages import printable
from src.ingest.readers.grid import UnreadableFile

MEGABYTE = 1 << 20
NOTHING = b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"  # a file that holds no more is empty
SIGNATURES = {
    b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bitmap", b"%PDF": "pdf", b"Rar!": "rar",
    b"7z\xbc\xaf": "7z", b"\x7fELF": "program", b"MZ": "program", b"SQLite": "database", b"PAR1": "parquet",
}  # fmt: skip
PACKAGES = {"word/": "word", "ppt/": "powerpoint", "xl/workbook.bin": "xlsb"}
TABLES = ("xlsx", "xls", "ods", "spreadsheetml", "html", "text", "geojson", "shapes")
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError)


def kind_of(content: bytes) -> str:
    """Return `zip`, `gz`, one of `TABLES`, or what it is that is none of them (`png`)."""
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _kind_of_zip(content)
    if content[:2] == b"\x1f\x8b":
        return "gz"
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "xls"
    if content[68:72] == b"GPKG":
        return "shapes"
    for signature, what in SIGNATURES.items():
        if content.startswith(signature) and (len(signature) > 2 or b"\0" in content[:512]):
            return what
    head = content[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head and head.startswith(b"<?xml"):
        return "spreadsheetml"
    if head.startswith(b"{") and b'"featurecollection"' in head:
        return "geojson"
    pages = (b"<html", b"<table", b"<!doctype html", b"<body", b"<meta")
    return "html" if head.startswith(b"<") and any(mark in head for mark in pages) else "text"


def _kind_of_zip(content: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (*DAMAGED, ValueError):
        return "damaged_zip"
    if "content.xml" in names and "META-INF/manifest.xml" in names:
        return "ods"
    if "[Content_Types].xml" not in names:
        return "shapes" if any(name.endswith(".shp") for name in names) else "zip"
    return next((what for part, what in PACKAGES.items() if any(n.startswith(part) for n in names)), "xlsx")


def parts_of(path: Path) -> Iterator[tuple[str, str, bytes | Callable[[], BinaryIO]]]:
    """Yield `(name, kind, content)` for a file, or for each member of an archive; raises `UnreadableFile`.

    Of a text the content is what opens it: one that is in no archive is never read into memory whole.
    """
    name, limit = printable(path.name), vocabulary.threshold("max_file_mb")
    try:
        if path.stat().st_size > limit * MEGABYTE:
            raise UnreadableFile.because(name, "file_too_large", limit=limit)
        with path.open("rb") as stream:
            head = stream.read(4096)
            is_text = bool(head.strip(NOTHING)) and kind_of(head) == "text"
            content = b"" if is_text else head + stream.read()
    except FileNotFoundError:
        raise UnreadableFile.because(name, "file_absent", folder=path.parent) from None
    except IsADirectoryError:
        raise UnreadableFile.because(name, "file_is_folder") from None
    except OSError as error:
        raise UnreadableFile.because(name, "file_not_opened", cause=error.strerror) from None
    if is_text:
        yield name, "text", partial(path.open, "rb")
    else:
        yield from _unpacked(name, content, depth=0)


def _unpacked(name: str, content: bytes, depth: int) -> Iterator[tuple[str, str, bytes | Callable[[], BinaryIO]]]:
    if not content.strip(NOTHING):
        raise UnreadableFile.because(name, "file_empty")
    kind = kind_of(content)
    if kind in ("zip", "gz"):
        if depth >= vocabulary.threshold("max_archive_depth"):
            raise UnreadableFile.because(name, "file_archive_deep", depth=depth + 1)
        members = _zip_members(name, content) if kind == "zip" else _gz_member(name, content)
        for member, unpacked in members:
            yield from _unpacked(member, unpacked, depth + 1)
    elif kind in TABLES:
        if kind in ("xlsx", "ods"):
            with zipfile.ZipFile(io.BytesIO(content)) as package:
                _refuse_bomb(name, sum(m.file_size for m in package.infolist()), len(content))
        yield name, kind, partial(io.BytesIO, content) if kind == "text" else content
    else:
        raise _no_table(name, kind)


def _no_table(name: str, content: str) -> UnreadableFile:
    called = {lang: vocabulary.sentence("content", lang, case=content) for lang in vocabulary.LANGS}
    sentences = (vocabulary.sentence("file_no_table", lang, content=called[lang]) for lang in called)
    return UnreadableFile(name, " ".join(sentences))


def _zip_members(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [m for m in archive.infolist() if not m.filename.endswith("/") and not _is_litter(m.filename)]
        if len(members) > (most := vocabulary.threshold("max_archive_members")):
            raise UnreadableFile.because(name, "file_archive_many", members=len(members), most=most)
        if not members:
            raise UnreadableFile.because(name, "file_archive_empty")
        _refuse_bomb(name, sum(m.file_size for m in members), len(content))
        for member in members:
            label = f"{name}/{printable(_member_name(member))}"
            try:
                yield label, member_of(archive, member)
            except UnreadableFile:
                raise
            except (*DAMAGED, ValueError) as error:
                raise UnreadableFile.because(label, "file_archive_damaged", cause=error) from None
            except RuntimeError:
                raise UnreadableFile.because(label, "file_locked") from None


def _gz_member(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    packed = io.BytesIO(content)
    try:
        with gzip.GzipFile(fileobj=packed) as stream:
            yield f"{name}/{Path(name).stem}", _unpacked_by(stream, name, packed)
    except DAMAGED as error:
        raise UnreadableFile.because(name, "file_gz_damaged", cause=error) from None


def member_of(archive: zipfile.ZipFile, name: str | zipfile.ZipInfo) -> bytes:
    """Return a member of a package, as long as it states to be: more is never unpacked; raises `BadZipFile`."""
    member = archive.getinfo(name) if isinstance(name, str) else name
    with archive.open(member) as stream:
        return stream.read(member.file_size + 1)  # checks the sum of what it was cut at


def _unpacked_by(stream: io.BufferedIOBase, name: str, packed: io.BytesIO) -> bytes:
    """Return what a stream unpacks to, given up as soon as it is too much for what has been read of the archive."""
    unpacked = bytearray()
    while some := stream.read(MEGABYTE):
        unpacked += some
        if len(unpacked) > _most_unpacked(packed.tell()):
            raise UnreadableFile.because(name, "file_unpacks_more")
    return bytes(unpacked)


def _most_unpacked(packed: int) -> float:
    """Return how many bytes so many packed ones may unpack to."""
    limit = vocabulary.threshold
    return min(limit("max_unpacked_mb") * MEGABYTE, max(10 * MEGABYTE, packed * limit("max_compression_ratio")))


def _refuse_bomb(name: str, unpacked: int, packed: int) -> None:
    if unpacked > _most_unpacked(packed):
        raise UnreadableFile.because(name, "file_unpacks", unpacked=unpacked / MEGABYTE, packed=packed / MEGABYTE)


def _is_litter(member: str) -> bool:
    """Return whether an archive's member is what operating systems leave behind, not a delivery."""
    return member.startswith("__MACOSX/") or Path(member).name in (".DS_Store", "Thumbs.db", "desktop.ini")


def _member_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; Windows writes Chinese names in GBK without saying so, which zipfile reads as cp437."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return member.filename
