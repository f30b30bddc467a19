"""Laws of any delivery: every physical line has a class, every record one fate and its true line."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import HEADER, INCIDENT_HEADER, INCIDENTS, PROJECTS, as_html, as_ods, as_xlsx

from src.ingest.load import LoadResult, UnreadableFile, read_table

WORDS = [
    "合计",
    "小计",
    "平湖街道小计",
    "注：略",
    "填表人：某",
    "台账",
    "",
    " ",
    "-",
    "2021-03-05",
    "44260",
    "是",
    "#REF!",
    "1,200",
    "3万",
]
QUOTES = ['"', '""', 'a"b', "a\nb", "x\ty", ";", ",", "\r", "\0", "＝1", "🏘", "\u2028", "１"]
CELLS = st.one_of(
    st.sampled_from(WORDS + QUOTES),
    st.sampled_from([cell for row in (HEADER, *PROJECTS, INCIDENT_HEADER, *INCIDENTS) for cell in row]),
    st.text(max_size=6),
)
ROWS = st.lists(
    st.one_of(
        st.lists(CELLS, max_size=11),
        st.sampled_from(
            [HEADER, INCIDENT_HEADER, *PROJECTS, *INCIDENTS, [], ["", *HEADER], [*PROJECTS[0], "", *PROJECTS[1]]]
        ),
    ),
    max_size=14,
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
KEY = re.compile(r"K\d+K")
ANY = settings(
    max_examples=settings.default.max_examples * 3 // 2, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def with_keys(rows: list[list[str]]) -> list[list[str]]:
    """Return a header and the rows, each of which that has a place for it begins with a key of its own."""
    return [HEADER, *([f"K{n}K", *row[1:]] if row else [] for n, row in enumerate(rows))]


def fate(path, content: bytes, table: str = "projects") -> LoadResult | None:
    path.write_bytes(content)
    try:
        return read_table(path, table)
    except UnreadableFile as refused:
        assert str(refused).startswith(path.name)
        return None


def assert_laws_hold(reading: LoadResult) -> None:
    """Check what is true of every reading."""
    counts = reading.ledger.groupby(["counted", "class"])["count"].sum()
    records = [counts.get(("records", name), 0) for name in ("clean", "duplicate", "quarantined")]
    assert records == [len(reading.clean), len(reading.duplicates), len(reading.quarantined)]
    assert reading.quarantined["reason"].str.len().gt(0).all()
    keys = {*reading.clean["project_id"]} if reading.table == "projects" else set()
    assert len(keys) == len(reading.clean) or reading.table != "projects"


def lines_of(reading: LoadResult) -> list[tuple[int, str]]:
    """Return the line of every record with the key that it holds."""
    found = list(zip(reading.clean["source_line"], reading.clean["project_id"], strict=True))
    for rows in (reading.quarantined, reading.duplicates):
        keyed = ((line, KEY.findall(" ".join(cells))) for line, cells in zip(rows["line"], rows["cells"], strict=True))
        found += [(line, keys[0]) for line, keys in keyed if keys]
    return found


@ANY
@given(rows=ROWS, delimiter=st.sampled_from(",;\t"), end=ENDS, quoted=st.booleans())
def test_text(tmp_path, rows, delimiter, end, quoted):
    """Written without the care of a csv module: quotes and line ends within cells are as likely right as wrong."""
    wrap = (lambda cell: '"' + cell.replace('"', '""') + '"') if quoted else str
    text = end.join(delimiter.join(map(wrap, row)) for row in with_keys(rows)) + end
    reading = fate(tmp_path / "a.csv", text.encode("utf-8", "surrogatepass"))
    if reading is None:
        return
    assert_laws_hold(reading)
    physical = re.split(r"\r\n|\r|\n", text)[:-1]
    assert reading.ledger.loc[reading.ledger["counted"].eq("lines"), "count"].sum() == len(physical)
    for line, key in lines_of(reading):
        assert key in physical[line - 1]


@ANY
@given(rows=ROWS, make=st.sampled_from([as_xlsx, as_ods, as_html]))
def test_sheets(tmp_path, rows, make):
    rows = [
        [re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufdef\uff00-\uffef]", "", cell) for cell in row] for row in with_keys(rows)
    ]
    reading = fate(tmp_path / "a.xlsx", make(rows))
    if reading is None:
        return
    assert_laws_hold(reading)
    last = max((n for n, row in enumerate(rows, 1) if any(cell.strip() for cell in row)), default=0)
    assert reading.ledger.loc[reading.ledger["counted"].eq("lines"), "count"].sum() == last
    for line, key in lines_of(reading):
        assert key in rows[line - 1]


@ANY
@given(content=st.binary(max_size=300))
def test_bytes(tmp_path, content):
    reading = fate(tmp_path / "a.dat", "项目编号,项目名称,社区,治理领域\n".encode() + content)
    if reading is not None:
        assert_laws_hold(reading)


@ANY
@given(rows=st.lists(st.lists(CELLS, max_size=9), max_size=8))
def test_incidents(tmp_path, rows):
    text = "\n".join(",".join(cell.replace("\n", "") for cell in row) for row in [INCIDENT_HEADER, *INCIDENTS, *rows])
    reading = fate(tmp_path / "a.csv", text.encode("utf-8", "surrogatepass"), "incidents")
    assert reading is not None  # a header and rows that are clean stand before whatever follows
    assert_laws_hold(reading)
