import io
from functools import partial

import pytest
from making import HEADER, PROJECTS, as_csv, classes, read, shown, why

from src.ingest.layout.headers import HeaderWords
from src.ingest.readers.blocks import LongText
from src.ingest.readers.grid import UnreadableFile
from src.ingest.readers.text import LINE_END, likeliest_encoding

ROWS = [HEADER, *PROJECTS[:3]]
TEXT = as_csv(ROWS).decode()
IDS = [["000012"], ["1E05"], ["P003"]]


def grid(text: str | bytes):
    content = text.encode() if isinstance(text, str) else text
    return LongText("a.csv", partial(io.BytesIO, content), HeaderWords("projects").count, None).grid


def cells(text: str) -> list:
    return [line.cells for line in grid(text).lines]


def numbers(text: str | bytes) -> list:
    return [(line.number, line.span, line.problem) for line in grid(text).lines]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "hz", "utf-7"],
)
def test_encodings_are_told_apart(tmp_path, encoding):
    reading = read(tmp_path, TEXT.encode(encoding))
    assert shown(reading, "project_id", "title") == [[row[0], row[1]] for row in ROWS[1:]]


def test_utf16_big_endian_with_mark(tmp_path):
    assert shown(read(tmp_path, b"\xfe\xff" + TEXT.encode("utf-16-be"))) == IDS


def test_big5_is_read_by_the_headers_it_yields(tmp_path):
    text = "項目編號,項目名稱,街道,社區,治理領域\nP1,樓道微更新,平湖街道,鳳凰社區,交通安全\n"
    columns = {"項目編號": "project_id", "項目名稱": "title", "社區": "community", "治理領域": "field"}
    for encoding in ("big5", "cp950", "utf-8", "gb18030"):
        reading = read(tmp_path, text.encode(encoding), sources={"columns": columns})
        assert shown(reading, "project_id", "title", "community") == [["P1", "樓道微更新", "凤凰社区"]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_full_of_characters_that_end_in_a_zero(tmp_path, encoding):
    wide = TEXT.replace(ROWS[1][1], "一　一　一　" * 20)
    assert shown(read(tmp_path, wide.encode(encoding))) == IDS
    # Without a header that is known.
    unknown = "".join(f"P{n:04},x,y\r\n" for n in range(9))
    assert [line.cells[0] for line in grid(unknown.encode(encoding)).lines] == [f"P{n:04}" for n in range(9)]


@pytest.mark.parametrize(
    ("text", "encoding", "title"),
    [
        ("公園の整備", "iso2022_jp", "公園の整備"),
        ("夜间照明改造", "hz", "夜间照明改造"),
        ("夜间照明改造", "utf-7", "夜间照明改造"),
        ("+8613-~x~", "ascii", "+8613-~x~"),
    ],
)
def test_letters_that_look_like_ascii_are_read(text, encoding, title):
    content = f"ID,Title\n1,{text}\n".encode(encoding)
    assert grid(content).lines[1].cells == ["1", title]


FOREIGN = "ID,Title\n{}\n"


def told(text: str, encoding: str) -> str:
    return likeliest_encoding(LINE_END.split(FOREIGN.format(text).encode(encoding)), HeaderWords("projects").count)


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("1,夜间照明改造\n2,幸福里老旧楼道翻新", "gb18030", "gb18030"),
        ("1,社区", "gbk", "gb18030"),
        ("1,25℃\n2,３０", "gbk", "gb18030"),
        ("1,夜間照明改造\n2,老舊社區樓道更新", "cp950", "cp950"),
        ("1,주민 참여 예산 도서관 확충", "cp949", "cp949"),
        ("1,こどもの居場所をつくる", "cp932", "cp932"),
        ("1,こどもの居場所をつくるまち", "euc_jp", "euc_jp"),
    ],
)
def test_an_encoding_is_told_without_a_header_that_is_known(text, encoding, found):
    assert told(text, encoding) == found


@pytest.mark.parametrize(
    ("text", "encoding", "likely"),
    [
        ("1,Construção de calçadas\n2,Iluminação pública", "latin-1", "cp1252, cp1250"),
        ("1,Création d'un café\n2,École", "cp1252", "cp1252, cp1250"),
        ("1,Grünfläche am Fluss", "latin-1", "cp1252, cp1250"),
        ("1,Ścieżka rowerowa, zieleń", "cp1250", "cp1252, cp1250"),
        ("1,Ремонт дороги", "cp1251", "cp1251, cp1253"),
        ("1,공원", "cp949", "cp949"),
        ("1,公園の", "cp932", "cp932"),
        ("1,公園整備事業\n2,児童公園の改修", "euc_jp", "cp1251, cp1253"),
    ],
)
def test_letters_that_nobody_wrote_are_refused_with_the_likely_encodings(tmp_path, text, encoding, likely):
    """All of these are GB18030 or nearly so, and were read as rare characters."""
    with pytest.raises(UnreadableFile, match=rf"state encoding in sources\.yml \(likely: {likely}\)"):
        told(text, encoding)
    rows = [["项目编号", "项目名称"], *(line.split(",", 1) for line in text.split("\n"))]
    columns = {"ID": "project_id", "Title": "title", "Area": "field", "Hood": "community"}
    content = f"ID,Title,Area,Hood\n{rows[1][0]},{rows[1][1].replace(',', '')},other,爱联社区\n".encode(
        encoding, "ignore"
    )
    reading = read(tmp_path, content.replace(b"other,", b"other,x"), sources={"columns": columns, "encoding": encoding})
    assert reading.quarantined["cells"].iloc[0][1] == rows[1][1].replace(",", "")


