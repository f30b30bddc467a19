import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import pytest
from making import (
    HEADER,
    PROJECTS,
    as_html,
    as_ods,
    as_spreadsheetml,
    as_xlsx,
    as_zip,
    classes,
    read,
    shown,
    why,
    workbook,
)

from src.codebook import vocabulary
from src.ingest.readers.grid import UnreadableFile, as_text
from src.ingest.readers.number_formats import shown as shown_as

ROWS = [HEADER, *PROJECTS[:3]]
IDS = [["000012"], ["1E05"], ["P003"]]
SHORT = ["项目编号", "项目名称", "社区", "治理领域", "预算", "启动日期"]
FIXTURES = Path(__file__).parent / "fixtures"


def edited(content: bytes, part: str, change) -> bytes:
    """Return a workbook with one of its parts changed."""
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, change(source.read(name)) if name == part else source.read(name))
    return target.getvalue()


def in_sheet(content: bytes, old: bytes, new: bytes) -> bytes:
    def change(xml: bytes) -> bytes:
        assert re.search(old, xml)
        return re.sub(old, new, xml)

    return edited(content, "xl/worksheets/sheet1.xml", change)


@pytest.mark.parametrize("make", [as_xlsx, as_ods, as_spreadsheetml, as_html])
def test_each_kind_gives_the_same_rows(tmp_path, make):
    reading = read(tmp_path, make([["台账"], [], *ROWS]), "a.xls")
    assert shown(reading, "project_id", "budget_cny", "started_on") == [
        ["000012", 12000.0, "2021-03-05 00:00"],
        ["1E05", 8000.0, "2021-03-06 00:00"],
        ["P003", 1500.5, "2021-04-01 00:00"],
    ]
    assert reading.clean["source_line"].tolist() == [4, 5, 6]


def test_an_xls_with_numbers_dates_a_merge_and_a_hidden_sheet(tmp_path):
    reading = read(tmp_path, (FIXTURES / "register.xls").read_bytes(), "a.xls")
    assert shown(reading, "project_id", "street", "budget_cny", "started_on") == [
        ["P001", "平湖街道", 12000.0, "2021-03-05 00:00"],
        ["P002", "平湖街道", 8000.0, "2021-03-06 00:00"],
    ]
    assert reading.clean["source_line"].tolist() == [3, 4]
    assert "旧表" in "".join(reading.warnings)


def test_an_empty_sheet_and_empty_rows_above_keep_the_line_numbers(tmp_path):
    content = workbook({"空": [], "台账": [[], [], [], *ROWS]})
    assert read(tmp_path, content).clean["source_line"].tolist() == [5, 6, 7]


def test_sheets_that_fit_are_read_hidden_and_other_ones_told(tmp_path):
    content = workbook({"说明": [["填报说明"]], "一": ROWS[:2], "二": [HEADER, PROJECTS[3]], "旧": ROWS}, hidden=["旧"])
    reading = read(tmp_path, content)
    assert reading.clean[["source_sheet", "project_id"]].to_numpy().tolist() == [["一", "000012"], ["二", "P004"]]
    told = " ".join(reading.warnings)
    assert "隐藏的工作表“旧”" in told
    assert "工作表“说明”没有可识别的表头" in told
    assert shown(read(tmp_path, content, sources={"sheets": "旧"})) == IDS


def test_a_first_sheet_that_is_hidden_is_not_read(tmp_path):
    content = workbook({"旧": ROWS, "台账": [HEADER, PROJECTS[3]]}, hidden=["旧"])
    assert shown(read(tmp_path, content)) == [["P004"]]


def test_a_street_merged_down_fills_its_lines(tmp_path):
    rows = [HEADER, *(list(row) for row in PROJECTS[:2]), PROJECTS[2]]
    rows[2][2] = ""
    reading = read(tmp_path, as_xlsx(rows, merges=[(1, 2, 2, 2)]))
    assert shown(reading, "street") == [["平湖街道"], ["平湖街道"], ["布吉街道"]]


def test_a_number_merged_over_lines_is_nobodys(tmp_path):
    rows = [HEADER, *(list(row) for row in PROJECTS[:3])]
    rows[2][7] = ""
    reading = read(tmp_path, as_xlsx(rows, merges=[(1, 7, 2, 7)]))
    assert why(reading) == [(2, "budget_cny", "merged_number"), (3, "budget_cny", "merged_number")]
    assert shown(reading) == [["P003"]]


def test_a_number_merged_over_columns_is_nobodys(tmp_path):
    """It came in twice: 5 of January and February together were 5 of each."""
    rows = [["街道", "警情种类", "1月", "2月"], ["平湖街道", "邻里纠纷", 5, ""], ["布吉街道", "邻里纠纷", 1, 2]]
    content = as_xlsx(rows, merges=[(1, 2, 1, 3)])
    reading = read(tmp_path, content, table="incidents", sources={"periods": {"year": 2021}})
    assert reading.clean["incident_count"].tolist() == [1, 2]
    assert {code for *_, code in why(reading)} == {"merged_number"}


