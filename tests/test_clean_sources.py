"""`sources.yml`: what it may say, and errors that name the line and what would be right."""

import datetime as dt

import pytest

from src.codebook import periods, vocabulary
from src.codebook.vocabulary import VocabularyError
from src.ingest.sources import Source, given_by, read_sources, source_from

GOOD = "- files: a.csv\n  table: projects\n"


def refused(folder, text: str) -> str:
    path = folder / "sources.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(VocabularyError) as why:
        read_sources(path)
    return str(why.value)


def test_every_key(tmp_path):
    path = tmp_path / "sources.yml"
    path.write_text(
        """\
- files: [a.csv, b.csv]
  table: incidents
  title: 警情
  title_en: Police reports
  publisher: 分局
  publisher_en: the bureau
  received: 2022-01-05
  licence: 内部
  synthetic: true
  key: [incident_id]
  columns: {案由: kind, 备注: "-"}
  constants: {group: criminal}
  values: {kind: {"偷": theft, "": other}}
  dates: {format: ["%d.%m.%Y", "%d/%m/%Y"], calendar: gregorian, century: 2000}
  periods: {year: 2021}
  place_from: 地点
  encoding: gb18030
  sheets: 明细
  max_quarantined_pct: 10
  expected: {who: streets, every: month}
- {files: c.csv, table: projects}
""",
        encoding="utf-8",
    )
    first, second = read_sources(path)
    assert (first.files, first.sheets, first.received) == (("a.csv", "b.csv"), ("明细",), dt.date(2022, 1, 5))
    assert (first.values["kind"], first.most_quarantined_pct) == ({"偷": "theft", "": "other"}, 10)
    assert given_by(first) == ["group", "address", "month"]
    assert vars(second) == vars(Source("projects", ("c.csv",)))
    assert second.most_quarantined_pct == vocabulary.threshold("max_quarantined_pct")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (GOOD + "  tabel: x\n", 3, "unknown key 'tabel'; did you mean 'table'?"),
        (GOOD + "- files: b.csv\n  table: project\n", 4, "table"),
        (GOOD + "  received: 5.1.2022\n", 3, "received"),
        (GOOD + "  columns:\n    名称: titel\n", 3, "projects has no column 'titel'; did you mean 'title'?"),
        (GOOD + "  values: {feild: {a: b}}\n", 3, "did you mean 'field'?"),
        (GOOD + "  constants: {weather: fine}\n", 3, "projects has no column 'weather'; right would be one of"),
        (
            GOOD + "  values:\n    field:\n      甲: other\n      高空抛物: others\n",
            6,
            "'others'; did you mean 'other'?",
        ),
        (
            GOOD + "  values: {organisation_kinds: {企业: enterprise}}\n",
            3,
            "organisation_kinds has no code 'enterprise'",
        ),
        (GOOD + "  constants:\n    status: 不知道\n", 4, "status has no code '不知道'; right would be one of finished"),
        (GOOD + "  dates: {calendar: julian}\n", 3, "calendar"),
        (GOOD + "  periods: {}\n", 3, "year"),
        (GOOD + "  max_quarantined_pct: 200\n", 3, "max_quarantined_pct"),
        (GOOD + "  expected: {every: week}\n", 3, "every"),
        (GOOD + "  title: a\n  title: b\n", 4, "'title' is given twice"),
        ("- table: projects\n", 1, "files"),
        ("files: a.csv\n", 1, "must be a list of deliveries"),
        ("- files: [a.csv\n", 2, "not valid YAML"),
        ("", 1, "must be a list of deliveries"),
        ("- just words\n", 1, "must be object"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, line, said):
    message = refused(tmp_path, text)
    assert message.startswith(f"sources.yml, line {line}")
    assert said in message


