"""`check`: what would load, what was set aside and why, and lines of sources.yml that mend it when pasted."""

import re

import pytest
import yaml
from making import HEADER, INCIDENT_HEADER, INCIDENTS, PROJECTS, as_csv, as_xlsx

from src.ingest.__main__ import main
from src.ingest.check import check_file
from src.ingest.load import UnreadableFile, read_table
from src.ingest.repair import is_repair

ROWS = [HEADER, *PROJECTS[:3]]


def delivered(folder, rows, name="a.csv"):
    path = folder / name
    path.write_bytes(rows if isinstance(rows, bytes) else as_csv(rows))
    return path


def pasted(path, table, text):
    """Return the reading of a file with the printed lines pasted into a sources.yml, and the entry."""
    lines = text[re.search(r"^- \w", text, re.MULTILINE).start() :]
    sources = path.parent / "sources.yml"
    sources.write_text(lines, encoding="utf-8")
    return read_table(path, table, sources=sources), yaml.safe_load(lines)[0]


def changed(column: int, *cells: str, rows=ROWS) -> list[list]:
    return [rows[0], *([*row[:column], cell, *row[column + 1 :]] for row, cell in zip(rows[1:], cells, strict=True))]


def test_ledger_columns_and_set_aside_lines_are_shown(tmp_path):
    rows = [["台账"], *changed(8, "2021-02-30", "2021-03-06", "13800138000"), ["合计"]]
    text, reading = check_file(delivered(tmp_path, rows), "projects")
    assert len(reading.clean) == 1
    assert "lines: title 1, header 1, total 1, data 3" in text
    assert "records: clean 1, quarantined 2" in text
    assert "  项目编号 → project_id" in text
    assert "a.csv:3 started_on “2021-02-30”: 没有这一天" in text
    assert "13800138000" not in text


def test_at_most_ten_set_aside_lines_are_shown_and_it_says_that_there_are_more(tmp_path):
    rows = [HEADER, *([f"P{n}", *PROJECTS[0][1:8], "2021-02-30"] for n in range(30))]
    text, _ = check_file(delivered(tmp_path, rows), "projects")
    assert text.count("没有这一天") == 10
    assert "  impossible_date: 30" in text
    assert "……" in text


@pytest.mark.parametrize(
    ("rows", "key", "proposed"),
    [
        (changed(4, "交通治理", "治安整治", ""), "values", {"field": {"": "other", "交通治理": "traffic"}}),
        (changed(4, "交通安全管理类", "治安整治", "治安"), "values", {"field": {"交通安全管理类": "traffic"}}),
        (changed(3, "良安田社区", "新木社区", "凤皇社区"), "values", {"community": {"凤皇社区": "凤凰社区"}}),
        (changed(2, "平胡街道", "平湖街道", "布吉街道"), "values", {"street": {"平胡街道": "平湖街道"}}),
        (changed(8, "31.12.2021", "05.03.2021", "01.02.2021"), "dates", {"format": "%d.%m.%Y"}),
        (changed(8, "12/31/2021", "3/5/2021", "02/01/2021"), "dates", {"format": "%m/%d/%Y"}),
        (changed(8, "21-3-5", "21.3.6", "21/3/7"), "dates", {"century": 2000}),
        (changed(8, "1100305", "民国110年3月6日", "1100307"), "dates", {"calendar": "roc"}),
        ([[*HEADER[:6], "居民参与人次数", *HEADER[7:]], *ROWS[1:]], "columns", {"居民参与人次数": "residents_count"}),
        ([[*HEADER[:6], "星期几", *HEADER[7:]], *ROWS[1:]], "columns", {"星期几": "-"}),
    ],
)
def test_the_lines_shown_mend_what_can_be_mended(tmp_path, rows, key, proposed):
    path = delivered(tmp_path, rows)
    text, before = check_file(path, "projects")
    after, entry = pasted(path, "projects", text)
    assert entry[key] == proposed
    assert (len(after.clean), after.warnings) == (3, [])
    assert len(before.clean) < 3 or before.warnings


