"""A delivered path → its sheets and texts, by content and never by the ending of its name.

Of each the first lines, then batches of what stands below.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from src.codebook import vocabulary
from src.codebook.messages import printable
from src.ingest.batch import Batch, BatchMaker
from src.ingest.layout.headers import HeaderWords
from src.ingest.readers.blocks import LongText
from src.ingest.readers.grid import Grid, Line, UnreadableFile, member_of, sheet_grid

MEGABYTE = 1 << 20
NOTHING = b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"  # a file that holds no more is empty
SIGNATURES = {
    b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bitmap", b"%PDF": "pdf", b"Rar!": "rar",
    b"7z\xbc\xaf": "7z", b"\x1f\x8b": "gz", b"\x7fELF": "program", b"MZ": "program", b"SQLite": "database",
    b"PAR1": "parquet",
}  # fmt: skip
PACKAGES = {"word/": "word", "ppt/": "powerpoint", "xl/workbook.bin": "xlsb"}
TABLES = ("xlsx", "xls", "ods", "spreadsheetml", "html", "text", "geojson", "shapes")
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError)


def kind_of(content: bytes) -> str:
    """Return `zip`, one of `TABLES`, or what it is that is none of them (`png`)."""
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _kind_of_zip(content)
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
    if kind == "zip":
        if depth >= vocabulary.threshold("max_archive_depth"):
            raise UnreadableFile.because(name, "file_archive_deep", depth=depth + 1)
        for member, unpacked in _zip_members(name, content):
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
            except (*DAMAGED, ValueError) as error:
                raise UnreadableFile.because(label, "file_archive_damaged", cause=error) from None
            except RuntimeError:
                raise UnreadableFile.because(label, "file_locked") from None


def _refuse_bomb(name: str, unpacked: int, packed: int) -> None:
    """Raise for a package that states to unpack to more than any honest one."""
    limit = vocabulary.threshold
    most = max(10 * MEGABYTE, packed * limit("max_compression_ratio"))
    if unpacked > min(limit("max_unpacked_mb") * MEGABYTE, most):
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


BATCH_LINES = 50_000


class Sheet:
    """One sheet that is read into memory: its first lines as they are, the others as batches."""

    def __init__(self, grid: Grid) -> None:
        self.grid, self.head, self._rest = grid, grid.lines, grid.rows
        self.maker = BatchMaker(len(grid.lines[0].cells))
        self.line_count = len(self.head) + len(self._rest)
        self._made: list[Batch] = []
        grid.rows = []

    def batches(self) -> Iterator[Batch]:
        """Yield what stands below the first lines."""
        while self._rest:
            numbers = self.line_count - len(self._rest) + 1 + np.arange(min(len(self._rest), BATCH_LINES))
            some, self._rest = self._rest[:BATCH_LINES], self._rest[BATCH_LINES:]
            odd = {int(row): self.grid.odd[numbers[row]] for row in np.flatnonzero(np.isin(numbers, [*self.grid.odd]))}
            self._made.append(self.maker.of_rows(numbers, some, odd))
            yield self._made[-1]

    def found_at(self, path: Path) -> None:
        """Hear where its file is, if that was read elsewhere; nothing of it is read again."""

    def lines_at(self, numbers: Iterable[int]) -> Iterator[Line]:
        """Yield some of the lines, in order."""
        wanted = np.array(list(numbers), np.int64)
        yield from (line for line in self.head if line.number in wanted)
        for batch in self._made:
            yield from batch.lines_at(np.flatnonzero(np.isin(batch.lines, wanted)))


def sheets_of(path: Path, words: HeaderWords, encoding: str | None) -> Iterator[Sheet | LongText]:
    """Yield the sheets of a delivery, archives unpacked; raises `UnreadableFile`."""
    for name, kind, content in parts_of(path):
        if kind == "text":
            yield LongText(name, content, words.count, encoding)
        else:
            yield from map(Sheet, _grids_in(name, kind, content, encoding))


def _grids_in(name: str, kind: str, content: bytes, encoding: str | None) -> list[Grid]:
    """Return the sheets of a workbook or page that hold anything; raises `UnreadableFile`."""
    from src.ingest.readers.markup import read_html, read_opendocument, read_spreadsheetml
    from src.ingest.readers.workbook import read_old_workbook, read_workbook

    readers = {
        "xlsx": read_workbook, "xls": read_old_workbook, "ods": read_opendocument, "spreadsheetml": read_spreadsheetml,
        "html": partial(read_html, stated=encoding), "geojson": read_geojson, "shapes": read_shapes,
    }  # fmt: skip
    try:
        return [grid for grid in readers[kind](name, content) if grid.lines]
    except UnreadableFile:
        raise
    except Exception as error:  # a damaged file fails in as many ways as it has parts
        cause = str(error) or type(error).__name__
        is_locked = type(error).__name__ == "PasswordError" or "encrypted" in cause
        raise UnreadableFile.because(name, "file_locked" if is_locked else "file_damaged", cause=cause) from None


OUTLINE = "geometry"


def read_geojson(file: str, content: bytes) -> list[Grid]:
    """Return the features of a file of GeoJSON (RFC 7946) as one grid."""
    features = json.loads(content)["features"]
    given = [feature.get("properties") or {} for feature in features]
    names = list(dict.fromkeys(name for properties in given for name in properties if name != OUTLINE))
    outlines = [json.dumps(feature.get(OUTLINE)) for feature in features]
    cells = [[*map(properties.get, names), outline] for properties, outline in zip(given, outlines, strict=True)]
    return [sheet_grid(file, "", [[*names, OUTLINE], *cells], [])]


def read_shapes(file: str, content: bytes) -> list[Grid]:
    """Return the areas of a zipped shapefile or a GeoPackage, in degrees; raises `UnreadableFile` without geopandas."""
    try:
        import geopandas
    except ModuleNotFoundError:
        raise UnreadableFile.because(file, "file_no_geopandas") from None
    shapes = geopandas.read_file(io.BytesIO(content))
    return read_geojson(file, (shapes.to_crs(4326) if shapes.crs else shapes).to_json().encode())