def test_one_bad_line_among_good_ones_is_set_aside_alone(tmp_path):
    lines = TEXT.splitlines(keepends=True)
    bad = lines[2].encode("gb18030")
    reading = read(tmp_path, b"".join([lines[0].encode(), lines[1].encode(), bad, lines[3].encode()]))
    assert shown(reading) == [["000012"], ["P003"]]
    assert why(reading) == [(3, "", "undecodable")]
    mixed = lines[0].encode("gbk") + lines[1].encode("gbk") + b"\xff\xff,x\r\n" + lines[3].encode("gbk")
    reading = read(tmp_path, mixed)
    assert shown(reading) == [["000012"], ["P003"]]
    assert why(reading) == [(3, "", "undecodable")]


def test_bad_utf16_is_set_aside_alone(tmp_path):
    content = TEXT.encode("utf-16")
    at = content.index("1E05".encode("utf-16-le"))
    assert why(read(tmp_path, content[:at] + b"\x00\xd8" + content[at + 2 :])) == [(3, "", "undecodable")]


def test_a_stated_encoding_goes_first_and_has_to_exist(tmp_path):
    assert shown(read(tmp_path, TEXT.encode("gbk"), sources={"encoding": "gb18030"})) == IDS
    with pytest.raises(ValueError, match=r"encoding 'gbq' in sources\.yml is not known"):
        read(tmp_path, TEXT.encode(), sources={"encoding": "gbq"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，"])
def test_delimiters_are_chosen_by_the_headers_they_yield(tmp_path, delimiter):
    rows = [[*row[:7], "3,000" if row is not HEADER else row[7], row[8]] for row in ROWS]
    reading = read(tmp_path, as_csv(rows, delimiter))
    assert shown(reading, "project_id", "budget_cny") == [[i, 3000.0] for (i,) in IDS]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path, end):
    reading = read(tmp_path, TEXT.replace("\r\n", end).encode())
    assert shown(reading) == IDS
    assert reading.clean["source_line"].tolist() == [2, 3, 4]


def test_mixed_line_ends_count_as_one_line_each():
    assert numbers("项目编号,项目名称\r\n1,a\r2,b\n3,c") == [(1, 1, ""), (2, 1, ""), (3, 1, ""), (4, 1, "")]


def test_quotes_doubled_escaped_and_over_several_lines():
    assert cells('项目编号,项目名称\n1,"他说""好"""\n') == [["项目编号", "项目名称"], ["1", '他说"好"']]
    assert cells('项目编号,项目名称\n1,"他说\\"好\\""\n')[1] == ["1", '他说"好"']
    assert cells('项目编号,项目名称\n1,"甲,乙"\n')[1] == ["1", "甲,乙"]
    assert numbers('项目编号,项目名称\n1,"甲\n乙"\n2,丙\n') == [(1, 1, ""), (2, 2, ""), (4, 1, "")]
    assert numbers('项目编号,项目名称\r\n1,"甲\r\n乙"\r\n2,丙\r\n') == [(1, 1, ""), (2, 2, ""), (4, 1, "")]


def test_a_space_may_stand_between_the_delimiter_and_the_quote(tmp_path):
    head = "项目编号, 项目名称, 社区, 治理领域\n"
    reading = read(tmp_path, (head + 'P1, "花园, 二期", "爱联社区", 治安\nP2, 讲堂, 爱联社区, "治安"\n').encode())
    assert shown(reading, "project_id", "title", "community") == [
        ["P1", "花园, 二期", "爱联社区"],
        ["P2", "讲堂", "爱联社区"],
    ]
    said = cells('项目编号,项目名称,社区\n1,他说, "好" 走了,2\n')  # no cell begins there
    assert said[1] == ["1", "他说", ' "好" 走了', "2"]


@pytest.mark.parametrize("delimiter", [",", ";", ", "])
def test_single_quotes_around_cells(tmp_path, delimiter):
    rows = [["项目编号", "项目名称", "社区", "治理领域"], ["P1", f"花园{delimiter}二期", "爱联社区", "治安"],
            ["P2", "it''s", "爱联社区", "治安"]]  # fmt: skip
    text = "\n".join(delimiter.join(f"'{cell}'" for cell in row) for row in rows)
    reading = read(tmp_path, text.encode())
    assert shown(reading, "project_id", "title") == [["P1", f"花园{delimiter}二期"], ["P2", "it's"]]


def test_an_apostrophe_is_no_quote():
    assert cells("项目编号,项目名称\n'001,O'Neil\n'002,'x\n")[1:] == [["'001", "O'Neil"], ["'002", "'x"]]


@pytest.mark.parametrize(
    "drawn",
    [
        lambda lines: [lines[0], "|---|:---:|------|---|", *lines[1:]],
        lambda lines: ["+----+---+", lines[0], "+----+---+", *lines[1:], "+----+---+"],
        lambda lines: [lines[0], "=======", lines[1], "-----", *lines[2:]],
    ],
)
def test_lines_that_a_program_draws_are_no_records(tmp_path, drawn):
    lines = ["|" + line.replace(",", " | ") + "|" for line in ("项目编号,项目名称,社区,治理领域", *SHORT)]
    reading = read(tmp_path, "\n".join(drawn(lines)).encode())
    assert (shown(reading), len(reading.quarantined)) == ([["P1"], ["P2"]], 0)


SHORT = ["P1,甲,爱联社区,治安", "P2,乙,爱联社区,治安"]


@pytest.mark.parametrize("rows", [1, 6000])
def test_nuls_behind_a_cell_are_no_part_of_it(tmp_path, rows):
    records = [f"Q{n},甲,爱联社区,治安" for n in range(rows)] + ["P1\0\0,乙\0,爱联社区\0 ,治安\0", SHORT[1]]
    text = "\n".join(["项目编号,项目名称,社区,治理领域", *records])
    assert shown(read(tmp_path, text.encode()))[-2:] == [["P1"], ["P2"]]
    padded = "\n".join(",".join(cell.ljust(20, "\0") for cell in line.split(",")) for line in text.split("\n"))
    assert shown(read(tmp_path, padded.encode()))[-2:] == [["P1"], ["P2"]]


@pytest.mark.parametrize("end", ["\0", "\r\n\0\0", "\n\x1a", "\x1a", "\n\0\n"])
def test_what_marks_the_end_of_a_text_is_no_cell(tmp_path, end):
    for encoding in ("utf-8", "gb18030", "utf-16"):
        reading = read(tmp_path, (TEXT.rstrip() + end).encode(encoding))
        assert shown(reading, "project_id", "started_on")[-1] == ["P003", "2021-04-01 00:00"]
        assert reading.quarantined.empty


def test_short_lines_are_read_where_the_exporter_leaves_out_empty_cells(tmp_path):
    head = "项目编号,项目名称,社区,治理领域,牵头单位,预算\n"
    rows = [f"P{n},花园,爱联社区,治安,甲,{n}\n" for n in range(6)]
    short = "Q1,花园,爱联社区,治安\nQ2,讲堂,爱联社区,治安,乙\n"
    reading = read(tmp_path, (head + "".join(rows) + short).encode())
    assert shown(reading, "project_id", "lead_unit", "budget_cny")[-2:] == [["Q1", None, None], ["Q2", "乙", None]]
    for other in ("Q3,花园,爱联社区,治安,,\n", ""):  # it writes empty cells; or one line may be cut off
        text = head + "".join(rows) + other + (short if other else short[: short.index("Q2")])
        assert {code for _, _, code in why(read(tmp_path, text.encode()))} == {"too_few_cells"}


def test_a_quote_within_a_word_is_a_character():
    assert cells('项目编号,项目名称\n1,5"管道\n2,乙\n')[1:] == [["1", '5"管道'], ["2", "乙"]]


def test_an_open_quote_costs_its_own_line_alone(tmp_path):
    rows = [["项目编号", "项目名称", "社区", "治理领域"], *([f"P{n}", "甲", "爱联社区", "治安"] for n in range(200))]
    lines = as_csv(rows).decode().split("\r\n")
    lines[100] = 'P99,"甲,爱联社区,治安'
    reading = read(tmp_path, "\r\n".join(lines).encode())
    assert len(reading.clean) == 199
    assert why(reading) == [(101, "", "malformed_quotes")]
    assert reading.quarantined["cells"].tolist() == [['P99,"甲,爱联社区,治安']]


def test_an_open_quote_at_the_end_and_two_of_them(tmp_path):
    head = "项目编号,项目名称,社区,治理领域\n"
    good = "P{},甲,爱联社区,治安\n"
    reading = read(tmp_path, (head + good.format(1) + 'P2,"甲,爱联社区,治安').encode())
    assert (shown(reading), why(reading)) == ([["P1"]], [(3, "", "malformed_quotes")])
    text = head + 'P1,"甲,爱联社区,治安\n' + good.format(2) + 'P3,"甲,爱联社区,治安\n' + good.format(4)
    reading = read(tmp_path, text.encode())
    assert shown(reading) == [["P2"], ["P4"]]
    assert why(reading) == [(2, "", "malformed_quotes"), (4, "", "malformed_quotes")]


def test_nul_bytes_and_very_long_cells_cost_their_line_alone(tmp_path):
    text = TEXT.replace("NA站台改造", "NA站\0台改造")
    assert why(read(tmp_path, text.encode())) == [(3, "", "nul")]
    reading = read(tmp_path, TEXT.replace("NA站台改造", "很" * 200_000).encode())
    assert why(reading) == [(3, "", "cell_too_long")]
    assert shown(reading) == [["000012"], ["P003"]]


def test_cells_too_many_or_too_few_are_not_shifted_or_padded(tmp_path):
    lines = TEXT.splitlines(keepends=True)
    lines[2] = lines[2].replace("NA站台改造", "NA站台,改造")
    lines[3] = "P003,合计行动计划,布吉街道\r\n"
    reading = read(tmp_path, "".join(lines).encode())
    assert why(reading) == [(3, "", "too_many_cells"), (4, "", "too_few_cells")]


def test_empty_cells_at_the_end_are_harmless(tmp_path):
    text = TEXT.replace("2021-03-06\r\n", "2021-03-06,,\r\n")
    assert shown(read(tmp_path, text.encode())) == IDS


def test_every_physical_line_is_counted(tmp_path):
    text = "台账\n\n" + TEXT.replace("NA站台改造", '"NA站台\n改造"') + "\n合计,,,,,,155,,\n注：略\n"
    reading = read(tmp_path, text.encode())
    assert classes(reading) == {
        "title": 1,
        "blank": 2,
        "header": 1,
        "data": 3,
        "continuation": 1,
        "total": 1,
        "note": 1,
    }
    assert reading.clean["source_line"].tolist() == [4, 5, 7]


MANNER = ["项目编号", "项目名称", "社区", "治理领域", "预算", "居民参与", "参与居民人数"]


def manner(*lines: list[str]) -> list[list[str]]:
    return [MANNER, *([cells[0], "花园", "爱联社区", "治安", *cells[1:]] for cells in lines)]


def test_the_first_lines_of_a_delivery_show_how_its_sender_writes(tmp_path):
    lines = [["P1", "2.750", "有", "1 200"], ["P2", "14.300,25", "无", "〇"], ["P3", "900", "×", "十二"]]
    content = as_csv(manner(*lines), ";")
    reading = read(tmp_path, content)
    assert shown(reading, "budget_cny", "residents_count") == [[2750.0, 1200], [14300.25, 0]]
    assert why(reading) == [(4, "residents_took_part", "flag_unclear")]
    ids = [["440307202005171000", "1", "是", "1"], ["440307202005172000", "2", "否", "0"]]
    assert {code for _, _, code in why(read(tmp_path, manner(*ids)))} == {"lost_digits"}


def test_marks_that_sources_yml_states_go_first(tmp_path):
    content = as_csv(manner(["P1", "2.750", "有", "2.750"]), ";")
    assert why(read(tmp_path, content)) == [(2, "budget_cny", "ambiguous_number")]
    reading = read(tmp_path, content, sources={"numbers": {"decimal": ",", "thousands": "."}})
    assert shown(reading, "budget_cny", "residents_count") == [[2750.0, 2750]]


def test_a_long_text_is_quoted_as_its_first_lines_are(tmp_path):
    lines = manner(*([f"P{n}", "1", "是", "3"] for n in range(700)))
    for quoted in ("'{}'", ' "{}"'):
        text = "\n".join(",".join(quoted.format(cell) for cell in row) for row in lines)
        reading = read(tmp_path, text.replace("花园", "花,园").encode())
        assert shown(reading, "title")[-1] == ["花,园"]
        assert (len(reading.clean), len(reading.quarantined)) == (700, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_blocks_that_are_asked_for_again_are_those_delivered(tmp_path, encoding, end):
    lines = [f'P{n},"甲, {n}",爱联社区,治安' for n in range(900)]
    lines += [lines[899], lines[500], lines[700]]
    text = end.join(["项目编号,项目名称,社区,治理领域", *lines]) + end
    duplicates = read(tmp_path, text.encode(encoding)).duplicates
    found = [(line, list(cells)[:2]) for line, cells in zip(duplicates["line"], duplicates["cells"], strict=True)]
    assert found == [(902 + at, [f"P{n}", f"甲, {n}"]) for at, n in enumerate((899, 500, 700))]
