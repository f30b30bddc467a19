import contextlib
import gzip
import io
import os
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace

import pytest
from making import (
    HEADER,
    INCIDENT_HEADER,
    PROJECTS,
    as_csv,
    as_html,
    as_ods,
    as_spreadsheetml,
    as_xlsx,
    as_zip,
    read,
    shown,
)

from src.codebook import vocabulary
from src.codebook.messages import printable
from src.ingest import delivery
from src.ingest.folders import DataRefused
from src.ingest.load import read_table
from src.ingest.readers import sheets
from src.ingest.readers.grid import UnreadableFile
from src.ingest.readers.sheets import kind_of, parts_of
from src.ingest.store import build

ROWS = [HEADER, *PROJECTS[:2]]
LOCKED = bytearray(as_zip({"a.csv": b"x"}))
LOCKED[6] |= 1  # the flag of a member that is protected by a password
LOCKED[LOCKED.index(b"PK\x01\x02") + 8] |= 1


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (as_csv(ROWS), "text"),
        (as_xlsx(ROWS), "xlsx"),
        (as_ods(ROWS), "ods"),
        (as_html(ROWS), "html"),
        (as_html(ROWS).decode().encode("utf-16"), "html"),
        (as_spreadsheetml(ROWS), "spreadsheetml"),
        (as_zip({"a.csv": as_csv(ROWS)}), "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "xls"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"%PDF-1.7", "pdf"),
        (as_zip({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "word"),
        (as_zip({"[Content_Types].xml": b"<x/>", "xl/workbook.bin": b"x"}), "xlsb"),
        (as_zip({"a.csv": b"x" * 100})[:60], "damaged_zip"),
        ("项目编号,项目名称\nBM001,甲\n".encode(), "text"),
        (b"BM001,1\n", "text"),
        (b"MZ,1\n", "text"),
        (b"PK001,1\n", "text"),
    ],
)
def test_the_kind_is_told_by_content(content, kind):
    assert kind_of(content) == kind


@pytest.mark.parametrize("content", sorted({*sheets.SIGNATURES.values(), *sheets.PACKAGES.values()}))
def test_what_is_no_table_has_a_name_in_both_languages(content):
    assert all(vocabulary.sentence("content", lang, case=content) for lang in vocabulary.LANGS)


@pytest.mark.parametrize("make", [as_csv, as_xlsx, as_ods, as_html, as_spreadsheetml])
@pytest.mark.parametrize("name", ["a.csv", "a.xls", "a.xlsx", "a.txt", "a"])
def test_the_ending_of_a_name_says_nothing(tmp_path, make, name):
    assert shown(read(tmp_path, make(ROWS), name)) == [["000012"], ["1E05"]]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "a PNG picture"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (as_zip({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "a Word document"),
        (as_zip({"a.csv": b"x" * 100})[:60], "a damaged zip archive"),
        (gzip.compress(as_csv(ROWS)), "a gz archive"),
        (bytes(LOCKED), "password"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff\xfe", "is empty"),
        (b" \r\n\r\n", "is empty"),
        (as_zip({}), "without a file"),
        (as_zip({"__MACOSX/a.csv": b"x"}), "without a file"),
        (as_xlsx(ROWS)[:2000], "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "is damaged"),
        (bytes(range(256)) * 20, "neither"),
        (b"\0\1\2\3" * 3000, "neither"),
    ],
)
def test_what_is_no_table_is_refused_with_file_and_cause(tmp_path, content, cause):
    with pytest.raises(UnreadableFile, match=cause) as refused:
        read(tmp_path, content, "台账.xlsx")
    assert str(refused.value).startswith("台账.xlsx")


def test_no_such_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="no such file"):
        list(parts_of(tmp_path / "a.csv"))
    with pytest.raises(UnreadableFile, match="folder"):
        list(parts_of(tmp_path))


def test_archives_are_unpacked_and_their_members_named(tmp_path):
    inner = as_zip({"b.csv": as_csv(ROWS)})
    reading = read(tmp_path, as_zip({"里/a.xlsx": as_xlsx([HEADER, PROJECTS[2]]), "c.zip": inner}), "a.zip")
    assert reading.clean["source_file"].tolist() == ["a.zip/里/a.xlsx", "a.zip/c.zip/b.csv", "a.zip/c.zip/b.csv"]


def test_a_members_name_in_gbk_is_read(tmp_path):
    packed = as_zip({"AAAA.csv": as_csv(ROWS)}).replace(b"AAAA.csv", "台账".encode("gbk") + b".csv")
    assert read(tmp_path, packed, "a.zip").clean["source_file"].unique() == ["a.zip/台账.csv"]


def test_a_members_path_is_never_a_path(tmp_path):
    reading = read(tmp_path, as_zip({"../../etc/a.csv": as_csv(ROWS)}), "a.zip")
    assert len(reading.clean) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_archives_too_deep_too_many_or_too_tightly_packed_are_refused(tmp_path, monkeypatch):
    deep = as_csv(ROWS)
    for level in range(3):
        deep = as_zip({f"{level}.zip": deep})
    with pytest.raises(UnreadableFile, match="deep"):
        read(tmp_path, deep, "a.zip")
    with pytest.raises(UnreadableFile, match="600 files"):
        read(tmp_path, as_zip({f"{n}.csv": b"x" for n in range(600)}), "a.zip")
    bomb = as_zip({"a.csv": bytes(30 << 20)})
    with pytest.raises(UnreadableFile, match="unpacks to 30 MB"):
        read(tmp_path, bomb, "a.zip")


def test_a_member_that_is_longer_than_it_states_is_refused(tmp_path):
    packed = bytearray(as_zip({"a.csv": as_csv(ROWS)}))
    at = packed.index(b"PK\x01\x02") + 24
    packed[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(UnreadableFile):
        read(tmp_path, bytes(packed), "a.zip")


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path):
    content = io.BytesIO(as_xlsx(ROWS))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(30 << 20))
    with pytest.raises(UnreadableFile, match="unpacks to 30 MB"):
        read(tmp_path, content.getvalue(), "a.xlsx")


def test_a_file_over_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(vocabulary.current().thresholds, "max_file_mb", 0.0001)
    with pytest.raises(UnreadableFile, match="larger than"):
        read(tmp_path, as_csv([INCIDENT_HEADER] * 50), "a.csv")


def test_a_text_that_begins_like_an_archive_is_a_text(tmp_path):
    rows = [["PK", *HEADER], *([f"PK{n}", *row] for n, row in enumerate(PROJECTS[:2]))]
    assert shown(read(tmp_path, rows)) == [["000012"], ["1E05"]]


@pytest.mark.parametrize("make", [as_ods, as_xlsx, lambda rows: as_zip({"a.csv": as_csv(rows * 99)})])
def test_a_package_whose_packed_content_is_damaged_is_refused_wherever_the_damage_is(tmp_path, make):
    content, refused = make(ROWS), 0
    whole = shown(read(tmp_path, content, "a.dat"))
    for at in range(30, len(content) - 30, max(1, len(content) // 60)):
        damaged = content[:at] + b"\xff\x00\xff" + content[at + 3 :]
        try:
            assert shown(read(tmp_path, damaged, "a.dat")) == whole  # nothing that is told was damaged
        except UnreadableFile:
            refused += 1
    assert refused > 20


def test_a_member_said_to_begin_before_the_archive_or_packed_in_an_unknown_way_is_refused(tmp_path):
    packed = bytearray(as_zip({"a.csv": as_csv(ROWS)}))
    entry = packed.index(b"PK\x01\x02")
    moved, strange = bytearray(packed), bytearray(packed)
    end = packed.index(b"PK\x05\x06")
    moved[end + 16 : end + 20] = (2**32 - 9).to_bytes(4, "little")
    strange[entry + 10 : entry + 12] = strange[8:10] = (99).to_bytes(2, "little")
    for content in (moved, strange):
        with pytest.raises(UnreadableFile, match="damaged"):
            read(tmp_path, bytes(content), "a.zip")


def test_a_member_without_a_name_is_read_like_any_other(tmp_path):
    packed = as_zip({"x": as_csv(ROWS)})
    for head in (b"PK\x03\x04", b"PK\x01\x02"):
        at = packed.index(head) + (26 if head[2] == 3 else 28)
        name = packed.index(b"x", at)
        packed = packed[:at] + b"\0\0" + packed[at + 2 : name] + packed[name + 1 :]
    end = packed.index(b"PK\x05\x06")
    directory = packed.index(b"PK\x01\x02")
    sizes = (end - directory).to_bytes(4, "little") + directory.to_bytes(4, "little")
    packed = packed[: end + 12] + sizes + packed[end + 20 :]
    assert shown(read(tmp_path, packed, "a.zip")) == [["000012"], ["1E05"]]


def test_a_member_is_never_longer_than_it_states():
    content = as_zip({"a.csv": b"0" * 9_000_000})
    content = content.replace((9_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    with pytest.raises(UnreadableFile, match="damaged within the archive"):
        list(sheets._zip_members("a.zip", content))


def test_names_that_would_steer_a_terminal_are_shown_escaped(tmp_path):
    named = "\x1b]0;x\x07里\u202egpj.csv"
    content = as_zip({named: as_csv(ROWS)})
    assert read(tmp_path, content, "a.zip").clean["source_file"].unique() == [r"a.zip/\x1b]0;x\x07里\u202egpj.csv"]
    with pytest.raises(UnreadableFile) as refused:
        read(tmp_path, b"", "\x1b[2J.csv")
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("start", [map, ThreadPoolExecutor(1).map])  # a worker of a cluster reads in a thread
def test_a_delivery_that_takes_too_long_is_refused_with_its_name(tmp_path, monkeypatch, start):
    def endless(*_):
        while True:
            with contextlib.suppress(Exception):  # as a reader that tries the next way
                while True:
                    pass

    monkeypatch.setattr(delivery, "sheets_of", endless)
    (tmp_path / "sources.yml").write_text("[{files: '*.csv', table: projects}]")
    (tmp_path / "vocabulary.yml").write_text("thresholds: {delivery_minutes: 0.002}")
    (tmp_path / "slow.csv").write_bytes(as_csv(ROWS))
    reading = partial(read_table, table="projects", sources=tmp_path / "sources.yml")
    with pytest.raises(UnreadableFile, match=r"slow\.csv: .*0\.002 minutes"):
        list(start(reading, [tmp_path / "slow.csv"]))


def test_reading_in_time_interrupts_nothing(tmp_path, monkeypatch):
    """An interruption that is taken back leaves its mark: under a profiler the process went round for ever."""
    asked = []
    monkeypatch.setattr(
        "ctypes.pythonapi", SimpleNamespace(PyThreadState_SetAsyncExc=lambda *given: asked.append(given))
    )
    assert shown(read(tmp_path, ROWS)) == [["000012"], ["1E05"]]
    assert not asked


def test_a_file_whose_name_cannot_be_shown_is_refused_with_it_escaped(tmp_path):
    for name in ("\x1b[31m.csv", "a\u202evsc.csv", "a\nb.csv", os.fsdecode(b"\xff\xfe.csv")):
        raw = tmp_path / "raw"
        shutil.rmtree(raw, ignore_errors=True)
        raw.mkdir()
        (raw / name).write_bytes(as_csv(ROWS))
        (raw / "sources.yml").write_text("- {files: '*.csv', table: projects}", encoding="utf-8")
        with pytest.raises(DataRefused, match="name that cannot be shown") as refused:
            build(raw, tmp_path / "processed")
        assert printable(str(refused.value)) == str(refused.value)


def test_headers_that_would_steer_a_terminal_are_told_escaped(tmp_path):
    rows = [[*HEADER, "\x1b[31m红", "\u202e反"], [*PROJECTS[0], "x", "x"]]
    (warning,) = read(tmp_path, rows).warnings
    assert r"\x1b[31m红" in warning and r"\u202e反" in warning


@pytest.mark.parametrize("encoding", ["undefined", "idna", "punycode", "base64", "utf-8\0"])
def test_an_encoding_that_is_none_of_files_is_refused_by_name(tmp_path, encoding):
    source = {"table": "projects", "encoding": encoding}
    with pytest.raises(UnreadableFile, match=r"is not known; right would be utf-8"):
        read(tmp_path, as_csv(ROWS), sources=source)


def page_of(rows: list[list[str]]) -> str:
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return "<html><table>\n" + "\n".join(f"<tr>{row}</tr>" for row in cells) + "</table></html>"


def test_a_page_that_states_no_encoding_is_read_by_its_letters(tmp_path):
    """Whatever was no UTF-8 was read as GB18030, which nearly any bytes are."""
    assert shown(read(tmp_path, page_of(ROWS).encode("gb18030"), "a.xls")) == shown(read(tmp_path, ROWS))
    page = page_of([["项目编号".encode().hex(), "Señal"], ["P1", "Peña Ñuñoa"]]).encode("cp1252")
    with pytest.raises(UnreadableFile, match=r"state encoding in sources.yml \(likely: cp1252, cp1250\)"):
        read(tmp_path, page, "b.xls")
    rows = [["id", "título", "comunidad", "campo"], ["P1", "Peña", "爱联社区", "治安"]]
    names = {"id": "project_id", "título": "title", "comunidad": "community", "campo": "field"}
    page = page_of(rows).replace("爱联社区", "&#29233;&#32852;&#31038;&#21306;").replace("治安", "&#27835;&#23433;")
    stated = {"encoding": "cp1252", "columns": names}
    assert shown(read(tmp_path, page.encode("cp1252"), "c.xls", sources=stated), "title") == [["Peña"]]


def test_scripts_of_a_page_are_no_text(tmp_path):
    page = page_of(ROWS).replace("</td>", "<script>var a = 1</script></td>", 30)
    assert shown(read(tmp_path, page.encode(), "a.xls")) == shown(read(tmp_path, ROWS))