def test_a_key_merged_over_lines_is_not_two_records(tmp_path):
    rows = [
        SHORT,
        ["P1", "甲", "爱联社区", "治安", "1", "2021-03-05"],
        ["", "乙", "爱联社区", "治安", "1", "2021-03-05"],
    ]
    reading = read(tmp_path, as_xlsx(rows, merges=[(1, 0, 2, 0)]))
    assert {code for _, _, code in why(reading)} == {"conflict"}


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_dates_are_told_by_their_format_in_both_calendars(tmp_path, epoch_1904):
    row = ["P1", "甲", "爱联社区", "治安", 12000, dt.date(2021, 3, 5)]
    reading = read(tmp_path, as_xlsx([SHORT, row], epoch_1904=epoch_1904))
    assert shown(reading, "budget_cny", "started_on") == [[12000.0, "2021-03-05 00:00"]]


def test_dates_in_a_chinese_format_and_as_bare_serials(tmp_path):
    rows = [SHORT, ["P1", "甲", "爱联社区", "治安", 1, dt.date(2021, 3, 5)], ["P2", "乙", "爱联社区", "治安", 1, 44260]]
    content = as_xlsx(rows, formats={(1, 5): 'yyyy"年"m"月"d"日"'})
    assert shown(read(tmp_path, content), "started_on") == [["2021-03-05 00:00"], ["2021-03-05 00:00"]]
    content = as_xlsx([SHORT, ["P2", "乙", "爱联社区", "治安", 1, 42798]], epoch_1904=True)
    assert shown(read(tmp_path, content), "started_on") == [["2021-03-05 00:00"]]


def test_numbers_as_text_and_text_as_numbers(tmp_path):
    row = [12, "甲", "爱联社区", "治安", "12,000", "2021-03-05"]
    assert shown(read(tmp_path, as_xlsx([SHORT, row])), "project_id", "budget_cny") == [["12", 12000.0]]


def test_a_number_that_excel_shows_with_zeros_in_front_keeps_them(tmp_path):
    row = [12, "甲", "爱联社区", "治安", "1", "2021-03-05"]
    assert shown(read(tmp_path, as_xlsx([SHORT, row], formats={(1, 0): "000000"}))) == [["000012"]]


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        (417, '"XF-"00000', "XF-00417"),
        (417, "00000;[Red]-00000", "00417"),
        (20210417, "0000-0000", "2021-0417"),
        (417, "[$-804]00000", "00417"),
        (417, "\\X\\F00000_ ", "XF00417"),
        (417, 'General"号"', "417号"),
        (417, "(000) 0000", "(000) 0417"),
        (1204170, '00"-"00', "12041-70"),
        (-417, "00000", "-00417"),
        (0, '"XF"000;"N"0;"Z"0', "Z0"),
        (4170, '#,##0"元"', "4,170元"),
        (417, "000000_);\\(000000\\)", "000417"),
        (417, '"XF"0.0', "XF417.0"),
        (41.7, '0.0#"万元"', "41.7万元"),
        (4170.5, '#,##0.0"元"', "4,170.5元"),
    ],
)
def test_what_a_format_shows_of_a_number(number, code, text):
    found = shown_as(number, code)
    assert (as_text(found), getattr(found, "number", found)) == (text, number)


@pytest.mark.parametrize(
    "code",
    ["General", "0", "@", "#,##0.00", "0_ ", '_ * #,##0.00_ ;_ * "-"??_ ;_ @_ ', "[$¥-804]#,##0", "# ?/?"],
)
def test_a_format_of_amounts_shows_nothing_but_the_number(code):
    assert type(shown_as(417, code)) is int


@pytest.mark.parametrize(
    ("code", "seen"), [("000.000", "012.500"), ("0000.0", "0012.5"), ("000,000", "12.5〔格式 000,000〕")]
)
def test_zeros_in_front_are_shown_whatever_marks_stand_between(code, seen):
    assert as_text(shown_as(12.5, code)) == seen


@pytest.mark.parametrize(
    "code",
    ["XF0", "!X000", '"XF"0.0,', '[>100]"A"0;"B"0', "[DBNum1]General", '"XF"yyyy', '"XF"0/0', '"无";"无"', "*0#"],
)
def test_a_format_that_is_not_rendered_is_told(code):
    assert as_text(shown_as(417, code)) == f"417〔格式 {code}〕"


def test_ids_are_what_a_workbook_shows_and_amounts_are_numbers(tmp_path):
    rows = [SHORT, *([n, "甲", "爱联社区", "治安", 1200 + n, "2021-03-05"] for n in (417, 418, 419))]
    codes = {(1, 0): '"XF-"00000', (2, 0): "0000;0000", (3, 0): '"XF"0,', (1, 4): '#,##0"元"', (2, 4): '"约"0.0'}
    reading = read(tmp_path, as_xlsx(rows, formats=codes))
    assert shown(reading, "project_id", "budget_cny") == [["XF-00417", 1617.0], ["0418", 1618.0]]
    assert why(reading) == [(4, "project_id", "format_not_shown")]
    nameless = edited(
        as_xlsx(rows, formats=codes), "xl/worksheets/sheet1.xml", lambda xml: re.sub(rb' r="\w+"', b"", xml)
    )
    assert shown(read(tmp_path, nameless)) == [["XF-00417"], ["0418"]]