def test_what_a_cell_may_say_may_be_stated_too():
    values = {
        "field": {"a": "治安整治", "b": "", "c": "traffic"},
        "organisation_kinds": {"d": "企事业单位;mass_organisation"},
    }
    entry = source_from(
        {"table": "projects", "values": values, "constants": {"status": "进行中", "street": "平湖街道"}}
    )
    assert entry.values == values


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path):
    with pytest.raises(VocabularyError, match="no such file"):
        read_sources(tmp_path / "sources.yml")
    (tmp_path / "sources.yml").write_bytes("标题".encode("gbk"))
    with pytest.raises(VocabularyError, match="not UTF-8"):
        read_sources(tmp_path / "sources.yml")


def test_an_entry_given_as_a_dict():
    assert source_from({"table": "projects", "received": dt.date(2022, 1, 5)}).received == dt.date(2022, 1, 5)
    with pytest.raises(VocabularyError, match="unknown key 'colums'; did you mean 'columns'"):
        source_from({"table": "projects", "colums": {}})


@pytest.mark.parametrize("word", ["NO", "on", "Y", "~", "null", "1", "012", "1e3", "2021-01-05", "12:30"])
def test_what_yaml_takes_for_something_else_is_text(tmp_path, word):
    path = tmp_path / "sources.yml"
    entry = f"- files: {word}\n  table: incidents\n  columns: {{{word}: kind}}\n  values: {{kind: {{{word}: other}}}}\n"
    path.write_text(entry + f"  key: [{word}]\n  constants: {{incident_id: {word}}}\n", encoding="utf-8")
    (source,) = read_sources(path)
    assert (source.files, source.key, source.constants["incident_id"]) == ((word,), (word,), word)
    assert (source.columns, source.values) == ({word: "kind"}, {"kind": {word: "other"}})


def test_numbers_and_truths_are_read_where_they_are_asked_for(tmp_path):
    path = tmp_path / "sources.yml"
    text = "  synthetic: yes\n  max_quarantined_pct: 2.5\n  periods: {year: 2021}\n  planted: {traffic: -0.1}\n"
    path.write_text(GOOD.replace("projects", "incidents") + text, encoding="utf-8")
    (source,) = read_sources(path)
    assert source.synthetic is True
    assert (source.max_quarantined_pct, source.periods, source.planted) == (2.5, {"year": 2021}, {"traffic": -0.1})


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (GOOD + "  columns: &c\n    甲: *c\n", 4, "*c refers to another place; write its content out"),
        (GOOD + "- {<<: *a, files: b.csv}\n", 3, "*a refers to another place"),
        (GOOD + "  columns: {甲: title, 甲: field}\n", 3, "'甲' is given twice"),
        (GOOD + "  columns: {on: title, on: field}\n", 3, "'on' is given twice"),
        (GOOD + "  columns: {[a]: title}\n", 3, "a key must be a word"),
        (GOOD + f"  key: {'[' * 200_000}\n", 3, "nested deeper than 50"),
        (GOOD + "  title: a\x08b\n", 1, "not valid YAML"),
        (GOOD + "  <<: word\n", 3, "unknown key '<<'"),
    ],
)
def test_yaml_that_cannot_be_read_is_told_with_its_line(tmp_path, text, line, said):
    message = refused(tmp_path, text)
    assert message.startswith(f"sources.yml, line {line}: ")
    assert said in message


@pytest.mark.parametrize(
    ("day", "said"),
    [("2021-02-30", "there is no day 2021-02-30"), ("2099-01-01", "2099-01-01 lies ahead of today")],
)
def test_a_day_of_receipt_that_cannot_be_is_refused(tmp_path, day, said):
    message = refused(tmp_path, GOOD + f"  received: {day}\n")
    assert message.startswith("sources.yml, line 3: received：")
    assert said in message


def test_the_day_of_receipt_may_be_tomorrow_where_the_day_has_begun_already():
    days = [periods.today() + dt.timedelta(days=n) for n in (1, 2)]
    assert source_from({"table": "projects", "received": days[0]}).received == days[0]
    with pytest.raises(VocabularyError, match="lies ahead"):
        source_from({"table": "projects", "received": days[1]})