@pytest.mark.parametrize(
    ("header", "key", "proposed"),
    [
        ([*HEADER[:4], "所属治理领域类别", *HEADER[5:]], "columns", {"所属治理领域类别": "field"}),
        (["项目统一编号", *HEADER[1:]], "columns", {"项目统一编号": "project_id"}),
        ([*HEADER[:7], "投入资金", "项目预算"], "columns", {"项目预算": "-"}),
    ],
)
def test_a_header_that_is_refused_is_mended(tmp_path, header, key, proposed):
    path = delivered(tmp_path, as_xlsx([header, *ROWS[1:]]), "a.xlsx")
    with pytest.raises(UnreadableFile):
        read_table(path, "projects")
    text, reading = check_file(path, "projects")
    assert reading is None
    after, entry = pasted(path, "projects", text)
    assert (entry[key], len(after.clean)) == (proposed, 3)


def test_a_wide_table_is_mended(tmp_path):
    wide = [["街道", "警情种类", "1月", "2月"], ["平湖街道", "邻里纠纷", "3", "4"]]
    path = delivered(tmp_path, wide, "2021年.csv")
    text, _ = check_file(path, "incidents")
    after, entry = pasted(path, "incidents", text)
    assert (entry["periods"], len(after.clean)) == ({"year": 2021}, 2)


def test_a_wide_table_with_its_year_in_the_title_is_mended(tmp_path):
    rows = [
        ["2021年热线诉求统计表"],
        ["街道", "诉求类别", "上半年", "上半年", "合计"],
        ["街道", "诉求类别", "1月", "2月", "合计"],
    ]
    rows += [
        ["布吉街道", "噪声扰民", 3, 4, 7],
        ["平湖街道", "市容环境", 5, 6, 11],
        ["合计", "", 8, 10, 18],
        ["数据来源：热线办"],
    ]
    merges = [(0, 0, 0, 4), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 2, 4)]
    path = delivered(tmp_path, as_xlsx(rows, merges=merges), "a.xlsx")
    reading, entry = pasted(path, "incidents", check_file(path, "incidents")[0])
    assert (entry["columns"], entry["periods"]) == ({"诉求类别": "kind"}, {"year": 2021})
    assert reading.clean["incident_count"].tolist() == [3, 4, 5, 6]


def test_what_is_shown_once_a_file_can_be_read_is_mended_too(tmp_path):
    rows = [["2021年3月警情"], ["导出时间：2021-04-02"], ["警单号", "受理时间", "管辖街道", "警情性质", "警情细类"]]
    rows += [[f"J{n}", "2021-03-05", "布吉街道", "治安警情", "盗窃"] for n in range(3)] + [
        ["共计 3 条"],
        ["制表人：某"],
    ]
    path = delivered(tmp_path, rows)
    reading, entry = pasted(path, "incidents", check_file(path, "incidents")[0])
    assert entry["columns"] == {"警情细类": "kind", "警单号": "incident_id", "管辖街道": "street"}
    assert reading.clean["incident_id"].tolist() == ["J0", "J1", "J2"] and reading.quarantined.empty


def test_months_alone_are_mended_where_a_constant_states_the_kind(tmp_path):
    path = delivered(tmp_path, [["信访"], ["街道", "1月", "2月"], ["平湖街道", "3", "4"]], "信访2021.csv")
    text, reading = check_file(path, "incidents", {"files": path.name, "constants": {"kind": "petition_other"}})
    assert reading is None
    after, entry = pasted(path, "incidents", text)
    assert (entry["periods"], len(after.clean)) == ({"year": 2021}, 2)


def test_a_group_that_is_not_stated_is_asked_for_and_no_constant_is_offered(tmp_path):
    path = delivered(tmp_path, [[*row[:4], *row[5:]] for row in (INCIDENT_HEADER, *INCIDENTS)])
    text, before = check_file(path, "incidents")
    assert before.clean["group"].tolist() == ["dispute", "traffic"]
    assert "有 2 条的种类可属不止一个大类" in text
    assert "- files" not in text


def test_lines_that_change_a_record_that_was_clean_without_them_mend_nothing(tmp_path):
    path = delivered(tmp_path, [[*row[:4], *row[5:]] for row in (INCIDENT_HEADER, *INCIDENTS)])
    before, after = (
        read_table(path, "incidents", sources=entry) for entry in (None, {"constants": {"group": "criminal"}})
    )
    assert (len(before.clean), len(after.clean)) == (2, 4)
    assert not is_repair(after, before)
    assert is_repair(read_table(delivered(tmp_path, [INCIDENT_HEADER, *INCIDENTS]), "incidents"), before)