def test_a_number_that_shows_with_a_larger_unit_is_read_with_it(tmp_path):
    rows = [SHORT, *([f"P{n}", "甲", "爱联社区", "治安", n, "2021-03-05"] for n in (5, 6.5, 7200, 8))]
    codes = {(1, 4): '0"万元"', (2, 4): '0.0"万元"', (3, 4): '0!.0,"万元"', (4, 4): '[>9]0"万元";0'}
    reading = read(tmp_path, as_xlsx(rows, formats=codes))
    assert shown(reading, "project_id", "budget_cny") == [["P5", 50000.0], ["P6.5", 65000.0], ["P7200", 7200.0]]
    assert why(reading) == [(5, "budget_cny", "format_not_shown")]


def test_a_text_shows_with_the_words_of_its_format(tmp_path):
    row = ["417", "甲", "爱联社区", "治安", 1, "2021-03-05"]
    codes = {(1, 0): '"XF-"@', (2, 0): "@"}
    assert shown(read(tmp_path, as_xlsx([SHORT, row, row], formats=codes))) == [["XF-417"], ["417"]]


def test_an_id_that_became_a_date_is_told(tmp_path):
    row = [dt.date(2021, 3, 5), "甲", "爱联社区", "治安", 1, "2021-03-05"]
    assert why(read(tmp_path, as_xlsx([SHORT, row]))) == [(2, "project_id", "id_became_date")]


MONTHS = [
    ('yyyy"年"m"月"', "month"),
    ("mmm-yy", "month"),
    ("yyyy-mm;@", "month"),
    ("yyyy-mm-dd", "day"),
    ("d-mmm-yy", "day"),
]


@pytest.mark.parametrize(("code", "precision"), [*MONTHS, ("yyyy", "")])
def test_a_day_that_shows_as_its_month_is_a_month(tmp_path, code, precision):
    """Excel makes the first day of 2021年3月, and shows the month."""
    rows = [["警情编号", "接报时间", "街道", "警情类别", "警情种类"]]
    rows += [[f"J{day}", dt.date(2021, 3 if precision else 1, day), "布吉街道", "治安警情", "盗窃"] for day in (1, 9)]
    codes = {(1, 1): code, (2, 1): code}
    reading = read(tmp_path, as_xlsx(rows, formats=codes), "a.xlsx", "incidents")
    found = shown(reading, "incident_id", "precision")
    assert found == ([["J1", precision]] if precision else []) + [["J9", "day"]]


@pytest.mark.parametrize("seen", ["2021年3月", "Mar-21", "2021-03", "3月1日", "01/03/2021"])
def test_a_day_that_an_ods_shows_as_its_month_is_a_month(tmp_path, seen):
    kinds = [""] * 5 + [' office:value-type="date" office:date-value="2021-03-01"']
    texts = ("P1", "甲", "爱联社区", "治安", "1", seen)
    cells = (f"<table:table-cell{k}><text:p>{t}</text:p></table:table-cell>" for k, t in zip(kinds, texts, strict=True))
    reading = read(tmp_path, ods_with(f"<table:table-row>{''.join(cells)}</table:table-row>".encode()), "a.ods")
    is_day = seen in ("3月1日", "01/03/2021")
    assert why(reading) == ([] if is_day else [(2, "started_on", "day_missing")])


def test_spreadsheetml_shows_numbers_dates_and_hidden_rows(tmp_path):
    styles = {"id": "&quot;XF-&quot;0000", "month": "yyyy\\-mm", "plain": "General Number", "day": "Short Date"}
    stated = "".join(f'<Style ss:ID="{n}"><NumberFormat ss:Format="{code}"/></Style>' for n, code in styles.items())
    cells = [("id", "Number", "417"), ("", "String", "甲"), ("", "String", "爱联社区"), ("", "String", "治安")]

    def row(cells, of_row=""):
        found = (f'<Cell ss:StyleID="{s}"><Data ss:Type="{t}">{v}</Data></Cell>' for s, t, v in cells)
        return f"<Row{of_row}>{''.join(found)}</Row>".replace(' ss:StyleID=""', "")

    head = row([("", "String", text) for text in (*SHORT[:4], "预算", "启动日期")])
    day, month = (("day", "DateTime", "2021-03-01T00:00:00.000"), ("month", "DateTime", "2021-03-01T00:00:00.000"))
    body = row([*cells, ("plain", "Number", "20"), day])
    body += row([("", "Number", "418"), *cells[1:], ("", "Number", "20"), day], ' ss:Hidden="1" ss:StyleID="id"')
    body += row([("", "Number", "419"), *cells[1:], ("plain", "Number", "20"), month])
    xml = as_spreadsheetml([]).decode().replace("<Table></Table>", f"<Table>{head}{body}</Table>")
    xml = re.sub("(<Workbook[^>]*>)", rf"\1<Styles>{stated}</Styles>", xml)
    reading = read(tmp_path, xml.encode(), "a.xls")
    assert shown(reading, "project_id", "budget_cny") == [["XF-0417", 20.0], ["XF-0418", 20.0]]
    assert why(reading) == [(4, "started_on", "day_missing")]
    assert any("hides 1 rows" in said for said in reading.warnings)


def test_a_day_written_as_a_number_is_read_as_it_is_shown(tmp_path):
    row = ["P1", "甲", "爱联社区", "治安", 1, 210417]
    reading = read(tmp_path, as_xlsx([SHORT, row], formats={(1, 5): '00"年"00"月"00"日"'}))
    assert shown(reading, "started_on") == [["2021-04-17 00:00"]]


