"""One figure is one number, on whichever page, in whichever table and language it is told."""

import io
import re
from collections import defaultdict
from collections.abc import Iterator

import docx
import pytest
import python_calamine
from notebook_case import run_cells
from page_case import page

from src.codebook.tables import words
from src.codebook.vocabulary import LANGS, label
from src.reports import outputs
from src.reports.page import content as contents
from src.reports.page.briefing import briefing_bytes
from src.reports.page.content import Content
from src.reports.page.workbook import HEAD, workbook_bytes
from src.reports.tables import Table

AREAS = ("district", "布吉街道", "布吉街道/龙岭社区")
PAGES = [
    (name, area, "internal")
    for name in ("00_overview", "02_participation", "03_incident_trends", "05_where_next")
    for area in AREAS
    if (name, area) != ("00_overview", AREAS[-1])
] + [("03_incident_trends", "district", "public"), ("02_participation", "district", "public")]
HEADLINE = "criminal_and_public_security"
TOLD = {"reports": HEADLINE, "petitions": "petition"}
CHANGE = re.compile(r"(下降|down |−)?(?:上升|up |\+)?(\d[\d,.]*)%")


def changed(text: str) -> str | None:
    """Return a change as −28.4 or 3.1, however it is written; nothing where it is told by its counts."""
    found = CHANGE.match(text)
    return found and f"{'−' if found[1] else ''}{found[2]}"


def facts(table: Table, area: str, lang: str) -> Iterator[tuple[str, str, object]]:
    """Yield what a table says: of which place, what, and the number or the icon of its verdict."""
    columns = {column.name: column for column in table.columns}
    texts = {name: table.texts(column) for name, column in columns.items()}
    icons = {
        name: [drawn and drawn.get("icon") for drawn in column.drawings] or [None] * len(table)
        for name, column in columns.items()
    }
    places, kind_of = [area] * len(table), words("kind_of", "residents", lang)
    if by := next((level for level in ("community", "street") if level in columns), None):
        zh = {label(by, name, lang): name for name in ("布吉街道", "龙岭社区")}
        places = [zh.get(name) for name in texts[by]]
    for row, place in enumerate(places):
        if table.name == "overview" and place:
            for what in TOLD:
                yield place, what, columns[what].values[row]
                yield place, f"{what}_change", changed(texts[f"{what}_change"][row])
                yield place, f"{what}_icon", icons[f"{what}_change"][row]
            yield place, "projects", columns["projects"].values[row]
            yield place, "residents_share", texts["residents_share"][row]
        elif table.name == "area_changes" and place:
            yield place, "reports", columns["current"].values[row]
            yield place, "reports_change", changed(texts["estimate"][row])
        elif table.name == "verdict_matrix" and place:
            for what, code in TOLD.items():
                name = label("roll_up", code, lang)
                yield place, f"{what}_change", changed(texts[name][row])
                yield place, f"{what}_icon", icons[name][row]
        elif table.name in ("indicators", "bulletin"):
            first, count, change, verdict = (
                ("roll_up", "to_date", "to_date_change", "to_date_verdict")
                if table.name == "bulletin"
                else list(columns)[:4]
            )
            for what in (w for w, code in TOLD.items() if label("roll_up", code, lang) == texts[first][row]):
                yield place, what, columns[count].values[row]
                yield place, f"{what}_change", changed(texts[change][row])
                yield place, f"{what}_icon", icons[verdict][row]
        elif table.name == "participation_rate" and columns["kind_of"].values[row] == kind_of:
            yield place, "residents_share", texts["estimate"][row]
            yield place, "projects", columns["n"].values[row]


def assert_files_hold(content: Content) -> None:
    """The workbook of a page has the numbers of all its tables, its briefing what the page shows of those it has."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes(content)))
    for table in content.tables:
        rows = book.get_sheet_by_name(table.name).to_python()[HEAD + 1 :]
        for place, column in enumerate(column for column in table.columns if not column.silent):
            if column.is_number:
                cells = [cell if isinstance(cell := row[place], str) else f"{cell:.10g}" for row in rows]
                assert cells == table.whole(column), (table.name, column.name)
    written = docx.Document(io.BytesIO(briefing_bytes(content))).tables
    told = [Table.read(block["table"]) for block in content.blocks if block.get("table") and block["block"] != "figure"]
    grids = [[tuple(cell.text for cell in column.cells[1:]) for column in grid.columns] for grid in written]
    for table in filter(len, told):
        texts = {tuple(table.shown(column)) for column in table.spoken if column.is_number}
        assert any(texts <= {*grid} for grid in grids), table.name


@pytest.mark.slow
def test_a_figure_is_the_same_wherever_it_is_told(on_sample, monkeypatch):
    said = defaultdict(lambda: defaultdict(set))
    shown = []
    monkeypatch.setattr(outputs.pictures, "png", lambda figure: (b"", ""))
    monkeypatch.setattr(outputs, "display_block", lambda block, text, *_, **told: shown.append({"block": block} | told))
    for lang in LANGS:
        for name, area, audience in PAGES:
            shown.clear()
            space = run_cells(name, area=area, lang=lang, audience=audience)
            place = area.split("/")[-1]
            for table in (Table.read(content["table"]) for content in shown if content.get("table")):
                for where, what, value in facts(table, place, lang):
                    where = where if audience == "internal" or where == "district" else f"{where} as told in public"
                    if value is not None:
                        said[where, what][value].add(f"{name} {area} {lang} {audience} {table.name}")
            if "lists" in space:
                said[place, "projects"][len(space["lists"]["projects"])].add(f"{name} {area} {lang}")
            tables = [content for content in shown if content["block"] in ("table", "figure") and content.get("table")]
            contents._name(tables)
            assert_files_hold(page(*tables, lang=lang))
    assert {fact: dict(values) for fact, values in said.items() if len(values) > 1} == {}
    told = {fact: len(next(iter(values.values()))) for fact, values in said.items()}
    for place in ("district", "布吉街道", "龙岭社区"):
        assert told[place, "reports"] >= 4 and told[place, "projects"] >= 4, told