def test_what_the_entry_stated_before_stays_in_the_lines_shown(tmp_path):
    path = delivered(tmp_path, changed(4, "治安整治", "治安", ""))
    sources = tmp_path / "sources.yml"
    sources.write_text("- {files: '*.csv', table: projects, publisher: 甲, received: 2022-01-05}", encoding="utf-8")
    text, _ = check_file(path, "projects", sources)
    after, entry = pasted(path, "projects", text)
    assert {"publisher": "甲", "values": {"field": {"": "other"}}}.items() <= entry.items()
    assert len(after.clean) == 3


def test_the_command_reads_by_the_nearest_sources_yml_and_says_by_which_entry(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ANALYSIS_DATA", str(tmp_path))
    raw = tmp_path / "raw"
    (raw / "2022").mkdir(parents=True)
    path = delivered(raw / "2022", changed(4, "交通治理", "治安整治", "治安整治"))
    command = ["check", str(path), "--table", "projects"]
    outside, other = tmp_path / "sources.yml", "- {files: '*.csv', table: incidents}\n"
    outside.write_text("- {files: '*', table: projects}\n", encoding="utf-8")  # not within the folder: not asked
    assert main(command) == 1
    assert "sources.yml:" not in capsys.readouterr().out
    (raw / "sources.yml").write_text(other, encoding="utf-8")
    assert main(command) == 1
    offered = capsys.readouterr().out
    assert "describes this file as projects" in offered
    (raw / "sources.yml").write_text(other + offered[offered.index("- files:") :], encoding="utf-8")
    assert main(command) == 0
    said = capsys.readouterr().out
    assert f"by {raw / 'sources.yml'}: entry 2" in said
    assert "- files:" not in said
    assert main([*command, "--sources", str(outside)]) == 1
    assert f"by {outside}: entry 1" in capsys.readouterr().out


def test_lines_that_were_offered_are_not_offered_again(tmp_path):
    rows = changed(4, "交通治理", "治安整治", "", rows=[[*HEADER[:6], "星期几", *HEADER[7:]], *ROWS[1:]])
    path = delivered(tmp_path, [*rows, [*rows[1][:8], "2021-02-30"]])
    text, _ = check_file(path, "projects")
    pasted(path, "projects", text)
    again, reading = check_file(path, "projects", tmp_path / "sources.yml")
    assert len(reading.quarantined) == 1
    assert "- files:" not in again


def test_the_place_register_that_sources_yml_describes_is_the_one_asked(tmp_path):
    (tmp_path / "register.csv").write_text("street,community\n北區,新村\n", encoding="utf-8")
    path = delivered(tmp_path, [HEADER, ["1", "路口", "北區", "新村", "治安整治", "是", "3", "20", "2021-03-05"]])
    sources = tmp_path / "sources.yml"
    sources.write_text("- {files: register.csv, table: communities}\n", encoding="utf-8")
    _, reading = check_file(path, "projects", sources)
    assert reading.clean["community"].tolist() == ["新村"]


def test_nothing_is_proposed_where_nothing_is_wrong_or_nothing_would_help(tmp_path):
    text, _ = check_file(delivered(tmp_path, ROWS), "projects")
    assert "sources.yml" not in text
    with pytest.raises(UnreadableFile):
        check_file(delivered(tmp_path, [["a", "b"], ["1", "2"]]), "projects")


def test_the_command_ends_with_0_1_or_3(tmp_path, capsys):
    command = ["check", str(delivered(tmp_path, ROWS)), "--table", "projects"]
    assert main(command) == 0
    delivered(tmp_path, changed(8, "", "2021-02-30", ""))
    assert main(command) == 1
    delivered(tmp_path, [["项目统一编号", *HEADER[1:]], *ROWS[1:]])
    assert main(command) == 3
    delivered(tmp_path, [["a", "b"], ["1", "2"]])
    assert main(command) == 3
    assert "Traceback" not in "".join(capsys.readouterr())


GIVEN = {"constants": {"group": "criminal", "kind": "other_crime"}}


@pytest.mark.parametrize(
    ("rows", "entry", "key", "proposed", "clean"),
    [
        (
            [["年", "月", "街道", "数量"], ["2021", "3", "平湖街道", "4"], ["2021", "4", "布吉街道", "5"]],
            GIVEN,
            "dates",
            {"from": ["年", "月"]},
            2,
        ),
        (
            [["年", "月日", "街道"], ["110", "0301", "平湖街道"], ["110", "1204", "布吉街道"]],
            GIVEN,
            "dates",
            {"from": ["年", "月日"], "calendar": "roc"},
            2,
        ),
        (
            [["year", "month", "街道", "数量"], ["2021", "3", "平湖街道", "4"], ["2021", "4", "布吉街道", "5"]],
            GIVEN,
            "dates",
            {"from": ["year", "month"]},
            2,
        ),
        (
            [["月份", "街道", "噪声扰民", "Pollution"], ["2021-03", "平湖街道", "4", "6"]],
            {},
            "kinds",
            {"噪声扰民": "noise", "Pollution": "pollution"},
            2,
        ),
        (
            [["街道", "Enero", "Febrero 2021"], ["平湖街道", "4", "6"]],
            GIVEN,
            "periods",
            {"year": 2021},
            2,
        ),
        (
            [["警情编号", "接报时间", "地址"], ["1", "2021-03-04", "平湖街道1号"], ["2", "2021-03-04", "惠阳区1号"]],
            {**GIVEN, "place_from": "地址"},
            "place_optional",
            True,
            2,
        ),
    ],
)
def test_keys_that_would_help_are_tried_and_shown(tmp_path, rows, entry, key, proposed, clean):
    path = delivered(tmp_path, rows)
    text, before = check_file(path, "incidents", {"files": path.name, **entry})
    after, printed = pasted(path, "incidents", text)
    assert printed[key] == proposed
    assert len(after.clean) == clean > (0 if before is None else len(before.clean))


def test_marks_of_numbers_are_proposed(tmp_path):
    path = delivered(tmp_path, changed(7, "1.200", "850.000", "12"))
    text, _ = check_file(path, "projects")
    after, entry = pasted(path, "projects", text)
    assert entry["numbers"] == {"decimal": ",", "thousands": "."}
    assert after.clean["budget_cny"].tolist() == [1200, 850000, 12]


def test_words_of_a_list_that_are_not_known_are_shown_whole_but_no_name_that_comes_once(tmp_path):
    rows = [HEADER, *([*PROJECTS[0][:4], "黄土治理", *PROJECTS[0][5:8], f"2021-03-0{n}"] for n in range(1, 5))]
    rows = [[f"{n}", *row[1:]] if n else row for n, row in enumerate(rows)]
    rows.append(["9", *PROJECTS[0][1:4], "李小明", *PROJECTS[0][5:]])
    text, _ = check_file(delivered(tmp_path, rows), "projects")
    assert "Words under field that are not known" in text
    assert "黄土治理 (4)" in text
    assert "李小明" not in text


def test_that_each_line_is_an_incident_is_proposed_where_none_has_a_number(tmp_path):
    without = [row[1:] for row in [INCIDENT_HEADER, *INCIDENTS, INCIDENTS[0]]]
    path = delivered(tmp_path, without)
    text, reading = check_file(path, "incidents")
    assert len(reading.clean) == len(INCIDENTS)
    found, entry = pasted(path, "incidents", text)
    assert entry["rows"] == "incidents"
    assert len(found.clean) == len(INCIDENTS) + 1
    assert "rows" not in check_file(delivered(tmp_path, [INCIDENT_HEADER, *INCIDENTS, INCIDENTS[0]]), "incidents")[0]


def test_a_zone_is_proposed_where_times_state_an_offset(tmp_path):
    rows = [INCIDENT_HEADER, *INCIDENTS]
    at = INCIDENT_HEADER.index("接报时间")
    rows[1] = [*rows[1][:at], "2021-03-05T23:30:00Z", *rows[1][at + 1 :]]
    path = delivered(tmp_path, rows)
    reading, entry = pasted(path, "incidents", check_file(path, "incidents")[0])
    assert entry["dates"] == {"zone": "Asia/Shanghai"}
    assert str(reading.clean["reported_at"].iloc[0]) == "2021-03-06 07:30:00"
    assert not reading.warnings
