"""Every way in which offices dirty a small clean table: its values, its layout, the file that it comes as."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from making import (
    HEADER,
    INCIDENT_HEADER,
    INCIDENTS,
    PROJECTS,
    as_csv,
    as_html,
    as_ods,
    as_spreadsheetml,
    as_xlsx,
    as_zip,
    workbook,
)

COLUMNS = {
    "projects": "project_id title street community field residents_took_part residents_count budget_cny started_on",
    "incidents": "incident_id reported_at street community group kind people_count",
}


@dataclass
class Delivery:
    """A grid on its way to the loader: rows, which original record each row holds, and how it becomes bytes."""

    table: str
    rows: list[list]
    records: dict[int, int]
    form: Callable[[list[list]], bytes] = as_csv
    packed: list[Callable[[bytes], bytes]] = field(default_factory=list)
    spoilt: set[int] = field(default_factory=set)
    is_text: bool = True
    source: dict = field(default_factory=dict)
    further: set[int] = field(default_factory=set)

    def insert(self, at: int, row: list) -> None:
        """Put a row in; the records below move down."""
        self.rows.insert(at, row)
        self.records = {r + (r >= at): record for r, record in self.records.items()}
        self.further = {r + (r >= at) for r in self.further}

    def append(self, row: list) -> None:
        """Put a row below that stands like a record and is none of the original."""
        self.further.add(len(self.rows))
        self.rows.append(row)

    def is_record(self, n: int) -> bool:
        """Return whether a row stands like a record."""
        return n in self.records or n in self.further

    def header(self) -> int:
        """Return where the header stands."""
        return min(self.records) - 1

    def column(self, name: str) -> int:
        """Return the position of a column by its clean name."""
        return self.at[COLUMNS[self.table].split().index(name)]

    def change(self, name: str, how: Callable) -> None:
        """Change every cell of a column; a table without the column stays as it is."""
        if name in COLUMNS[self.table].split():
            for row in self.records:
                cells = self.rows[row]
                cells[self.column(name)] = how(cells[self.column(name)])

    def __post_init__(self) -> None:
        self.at = list(range(len(self.rows[0])))


def clean_delivery(table: str) -> Delivery:
    header, rows = (HEADER, PROJECTS) if table == "projects" else (INCIDENT_HEADER, INCIDENTS)
    return Delivery(table, [list(header), *(list(row) for row in rows)], {n + 1: n for n in range(len(rows))})


LAYOUTS: dict[str, Callable] = {}
VALUES: dict[str, Callable] = {}
FORMS: dict[str, Callable] = {}


def polluter(group: dict) -> Callable:
    def named(function: Callable) -> Callable:
        group[function.__name__] = function
        return function

    return named


@polluter(LAYOUTS)
def title_rows(d: Delivery) -> None:
    d.insert(0, ["龙岗区2021年台账"])
    d.insert(1, ["填报单位：某街道办", "", "填报日期：2021年9月30日"])


@polluter(LAYOUTS)
def blank_rows(d: Delivery) -> None:
    d.insert(0, [])
    d.insert(d.header() + 3, [])
    d.insert(d.header() + 4, ["", "", " "])


@polluter(LAYOUTS)
def totals(d: Delivery) -> None:
    width = len(d.rows[d.header()]) - 1
    d.insert(d.header() + 3, ["小计", *[""] * width])
    d.rows.append(["合 计", *[""] * width])


@polluter(LAYOUTS)
def notes(d: Delivery) -> None:
    d.rows.append(["注：本表数据截至2021年9月"])
    d.rows.append(["填表人：某某", "审核人：某某"])


@polluter(LAYOUTS)
def indented(d: Delivery) -> None:
    d.rows = [["", "", *row] for row in d.rows]
    d.at = [position + 2 for position in d.at]


@polluter(LAYOUTS)
def unknown_columns(d: Delivery) -> None:
    top = d.header()
    d.rows = [
        [*row[:1], "满意度得分" if n == top else str(n) if d.is_record(n) else "", *row[1:]]
        if n == top or d.is_record(n)
        else row
        for n, row in enumerate(d.rows)
    ]
    d.at = [position + (position >= 1) for position in d.at]


@polluter(LAYOUTS)
def reordered(d: Delivery) -> None:
    width = len(d.rows[d.header()])
    d.rows = [[*reversed(row)] if n == d.header() or d.is_record(n) else row for n, row in enumerate(d.rows)]
    d.at = [width - 1 - position for position in d.at]


@polluter(LAYOUTS)
def dirty_headers(d: Delivery) -> None:
    top = d.rows[d.header()]
    top[:] = [f" {text[:2]}\n{text[2:]} （必填）" if text else text for text in top]


@polluter(LAYOUTS)
def running_numbers(d: Delivery) -> None:
    top = d.header()
    d.rows = [
        ["序号" if n == top else n, *row] if n == top or d.is_record(n) else ["", *row] for n, row in enumerate(d.rows)
    ]
    d.at = [position + 1 for position in d.at]


@polluter(LAYOUTS)
def a_second_header_row(d: Delivery) -> None:
    d.insert(d.header(), ["基本情况" if n < 2 else "" for n in range(len(d.rows[d.header()]))])


@polluter(LAYOUTS)
def repeated_header(d: Delivery) -> None:
    d.insert(d.header() + 3, list(d.rows[d.header()]))


@polluter(LAYOUTS)
def three_header_rows(d: Delivery) -> None:
    width = len(d.rows[d.header()])
    for words in (["台账", "情况"], ["基本", "所在"]):
        d.insert(d.header(), [words[0] if n < 3 else words[1] if n < 5 else "" for n in range(width)])


@polluter(LAYOUTS)
def remarks_of_several_lines(d: Delivery) -> None:
    top = d.header()
    d.rows = [
        [*row, "备注" if row == d.rows[top] else '电话里说"好"，\n再办' if d.is_record(n) else ""] if row else row
        for n, row in enumerate(d.rows)
    ]


@polluter(LAYOUTS)
def a_second_table_in_another_order(d: Delivery) -> None:
    """Goes last: from here on the columns stand elsewhere."""
    start, width = sorted(d.records)[2], len(d.rows[d.header()])
    if all(len(row) in (0, width) for row in d.rows[start:]):
        d.rows = [[*reversed(row)] if n >= start else row for n, row in enumerate(d.rows)]
        header = [*reversed(d.rows[d.header()])]
        d.insert(start, [])
        d.insert(start + 1, header)


def change_dates(d: Delivery, day: str, time: str = r" \4:\5") -> None:
    """Rewrite the dates that still stand as they stood."""
    for name in ("started_on", "reported_at"):
        d.change(name, lambda text: re.sub(r"^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d)$", day + time, text))
        d.change(name, lambda text: re.sub(r"^(\d{4})-(\d\d)-(\d\d)$", day, text))


@polluter(VALUES)
def a_unit_in_the_header(d: Delivery) -> None:
    if d.table == "projects":
        d.rows[d.header()][d.column("budget_cny")] = "预算（万元）"
        d.change("budget_cny", lambda text: f"{float(text) / 10_000:.8g}")


@polluter(VALUES)
def ten_thousands(d: Delivery) -> None:
    if d.rows[d.header()][-2] == "预算":
        d.change("budget_cny", lambda text: f"{float(text) / 10_000:.8g}万")


@polluter(VALUES)
def two_digit_years(d: Delivery) -> None:
    rewrite_years(d, lambda year: str(year)[2:], {"century": 2000})


@polluter(VALUES)
def years_of_the_republic(d: Delivery) -> None:
    rewrite_years(d, lambda year: f"民国{year - 1911}", {"calendar": "roc"})


def rewrite_years(d: Delivery, how: Callable[[int], str], dates: dict) -> None:
    """Rewrite the year of every date, and state so; once only, as one delivery has one calendar."""
    if not d.source.get("dates"):
        d.source["dates"] = dates
        for name in ("started_on", "reported_at"):
            d.change(name, lambda text: re.sub(r"^\d{4}(?=-)", lambda year: how(int(year[0])), text))


@polluter(VALUES)
def chinese_dates(d: Delivery) -> None:
    change_dates(d, r"\1年\2月\3日", r" \4时\5分")


@polluter(VALUES)
def slashed_and_spaced_dates(d: Delivery) -> None:
    change_dates(d, r"\1/ \2/\3", r"  \4:\5")


@polluter(VALUES)
def compact_dates(d: Delivery) -> None:
    change_dates(d, r"\1\2\3", r"\4\5")


@polluter(VALUES)
def serial_dates(d: Delivery) -> None:
    epoch = dt.date(1899, 12, 30)
    serial = lambda text: str((dt.date.fromisoformat(text) - epoch).days)  # noqa: E731
    d.change("started_on", lambda text: serial(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text)


@polluter(VALUES)
def zoned_dates(d: Delivery) -> None:
    change_dates(d, r"\1-\2-\3", r"T\4:\5:00+08:00")


@polluter(VALUES)
def full_width(d: Delivery) -> None:
    wide = str.maketrans("0123456789.", "０１２３４５６７８９．")
    for name in ("residents_count", "budget_cny", "people_count", "started_on", "reported_at"):
        d.change(name, lambda text: text.translate(wide))


@polluter(VALUES)
def units_in_cells(d: Delivery) -> None:
    d.change("residents_count", lambda text: f"{text}人")
    d.change("budget_cny", lambda text: f"¥{text}元")
    d.change("people_count", lambda text: f"{text} 人")


@polluter(VALUES)
def thousands(d: Delivery) -> None:
    d.change("budget_cny", lambda text: re.sub(r"^(¥?)(\d+)(\d{3})", r"\1\2,\3", text))


@polluter(VALUES)
def yes_and_no(d: Delivery) -> None:
    d.change("residents_took_part", lambda text: {"是": "√", "否": "×"}[text])


@polluter(VALUES)
def short_places(d: Delivery) -> None:
    d.change("street", lambda text: text.removesuffix("街道") if len(text) < 6 else text)
    d.change("community", lambda text: text.removesuffix("社区") + "居委会" if text.endswith("社区") else text)


@polluter(VALUES)
def street_and_community_in_one_cell(d: Delivery) -> None:
    for row in d.records:
        cells = d.rows[row]
        street = cells[d.column("street")]
        if street.endswith("街道"):
            cells[d.column("community")] = street + cells[d.column("community")]
            cells[d.column("street")] = ""


@polluter(VALUES)
def traditional_places(d: Delivery) -> None:
    traditional = str.maketrans("龙岗凤爱联东横约", "龍崗鳳愛聯東橫約")
    d.change("community", lambda text: text.translate(traditional))
    d.change("street", lambda text: text.translate(traditional))


@polluter(VALUES)
def aliases(d: Delivery) -> None:
    for row in d.records:
        cells = d.rows[row]
        if "凤凰" in cells[d.column("community")] and cells[d.column("street")] == "平湖街道":
            cells[d.column("community")] = "平湖墟社区"


@polluter(VALUES)
def a_future_date(d: Delivery) -> None:
    if d.table == "incidents" and not d.source:
        row = sorted(d.records)[1]
        d.rows[row][d.column("reported_at")] = "2098-01-01 08:00"
        d.spoilt.add(d.records[row])


@polluter(VALUES)
def a_number_that_is_none(d: Delivery) -> None:
    row = sorted(d.records)[3]
    d.rows[row][d.column("residents_count" if d.table == "projects" else "people_count")] = "约50"
    d.spoilt.add(d.records[row])


@polluter(VALUES)
def two_contents_under_one_key(d: Delivery) -> None:
    first = min(d.records)
    d.append(list(d.rows[first]))
    name = "field" if d.table == "projects" else "kind"
    d.rows[-1][d.column(name)] = "特殊人群" if d.table == "projects" else "抢夺"
    d.spoilt.add(d.records[first])


@polluter(VALUES)
def spaces(d: Delivery) -> None:
    for row in d.records:
        d.rows[row] = [f" {cell}　" if isinstance(cell, str) and cell else cell for cell in d.rows[row]]


@polluter(VALUES)
def an_impossible_date(d: Delivery) -> None:
    row = sorted(d.records)[1]
    d.rows[row][d.column("started_on" if d.table == "projects" else "reported_at")] = "2021-02-30"
    d.spoilt.add(d.records[row])


@polluter(VALUES)
def a_misspelt_place(d: Delivery) -> None:
    row = sorted(d.records)[2]
    d.rows[row][d.column("community")] = "凤皇社区"
    d.spoilt.add(d.records[row])


@polluter(VALUES)
def a_contradiction(d: Delivery) -> None:
    row = sorted(d.records)[0]
    d.rows[row][d.column("street")] = "坪地街道"
    d.rows[row][d.column("community")] = "良安田社区"
    d.spoilt.add(d.records[row])


@polluter(VALUES)
def an_error_cell(d: Delivery) -> None:
    row = sorted(d.records)[3]
    d.rows[row][d.column("started_on" if d.table == "projects" else "reported_at")] = "#REF!"
    d.spoilt.add(d.records[row])


@polluter(VALUES)
def a_repeated_line(d: Delivery) -> None:
    first = min(d.records)
    d.append(list(d.rows[first]))


@polluter(VALUES)
def numbers_and_days_as_such(d: Delivery) -> None:
    for name in ("residents_count", "budget_cny", "people_count"):
        d.change(name, lambda text: float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else text)
    d.change(
        "started_on", lambda text: dt.date.fromisoformat(text) if re.fullmatch(r"2021-0[3-9]-\d\d", text) else text
    )


def form(name: str, make: Callable, *packed: Callable, is_text: bool = True) -> None:
    def use(d: Delivery) -> None:
        d.form, d.packed, d.is_text = make, list(packed), is_text

    FORMS[name] = use


form("xlsx", as_xlsx, is_text=False)
form("ods", as_ods, is_text=False)
form("spreadsheetml", as_spreadsheetml, is_text=False)
form("html_gbk", lambda rows: as_html(rows, "gb18030"), is_text=False)
form("semicolons", lambda rows: as_csv(rows, ";"))
form("tabs", lambda rows: as_csv(rows, "\t"))
form("bars", lambda rows: as_csv(rows, "|"))
form("wide_commas", lambda rows: as_csv(rows, "，"))
form("lf", lambda rows: as_csv(rows, end="\n"))
form("cr", lambda rows: as_csv(rows, end="\r"))
form("bom", lambda rows: b"\xef\xbb\xbf" + as_csv(rows))
form("gb18030", lambda rows: as_csv(rows).decode().encode("gb18030"))
form("utf16", lambda rows: as_csv(rows).decode().encode("utf-16"))
form("utf16_be", lambda rows: as_csv(rows).decode().encode("utf-16-be"))
form("zipped", as_csv, lambda content: as_zip({"台账.csv": content}))
form("zipped_xlsx", as_xlsx, lambda content: as_zip({"台账.xlsx": content}), is_text=False)


def among_other_sheets(rows: list[list]) -> bytes:
    return workbook({"说明": [["填报说明"]], "台账": rows, "旧表": rows}, hidden=("旧表",))


form("among_other_sheets", among_other_sheets, is_text=False)
form("zip_with_litter", as_csv, lambda content: as_zip({"__MACOSX/._台账.csv": b"x", "里/台账.csv": content}))


def a_spoilt_line(name: str, how: Callable[[bytes], bytes]) -> None:
    """A text of which the line of the last record is damaged, and no other."""

    def use(d: Delivery) -> None:
        last = max(d.records.values())
        key = str((PROJECTS if d.table == "projects" else INCIDENTS)[last][0]).encode()
        d.form, d.is_text = as_csv, True
        d.packed = [lambda content: content.replace(key, how(key), 1)]
        d.spoilt.add(last)

    FORMS[name] = use


a_spoilt_line("an_undecodable_line", lambda key: key + b"\xff\xfe")
a_spoilt_line("a_line_with_nul", lambda key: key[:1] + b"\0" + key[1:])
a_spoilt_line("a_line_with_a_cell_too_many", lambda key: key + b",x")