def test_ids_are_what_an_ods_shows(tmp_path):
    def row(shown: str, value: str) -> str:
        kind = f'office:value-type="float" office:value="{value}"'
        cells = f"<table:table-cell {kind}><text:p>{shown}</text:p></table:table-cell>"
        cells += "".join(
            f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("甲", "爱联社区", "治安")
        )
        return f"<table:table-row>{cells}</table:table-row>"

    rows = [row("XF-00417", "417"), row("00418", "418"), row("419.00", "419"), row("1,420", "1420"), row("###", "421")]
    reading = read(tmp_path, ods_with("".join(rows).encode()), "a.ods")
    assert shown(reading) == [["XF-00417"], ["00418"], ["419"], ["1420"]]
    assert why(reading) == [(6, "project_id", "format_not_shown")]


def test_a_number_too_long_for_a_number_has_lost_digits(tmp_path):
    row = [440307202103050012, "甲", "爱联社区", "治安", "1", "2021-03-05"]
    assert why(read(tmp_path, as_xlsx([SHORT, row]))) == [(2, "project_id", "lost_digits")]


def test_formulas_with_their_result_without_it_and_errors(tmp_path):
    rows = [SHORT, *([f"P{n}", "甲", "爱联社区", "治安", n, "2021-03-05"] for n in range(1, 5))]
    content = as_xlsx(rows)
    content = in_sheet(content, rb'<c r="E2"><v>1</v>', rb'<c r="E2"><f>3+4</f><v>7</v>')
    content = in_sheet(content, rb'<c r="E3"><v>2</v>', rb'<c r="E3"><f>3+4</f>')
    content = in_sheet(content, rb'<c r="E4"><v>3</v>', rb'<c r="E4" t="e"><v>#REF!</v>')
    content = in_sheet(content, rb'<c r="E5"><v>4</v>', rb'<c r="E5" t="str"><f>A1</f><v></v>')
    reading = read(tmp_path, content)
    assert shown(reading, "project_id", "budget_cny") == [["P1", 7.0]]
    assert why(reading) == [
        (3, "budget_cny", "uncalculated"),
        (4, "budget_cny", "error_cell"),
        (5, "budget_cny", "uncalculated"),
    ]
    assert reading.quarantined["value"].tolist()[1] == "#REF!"


def test_error_texts_in_other_kinds_are_errors_too(tmp_path):
    rows = [SHORT, ["P1", "甲", "爱联社区", "治安", "#REF!", "2021-03-05"]]
    for make in (as_ods, as_spreadsheetml, as_html):
        assert why(read(tmp_path, make(rows), "a.xls")) == [(2, "budget_cny", "error_cell")]


def test_html_spans_are_filled(tmp_path):
    page = """<table><tr><th>项目编号</th><th>项目名称</th><th>街道</th><th>社区</th><th>治理领域</th></tr>
    <tr><td>P1</td><td>甲</td><td rowspan=2>平湖街道</td><td>凤凰社区</td><td>治安</td></tr>
    <tr><td>P2</td><td>乙&nbsp;丙<br>丁</td><td>新木社区</td><td>治安</td></tr>
    <tr><td colspan=5>注：以上</td></tr></table>"""
    reading = read(tmp_path, f"<html><body>{page}</body></html>".encode(), "a.xls")
    assert shown(reading, "title", "street", "community") == [
        ["甲", "平湖街道", "凤凰社区"],
        ["乙 丙 丁", "平湖街道", "新木社区"],
    ]
    assert classes(reading) == {"header": 1, "data": 2, "note": 1}


@pytest.mark.parametrize("charset", ["utf-8", "gbk", "gb2312", "utf-16"])
def test_html_in_the_encoding_it_states(tmp_path, charset):
    page = as_html(ROWS, "gbk" if charset == "gb2312" else charset)
    assert shown(read(tmp_path, page, "a.xls"), "title")[2] == ["合计行动计划"]


def test_a_page_with_a_layout_table_around_the_data(tmp_path):
    inner = as_html(ROWS).decode().split("<body>")[1].split("</body>")[0]
    page = f"<html><body><table><tr><td>菜单</td></tr><tr><td>{inner}</td></tr></table></body></html>"
    assert shown(read(tmp_path, page.encode(), "a.xls")) == IDS


def test_spreadsheetml_merges_skipped_cells_and_hidden_sheets(tmp_path):
    def row(*cells):
        return "<Row>" + "".join(f'<Cell{a}><Data ss:Type="String">{c}</Data></Cell>' for a, c in cells) + "</Row>"

    head = row(*(("", c) for c in ("项目编号", "项目名称", "街道", "社区", "治理领域")))
    body = row(("", "P1"), ("", "甲"), (' ss:MergeDown="1"', "平湖街道"), ("", "凤凰社区"), ("", "治安"))
    body += row(("", "P2"), ("", "乙"), (' ss:Index="4"', "新木社区"), ("", "治安"))
    later = row(("", "P3"), ("", "丙"), ("", ""), ("", "爱联社区"), ("", "治安")).replace("<Row", '<Row ss:Index="9"')
    xml = as_spreadsheetml([]).decode().replace("<Table></Table>", f"<Table>{head}{body}{later}</Table>")
    reading = read(tmp_path, xml.encode(), "a.xls")
    assert shown(reading, "project_id", "street") == [["P1", "平湖街道"], ["P2", "平湖街道"], ["P3", "龙城街道"]]
    assert reading.clean["source_line"].tolist() == [2, 3, 9]
    hidden = xml.replace(
        "</Worksheet>",
        '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible>'
        "</WorksheetOptions></Worksheet>",
    )
    with pytest.raises(UnreadableFile):
        read(tmp_path, hidden.encode(), "a.xls")


