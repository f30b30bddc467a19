import os

import pytest

from src.codebook import vocabulary
from src.ingest import deliveries
from src.ingest.deliveries import code_digest, digest_of, find_deliveries, fingerprint_of

SOURCES = """\
- {files: "projects_*.xlsx", table: projects, title: 台账, publisher: 政法委, received: 2022-01-05}
- {files: ["*.csv", "更多/*"], table: incidents, synthetic: true}
- {files: "petitions_*", table: incidents}
"""


@pytest.fixture
def raw(tmp_path):
    (tmp_path / "sources.yml").write_text(SOURCES, encoding="utf-8")
    for name in ("projects_2021.xlsx", "a.csv", "更多/b.txt", "notes.docx"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path


def found(raw):
    return {d.path.relative_to(raw).as_posix(): d.source.table for d in find_deliveries(raw)[0]}


def test_files_go_to_the_first_entry_that_describes_them(raw):
    (raw / "projects_2022.csv").write_bytes(b"x")
    assert found(raw) == {
        "projects_2021.xlsx": "projects",
        "a.csv": "incidents",
        "projects_2022.csv": "incidents",
        "更多/b.txt": "incidents",
    }


def test_a_file_without_an_entry_and_an_entry_without_a_file_are_told(raw):
    _, warnings = find_deliveries(raw)
    assert len(warnings) == 2
    assert "petitions_*" in warnings[0]
    assert "notes.docx" in warnings[1]


def test_what_is_no_delivery_is_passed_over(raw):
    for name in (".DS_Store", "~$projects_2021.xlsx", ".hidden.csv", "README.md", "vocabulary.yml", "sample/c.csv"):
        (raw / name).parent.mkdir(exist_ok=True)
        (raw / name).write_bytes(b"x")
    assert len(found(raw)) == 3
    assert len(find_deliveries(raw)[1]) == 2


def test_without_sources_yml_it_is_said_what_is_missing(tmp_path):
    with pytest.raises(vocabulary.VocabularyError, match="no such file"):
        find_deliveries(tmp_path)


def test_what_provenance_says(raw):
    described = find_deliveries(raw)[0][0].described(raw)
    assert described["sha256"] == digest_of(raw / described["file"])
    first = next(d for d in find_deliveries(raw)[0] if d.source.table == "projects").described(raw)
    assert {
        "file": "projects_2021.xlsx",
        "publisher": "政法委",
        "received": "2022-01-05",
        "bytes": 18,
    }.items() <= first.items()


def fingerprint(raw) -> str:
    return fingerprint_of(find_deliveries(raw)[0], raw)


@pytest.mark.parametrize("change", ["content", "new file", "renamed", "sources", "vocabulary", "code"])
def test_whatever_tables_are_made_from_changes_the_fingerprint(raw, change, monkeypatch):
    before = fingerprint(raw)
    assert fingerprint(raw) == before
    if change == "content":
        (raw / "a.csv").write_bytes(b"other")
    elif change == "new file":
        (raw / "b.csv").write_bytes(b"x")
    elif change == "renamed":
        (raw / "a.csv").rename(raw / "c.csv")
    elif change == "sources":
        (raw / "sources.yml").write_text(SOURCES + "# more\n", encoding="utf-8")
    elif change == "vocabulary":
        monkeypatch.setitem(vocabulary.current().__dict__, "digest", "another")
    else:
        monkeypatch.setattr(deliveries, "code_digest", lambda: "another")
    assert fingerprint(raw) != before


def test_a_file_touched_but_not_changed_changes_nothing(raw):
    before = fingerprint(raw)
    os.utime(raw / "a.csv", (1, 1))
    assert fingerprint(raw) == before


def test_the_code_that_makes_clean_tables_is_part_of_it():
    assert len(code_digest()) == 64


def entries(raw, text: str) -> dict[str, list[str]]:
    (raw / "sources.yml").write_text(text, encoding="utf-8")
    read: dict[str, list[str]] = {}
    for delivery in find_deliveries(raw)[0]:
        read.setdefault(delivery.path.relative_to(raw).as_posix(), []).append(delivery.source.title)
    return read


def test_several_entries_read_the_file_that_they_name_or_the_files_of_one_pattern(raw):
    named = "- {files: a.csv, table: incidents, title: x}\n- {files: [c.csv, a.csv], table: projects, title: y}\n"
    assert entries(raw, named) == {"a.csv": ["x", "y"]}
    pattern = "- {files: '更多/*', table: incidents, title: x}\n- {files: '更多/*', table: incidents, title: y}\n"
    read = entries(raw, pattern + "- {files: '*.*', table: incidents, title: z}\n")
    assert read.pop("更多/b.txt") == ["x", "y"]
    assert [*read.values()] == [["z"]] * 3


def test_an_entry_that_names_a_file_goes_before_a_pattern_and_one_that_reads_nothing_is_told(raw):
    every = "- {files: '*.csv', table: incidents, title: all}\n"
    assert entries(raw, every + "- {files: a.csv, table: incidents, title: one}\n") == {"a.csv": ["one"]}
    assert sum("entry *.csv of sources.yml reads no file" in said for said in find_deliveries(raw)[1]) == 1
    (raw / "a[1].csv").write_bytes(b"x")
    assert entries(raw, every + "- {files: 'a[1].csv', table: incidents, title: one}\n") == {
        "a.csv": ["all"],
        "a[1].csv": ["one"],
    }
