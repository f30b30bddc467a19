"""Does any delivery make a reader fail otherwise than with `UnreadableFile`, lose a line, or never end?

Needs atheris, which is no dependency of the project: install it into .venv by hand (pip install atheris), then

    python benchmarks/fuzz_readers.py html -max_total_time=240 -timeout=20 -rss_limit_mb=3000

KIND is text, html, spreadsheetml, xlsx, xlsx-book, xlsx-styles, xlsx-strings, ods, xls or zip; the other arguments are
libFuzzer's. It begins with the small deliveries of the tests; what it finds is left beside it as crash-… and belongs
into the tests, cut down.
"""

import contextlib
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
with atheris.instrument_imports(include=["src", "xlrd", "making"]):
    import making

    from src.codebook import vocabulary
    from src.ingest.cleaning.places import packaged_register
    from src.ingest.load import UnreadableFile, read_files
    from src.ingest.sources import Source

ROWS = [making.HEADER, *making.PROJECTS]
FIXTURES = Path(making.__file__).parent / "fixtures"


def within(package: bytes, part: str) -> tuple[bytes, Callable[[bytes], bytes]]:
    """Return one part of a package, and what puts another in its place."""
    with zipfile.ZipFile(making.io.BytesIO(package)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return parts[part], lambda content: making.as_zip({**parts, part: content})


def same(content: bytes) -> bytes:
    """Return the content as it is."""
    return content


WORKBOOK = making.as_xlsx(ROWS, formats={(1, 6): "000000"}, merges=[(3, 2, 4, 2)])
SHEET, as_xlsx = within(WORKBOOK, "xl/worksheets/sheet1.xml")
CONTENT, as_ods = within(making.as_ods(ROWS), "content.xml")
PARTS = {"xlsx-book": "workbook", "xlsx-styles": "styles", "xlsx-strings": "sharedStrings"}
KINDS: dict[str, tuple[Callable, list[bytes]]] = {
    "text": (same, [making.as_csv(ROWS, d).decode().encode(e) for d in ",;\t" for e in ("utf-8", "gb18030", "utf-16")]),
    "html": (same, [making.as_html(ROWS), b"<table><tr><td rowspan=3 colspan=2>1<br>2<td><tr><td></table>"]),
    "spreadsheetml": (same, [making.as_spreadsheetml(ROWS)]),
    "xlsx": (as_xlsx, [SHEET]),
    "ods": (as_ods, [CONTENT]),
    "xls": (same, [path.read_bytes() for path in FIXTURES.glob("*.xls")]),
    "zip": (same, [making.as_zip({"a.csv": making.as_csv(ROWS)}), WORKBOOK, making.as_ods(ROWS)]),
}
for name, part in PARTS.items():
    found, as_part = within(WORKBOOK, f"xl/{part}.xml")
    KINDS[name] = (as_part, [found])


def main(kind: str, arguments: list[str]) -> None:
    """Feed one kind's readers until libFuzzer's time is over or something fails."""
    packed, seeds = KINDS[kind]
    vocabulary.current().thresholds.update(max_cells_per_sheet=100_000, max_file_mb=4, max_unpacked_mb=16)
    register, source = packaged_register(), Source("projects")
    with tempfile.TemporaryDirectory() as folder:
        corpus, path = Path(folder) / "corpus", Path(folder) / "a.dat"
        corpus.mkdir()
        for number, seed in enumerate(seeds):
            (corpus / str(number)).write_bytes(seed)

        def once(data: bytes) -> None:
            path.write_bytes(packed(data))
            with contextlib.suppress(UnreadableFile):
                read_files([(path, source)], "projects", register)

        atheris.Setup([sys.argv[0], *arguments, f"-max_len={4 * max(map(len, seeds))}", str(corpus)], once)
        atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in KINDS:
        sys.exit(f"fuzz_readers.py: right would be one of {', '.join(KINDS)}, then libFuzzer's own arguments")
    main(sys.argv[1], sys.argv[2:])