def test_entities_are_never_expanded(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("机密")
    body = as_spreadsheetml([SHORT, ["P1", "甲&x;", "爱联社区", "治安", "1", "2021-03-05"]]).decode()
    body = body.replace("&amp;x;", "&x;")
    for entity in (f'SYSTEM "file://{secret}"', '"机密"'):
        xml = body.replace("<Workbook", f"<!DOCTYPE w [<!ENTITY x {entity}>]><Workbook", 1)
        with pytest.raises(UnreadableFile, match="entit"):
            read(tmp_path, xml.encode(), "a.xls")
    laughs = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 50}">' for n in range(9))
    xml = body.replace("<Workbook", f'<!DOCTYPE w [<!ENTITY e0 "ha">{laughs}]><Workbook', 1).replace("&x;", "&e9;")
    with pytest.raises(UnreadableFile):
        read(tmp_path, xml.encode(), "a.xls")


@pytest.mark.parametrize(
    "attribute",
    ['ss:Index="9999999999"', 'ss:Index="x"', 'ss:Index="-5"', 'ss:MergeDown="99999999"', 'ss:MergeDown="15000000"'],
)
def test_absurd_positions_are_refused_not_filled(tmp_path, attribute):
    xml = as_spreadsheetml(ROWS).decode().replace("<Cell>", f"<Cell {attribute}>", 1)
    with pytest.raises(UnreadableFile):
        read(tmp_path, xml.encode(), "a.xls")


def test_too_many_rows_or_columns_are_refused(tmp_path, monkeypatch):
    limits = vocabulary.current().thresholds
    monkeypatch.setitem(limits, "max_rows_per_sheet", 3)
    with pytest.raises(UnreadableFile, match="4 rows"):
        read(tmp_path, as_xlsx(ROWS))
    for make in (as_html, as_spreadsheetml):
        with pytest.raises(UnreadableFile, match="4 rows"):
            read(tmp_path, make(ROWS))
    monkeypatch.setitem(limits, "max_rows_per_sheet", 100)
    monkeypatch.setitem(limits, "max_columns", 5)
    for make in (as_xlsx, as_html, as_spreadsheetml):
        with pytest.raises(UnreadableFile, match=r"and [69] columns"):
            read(tmp_path, make(ROWS))


def test_one_stray_cell_at_the_end_of_a_sheet_is_refused(tmp_path):
    stray = rb'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    with pytest.raises(UnreadableFile, match="1048576 rows and 16384 columns"):
        read(tmp_path, in_sheet(as_xlsx(ROWS), rb"</sheetData>", stray))


def test_a_far_row_that_holds_nothing_is_none(tmp_path):
    last = b'<row r="1048576" customFormat="false" ht="12.8"></row></sheetData>'
    assert shown(read(tmp_path, in_sheet(as_xlsx(ROWS), rb"</sheetData>", last))) == IDS


@pytest.mark.parametrize(
    "place",
    [b"G" * 300_000 + b"3", b"G" + b"3" * 300_000, b"ABCD3", b"AB700000"],
    ids=["letters", "digits", "4", "far"],
)
def test_what_a_reference_states_is_held_against_what_is_written(tmp_path, place):
    """300,000 letters took as many multiplications of a number of half a million digits."""
    with pytest.raises(UnreadableFile, match="delete what lies outside the table"):
        read(tmp_path, in_sheet(as_xlsx(ROWS), b'<c r="G3"', b'<c r="' + place + b'"'))


@pytest.mark.parametrize("stated", [b"4294967295", b"99999999", b"x", b"9" * 5000])
def test_a_part_that_states_more_entries_than_it_can_hold_is_refused(tmp_path, stated):
    """The cell reader made room for them and took the whole process down."""
    content = edited(as_xlsx(ROWS), "xl/sharedStrings.xml", lambda xml: re.sub(rb'(?<=uniqueCount=")\d+', stated, xml))
    with pytest.raises(UnreadableFile, match="is damaged"):
        read(tmp_path, content)


def ods_with(rows: bytes, before: bytes = b"") -> bytes:
    def change(xml: bytes) -> bytes:
        return xml.replace(b"</table:table>", rows + b"</table:table>").replace(
            b"<office:body>", before + b"<office:body>"
        )

    return edited(as_ods([SHORT]), "content.xml", change)


