"""One small clean register and incident table, dirtied in every way that offices know, alone and three at a time.

The oracle: each record of the original is clean with exactly its values, or is set aside (or shown as a duplicate) with
the line on which it stands; none is lost, altered or invented; the classes of lines add up to the physical lines.
"""

import datetime as dt
import itertools
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import (
    HEADER,
    INCIDENT_HEADER,
    INCIDENTS,
    PROJECTS,
    as_csv,
    as_gz,
    as_html,
    as_ods,
    as_spreadsheetml,
    as_xlsx,
    as_zip,
    read,
    shown,
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

    def insert(self, at: int, row: list) -> None:
        """Put a row in; the records below move down."""
        self.rows.insert(at, row)
        self.records = {r + (r >= at): record for r, record in self.records.items()}

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


LAYOUTS, VALUES, FORMS = {}, {}, {}


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
        [*row[:1], "满意度得分" if n == top else str(n) if n in d.records else "", *row[1:]]
        if n == top or n in d.records
        else row
        for n, row in enumerate(d.rows)
    ]
    d.at = [position + (position >= 1) for position in d.at]


@polluter(LAYOUTS)
def reordered(d: Delivery) -> None:
    width = len(d.rows[d.header()])
    d.rows = [[*reversed(row)] if n == d.header() or n in d.records else row for n, row in enumerate(d.rows)]
    d.at = [width - 1 - position for position in d.at]


@polluter(LAYOUTS)
def dirty_headers(d: Delivery) -> None:
    top = d.rows[d.header()]
    top[:] = [f" {text[:2]}\n{text[2:]} （必填）" if text else text for text in top]


@polluter(LAYOUTS)
def running_numbers(d: Delivery) -> None:
    top = d.header()
    d.rows = [
        ["序号" if n == top else n, *row] if n == top or n in d.records else ["", *row] for n, row in enumerate(d.rows)
    ]
    d.at = [position + 1 for position in d.at]


@polluter(LAYOUTS)
def a_second_header_row(d: Delivery) -> None:
    d.insert(d.header(), ["基本情况" if n < 2 else "" for n in range(len(d.rows[d.header()]))])


@polluter(LAYOUTS)
def repeated_header(d: Delivery) -> None:
    d.insert(d.header() + 3, list(d.rows[d.header()]))


def change_dates(d: Delivery, day: str, time: str = r" \4:\5") -> None:
    """Rewrite the dates that still stand as they stood."""
    for name in ("started_on", "reported_at"):
        d.change(name, lambda text: re.sub(r"^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d)$", day + time, text))
        d.change(name, lambda text: re.sub(r"^(\d{4})-(\d\d)-(\d\d)$", day, text))


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
    d.change("started_on", lambda text: str((dt.date.fromisoformat(text) - epoch).days) if "-" in text else text)


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
    d.rows.append(list(d.rows[first]))


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
form("gzipped", as_csv, as_gz)


def reading_of(d: Delivery, folder):
    width = max(len(row) for row in d.rows)  # a line of text has as many cells as its header
    rows = [[*row, *[""] * (width - len(row))] if row else row for row in d.rows] if d.is_text else d.rows
    content = d.form(rows)
    for pack in d.packed:
        content = pack(content)
    return read(folder, content, "交付.xls", d.table)


def judge(d: Delivery, reading, original: dict) -> None:
    """Hold a reading against the original."""
    lines = physical_lines(d)
    clean = {row[0]: row for row in shown(reading, *COLUMNS[d.table].split())}
    assert len(clean) == len(reading.clean)
    where = dict(zip(clean, reading.clean["source_line"], strict=True))
    set_aside = {*reading.quarantined["line"], *reading.duplicates["line"]}
    for row, record in d.records.items():
        key, values = original[record]
        if record in d.spoilt:
            assert lines[row] in set_aside
            assert key not in clean or where[key] != lines[row]
        else:
            assert clean.get(key) == values, (key, reading.quarantined.to_dict("records"))
            assert where[key] == lines[row]
    assert len(clean) + len(d.spoilt) == len(original)
    counted = reading.ledger[reading.ledger["counted"].eq("lines")]["count"].sum()
    assert counted == sum(spans(d))


def spans(d: Delivery) -> list[int]:
    """Return how many physical lines each row takes: text breaks at a line end within a cell, a sheet does not."""
    if d.is_text:
        return [1 + sum(str(cell).count("\n") for cell in row) for row in d.rows]
    last = max(n for n, row in enumerate(d.rows) if any(str(cell).strip() for cell in row))
    return [1] * (last + 1)


def physical_lines(d: Delivery) -> list[int]:
    return [1 + sum(spans(d)[:n]) for n in range(len(d.rows))]


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    found = {}
    for table in COLUMNS:
        reading = read(tmp_path_factory.mktemp("original"), clean_delivery(table).rows, table=table)
        assert reading.quarantined.empty
        found[table] = {n: (row[0], row) for n, row in enumerate(shown(reading, *COLUMNS[table].split()))}
    return found


def dirtied(table: str, names: tuple[str, ...]) -> Delivery:
    d = clean_delivery(table)
    every = {**VALUES, **LAYOUTS, **FORMS}
    for name in sorted(names, key=list(every).index):
        every[name](d)
    return d


NAMES = [*VALUES, *LAYOUTS, *FORMS]


@pytest.mark.parametrize("table", COLUMNS)
@pytest.mark.parametrize("name", NAMES)
def test_each_kind_of_dirt_alone(tmp_path, originals, table, name):
    d = dirtied(table, (name,))
    judge(d, reading_of(d, tmp_path), originals[table])


def some_triples(count: int) -> list[tuple[str, ...]]:
    triples = list(itertools.combinations(NAMES, 3))
    return random.Random(20210930).sample(triples, count)


@pytest.mark.parametrize("names", some_triples(120), ids="+".join)
def test_three_kinds_of_dirt_together(tmp_path, originals, names):
    table = "projects" if len("".join(names)) % 3 else "incidents"
    d = dirtied(table, names)
    judge(d, reading_of(d, tmp_path), originals[table])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(NAMES), unique=True, max_size=9), table=st.sampled_from(list(COLUMNS)))
def test_any_dirt_together(tmp_path, originals, names, table):
    d = dirtied(table, tuple(names))
    judge(d, reading_of(d, tmp_path), originals[table])