def test_ods_values_by_their_kind_repeats_spans_and_errors(tmp_path):
    def cell(text, attributes="", covered=""):
        return f"<table:{covered}table-cell {attributes}><text:p>{text}</text:p></table:{covered}table-cell>"

    def row(*cells, attributes=""):
        return f"<table:table-row {attributes}>" + "".join(cells) + "</table:table-row>"

    day, money = (
        'office:value-type="date" office:date-value="2021-03-05"',
        'office:value-type="float" office:value="1200"',
    )
    twice = 'table:number-columns-repeated="2"'
    down = 'table:number-rows-spanned="2"'
    rows = [
        row("<table:table-cell/>", attributes='table:number-rows-repeated="3"'),
        row(cell("000012", 'office:value-type="float" office:value="12"'), cell("甲"), cell("爱联社区", down),
            cell("治安"), cell("1,200.00", money), cell("21/3/5", day)),
        row(cell("P2"), cell("乙"), cell("", "", "covered-"), cell("治安"), cell("#DIV/0!", money), cell("x", day)),
        row(cell("P3"), cell("丙"), cell("爱联社区"), cell("治安"), cell("", twice), cell("")),
        row("<table:table-cell/>", attributes='table:number-rows-repeated="1048570"'),
    ]  # fmt: skip
    reading = read(tmp_path, ods_with("".join(rows).encode()), "a.ods")
    assert shown(reading, "project_id", "community", "budget_cny", "started_on") == [
        ["000012", "爱联社区", 1200.0, "2021-03-05 00:00"],
        ["P3", "爱联社区", None, None],
    ]
    assert why(reading) == [(6, "budget_cny", "error_cell")]
    assert reading.clean["source_line"].tolist() == [5, 7]


def test_ods_that_is_hidden_locked_or_endless_is_refused(tmp_path):
    endless = b'<table:table-row table:number-rows-repeated="1048576"><table:table-cell ' \
        b'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>'  # fmt: skip
    with pytest.raises(UnreadableFile, match="16384 columns"):
        read(tmp_path, ods_with(endless), "a.ods")
    again = b'<table:table-row table:number-rows-repeated="7000000"><table:table-cell><text:p>x</text:p>' \
        b"</table:table-cell></table:table-row>"  # fmt: skip
    with pytest.raises(UnreadableFile, match="7000001 rows"):
        read(tmp_path, ods_with(again), "a.ods")
    locked = edited(as_ods(ROWS), "META-INF/manifest.xml", lambda xml: xml + b"<encryption-data/>")
    with pytest.raises(UnreadableFile, match="password"):
        read(tmp_path, locked, "a.ods")
    for part in ("content.xml", "META-INF/manifest.xml"):
        damaged = as_ods(ROWS).replace(part.encode(), part[:-1].encode() + b"_")
        with pytest.raises(UnreadableFile):
            read(tmp_path, damaged, "a.ods")
    with pytest.raises(UnreadableFile, match="is damaged"):
        read(tmp_path, ods_with(b"<table:table-row>"), "a.ods")


def test_merges_that_overlap_are_refused(tmp_path):
    ranges = b'<mergeCells count="2"><mergeCell ref="A1:I4"/><mergeCell ref="A1:I4"/></mergeCells>'
    with pytest.raises(UnreadableFile, match="overlap"):
        read(tmp_path, in_sheet(as_xlsx(ROWS), rb"</sheetData>", b"</sheetData>" + ranges))


def test_an_old_workbooks_errors_zeros_and_password(tmp_path):
    reading = read(tmp_path, (FIXTURES / "errors.xls").read_bytes(), "a.xls")
    assert shown(reading, "project_id", "budget_cny") == [["000012", 5.0]]
    assert why(reading) == [(3, "budget_cny", "error_cell"), (4, "started_on", "error_cell")]
    assert reading.quarantined["value"].tolist() == ["#REF!", "#DIV/0!"]


def renamed(xml: bytes) -> bytes:
    """Return a sheet as some systems write it: every name with a namespace before it, attributes in another order."""
    xml = re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", xml).replace(b"xmlns=", b"xmlns:x=")
    return re.sub(rb'<x:c r="(\w+)" t="e">', rb"<x:c t='e' r='\1'>", xml)


def test_errors_are_seen_however_the_sheet_is_written(tmp_path):
    content = in_sheet(as_xlsx(ROWS), rb'<c r="H3" t="s"><v>\d+<', b'<c r="H3" t="e"><v>#REF!<')
    assert why(read(tmp_path, content)) == [(3, "budget_cny", "error_cell")]
    content = edited(content, "xl/worksheets/sheet1.xml", renamed)
    reading = read(tmp_path, content)
    assert why(reading) == [(3, "budget_cny", "error_cell")]
    assert reading.quarantined["value"].tolist() == ["#REF!"]


@pytest.mark.parametrize("place", ["G" + 40 * "F" + "4", "A99999999999", "xfd9999999"])
def test_a_cell_said_to_stand_beyond_any_sheet_is_refused_before_it_is_made_room_for(tmp_path, place):
    with pytest.raises(UnreadableFile, match="delete what lies outside the table"):
        read(tmp_path, in_sheet(as_xlsx(ROWS), b'<c r="G3"', f'<c r="{place}"'.encode()))


def test_empty_cells_that_only_have_a_format_are_nothing(tmp_path):
    content = as_xlsx(ROWS, formats={(1, 6): "000000"})
    content = in_sheet(content, b"</sheetData>", b'<row r="90"><c r="Z90" s="1"/></row></sheetData>')
    assert len(read(tmp_path, content).clean) == len(ROWS) - 1


def test_rows_that_a_filter_hides_are_read_and_told(tmp_path):
    with zipfile.ZipFile(io.BytesIO(as_xlsx(ROWS))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    hidden = re.sub(rb'(<row r="[23]")', rb'\1 hidden="1"', members[sheet])
    assert hidden.count(b"hidden") == 2
    hidden = hidden.replace(b"</sheetData>", b'<row r="99" hidden="1"/></sheetData>')
    reading = read(tmp_path, as_zip({**members, sheet: hidden}), "a.xlsx")
    assert len(reading.clean) == len(ROWS) - 1
    assert ["hides 2 rows" in said for said in reading.warnings] == [True]
    assert read(tmp_path, as_xlsx(ROWS), "b.xlsx").warnings == []


def test_rows_that_a_filter_hides_in_an_ods_are_read_and_told(tmp_path):
    with zipfile.ZipFile(io.BytesIO(as_ods(ROWS))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    row, marked = b"<table:table-row>", b'<table:table-row table:visibility="filter">'
    first, second, rest = members["content.xml"].split(row, 2)
    hidden = first + row + second + marked + rest
    reading = read(tmp_path, as_zip({**members, "content.xml": hidden}), "a.ods")
    assert len(reading.clean) == len(ROWS) - 1
    assert ["hides 1 rows" in said for said in reading.warnings] == [True]


def test_an_xls_shows_formats_and_months_and_hides_rows(tmp_path):
    reading = read(tmp_path, (FIXTURES / "formats.xls").read_bytes(), "a.xls")
    ids = [["XF-00417", 1200.0], ["2021-0418", 120000.0], ["XF-419", 1200.0]]
    assert shown(reading, "project_id", "budget_cny") == ids
    found = [
        (5, "project_id", "format_not_shown"),
        (6, "started_on", "day_missing"),
        (7, "project_id", "id_became_date"),
        (8, "budget_cny", "unknown_unit"),  # 0.5 that shows as 50% is no 0.5元
    ]
    assert why(reading) == found
    assert ["hides 1 rows" in said for said in reading.warnings] == [True]


def test_what_is_raised_in_an_xls_is_no_part_of_an_identifier(tmp_path):
    reading = read(tmp_path, (FIXTURES / "raised.xls").read_bytes(), "a.xls")
    assert shown(reading, "project_id", "title") == [["J7〔1〕", "甲"], ["J8", "花园60m²"], ["H2O", "甲"]]


def test_what_a_page_hides_in_a_cell_is_no_part_of_it(tmp_path):
    rows = [SHORT, ["P1", "甲", "爱联社区", "治安", "12", "2021-03-05"]]
    page = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    page = page.replace("<td>12", '<td><span style="display: none">9</span>12')
    reading = read(tmp_path, f"<html><table>{page}</table></html>".encode(), "a.xls")
    assert shown(reading, "project_id", "budget_cny") == [["P1", 12.0]]


def test_a_cell_of_a_form_says_what_its_field_shows(tmp_path):
    title = '<input type="hidden" value="9"><input value="甲"><input type="button" value="改">'
    chosen = "<select><option>交通<option selected>治安<option>环境</select>"
    rows = [
        SHORT,
        ['<input type="text" value="P1">', title, "爱联社区", chosen, '<input value="12"> 万元', "2021-03-05"],
    ]
    page = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    reading = read(tmp_path, f"<html><table>{page}</table></html>".encode(), "a.xls")
    assert shown(reading, "project_id", "title", "field", "budget_cny") == [["P1", "甲", "public_security", 120000.0]]


@pytest.mark.parametrize(
    ("codes", "budgets", "aside"),
    [
        (['"$"#,##0', "[$¥-804]#,##0"], [1702.0], ["$1,701"]),  # two currencies
        (['"$"#,##0', None], [1702.0], ["$1,701"]),
        (["[$$-409]#,##0", '"$"0.00'], [1701.0, 1702.0], []),  # one, as in another country
        (['"HKD "0', '0"元"'], [1702.0], ["HKD 1701"]),
        (['"¥"0', '"RMB"0'], [1701.0, 1702.0], []),
        (['0"%"', "0\\%"], [], ["1701%", "1702%"]),
    ],
)
def test_a_format_that_shows_a_currency_or_a_share_is_read_with_it(tmp_path, codes, budgets, aside):
    rows = [SHORT, *([f"P{n}", "甲", "爱联社区", "治安", n, "2021-03-05"] for n in (1701, 1702))]
    reading = read(tmp_path, as_xlsx(rows, formats={(n, 4): code for n, code in enumerate(codes, 1) if code}))
    assert (shown(reading, "budget_cny"), reading.quarantined["value"].tolist()) == ([[b] for b in budgets], aside)


RAISED = [
    ["项目编号<sup>a</sup>", "项目名称", "社区", "治理领域", "预算"],
    ["P7<sup>1</sup>", "绿化60m<sup>2</sup>", "爱联社区", "治安", "5"],
    ["P8", "甲", "爱联社区", "治安", "5<sup>1</sup>"],
]


def as_xlsx_with_raised(rows: list[list]) -> bytes:
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet, raised = book.add_worksheet(), book.add_format({"font_script": 1})
        for r, cells in enumerate(rows):
            for c, cell in enumerate(cells):
                before, _, mark = cell.removesuffix("</sup>").partition("<sup>")
                if mark:
                    sheet.write_rich_string(r, c, before, raised, mark)
                else:
                    sheet.write_string(r, c, cell)
    return content.getvalue()


def as_ods_with_raised(rows: list[list]) -> bytes:
    styles = (
        b'<office:automatic-styles><style:style xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
        b'style:name="T1"><style:text-properties style:text-position="super 58%"/></style:style>'
        b"</office:automatic-styles><office:body>"
    )
    spans = (b"&lt;sup&gt;", b'<text:span text:style-name="T1">'), (b"&lt;/sup&gt;", b"</text:span>")

    def with_spans(xml: bytes) -> bytes:
        for mark, span in spans:
            xml = xml.replace(mark, span)
        return xml.replace(b"<office:body>", styles)

    return edited(as_ods(rows), "content.xml", with_spans)


def as_spreadsheetml_with_raised(rows: list[list]) -> bytes:
    sup = b'<Sup xmlns="http://www.w3.org/TR/REC-html40">'
    return as_spreadsheetml(rows).replace(b"&lt;sup&gt;", sup).replace(b"&lt;/sup&gt;", b"</Sup>")


def as_html_with_raised(rows: list[list]) -> bytes:
    return as_html(rows).replace(b"&lt;", b"<").replace(b"&gt;", b">")


@pytest.mark.parametrize(
    "form", [as_xlsx_with_raised, as_ods_with_raised, as_spreadsheetml_with_raised, as_html_with_raised]
)
def test_what_is_raised_is_no_digit_of_what_stands_before(tmp_path, form):
    reading = read(tmp_path, form(RAISED), "a.xls")
    assert shown(reading, "project_id", "title", "budget_cny") == [["P7〔1〕", "绿化60m²", 5.0]]
    assert reading.quarantined["cells"].tolist() == [["P8", "甲", "爱联社区", "治安", "5〔1〕"]]


def test_rows_that_a_page_hides_are_told(tmp_path):
    page = as_html([SHORT, *([f"P{n}", "甲", "爱联社区", "治安", "5", "2021-03-05"] for n in range(3))])
    reading = read(tmp_path, page.replace(b"<tr><td>P1", b'<tr style="display: none"><td>P1'), "a.xls")
    assert len(reading.clean) == 3
    assert any("hides 1 row" in warning for warning in reading.warnings)


@pytest.mark.parametrize(
    ("mark", "seen"), [("<text:line-break/>", "J7 1"), ('<text:s text:c="2"/>', "J7 1"), ("<text:tab/>", "J7 1")]
)
def test_what_stands_between_two_words_of_an_ods_parts_them(tmp_path, mark, seen):
    content = edited(
        as_ods([SHORT, ["J7|1", "甲|乙", "爱联社区", "治安", "12", "2021-03-05"]]),
        "content.xml",
        lambda xml: xml.replace(b"|", mark.encode()),
    )
    reading = read(tmp_path, content, "a.ods")
    assert shown(reading, "title") == [["甲 乙"]]
    assert [" ".join(text.split()) for text in reading.clean["project_id"]] == [seen]


@pytest.mark.parametrize(
    "said", ["甲<br>乙", "<p>甲</p><p>乙</p>", "<div>甲</div>乙", "<ul><li>甲</li><li>乙</li></ul>"]
)
def test_lines_of_a_cell_of_a_page_are_parted(tmp_path, said):
    page = as_html([SHORT, ["P1", "甲乙", "爱联社区", "治安", "12", "2021-03-05"]]).replace(
        "甲乙".encode(), said.encode()
    )
    assert shown(read(tmp_path, page, "a.xls"), "title") == [["甲 乙"]]


LONG = 300_000


@pytest.mark.parametrize(
    ("part", "before", "remark"),
    [
        ("xl/worksheets/sheet1.xml", b"<sheetData>", b"<row " * LONG),
        ("xl/worksheets/sheet1.xml", b"<sheetData>", b"hidden" + b"<row hidden='" * LONG),
        ("xl/sharedStrings.xml", b"</sst>", b"superscript" + b"<si>" * LONG),
        ("xl/styles.xml", b"<cellXfs", b"<cellXfs" * LONG),
        ("xl/workbook.xml", b"<sheets>", b"<sheet " * LONG),
    ],
    ids=["rows", "hidden rows", "strings", "styles", "sheets"],
)
def test_what_begins_many_elements_and_ends_none_is_passed_over_once(tmp_path, part, before, remark):
    """Each beginning was followed to the end of the part: 2 MB took hours, in which no deadline is heard."""
    far = b'<row r="900"><c r="ZZ900"/></row></sheetData>'
    with zipfile.ZipFile(io.BytesIO(in_sheet(as_xlsx(ROWS), b"</sheetData>", far))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = parts[part].replace(before, b"<!--" + remark + b"-->" + before, 1)
    assert shown(read(tmp_path, as_zip(parts))) == IDS


def test_a_format_of_many_open_brackets_is_read_once(tmp_path):
    content = as_xlsx(ROWS, formats={(1, 6): "0[$" + "[$" * LONG})
    assert shown(read(tmp_path, content)) == IDS


def test_a_page_too_deep_to_be_read_to_its_end_is_refused(tmp_path):
    """Seven of eight records were gone without a word."""
    deep = as_html(ROWS).replace(b"</td>", b"<div>" * 300 + b"</td>", 1)
    with pytest.raises(UnreadableFile, match="xcessive depth"):
        read(tmp_path, deep)


@pytest.mark.parametrize("at", [b"</tr>", b"</td>", b"<td>"])
def test_a_page_that_was_cut_off_is_refused(tmp_path, at):
    """It was read as far as it went, as if there were no more."""
    content = as_html(ROWS)
    with pytest.raises(UnreadableFile, match="</table>"):
        read(tmp_path, content[: content.rfind(at)])
