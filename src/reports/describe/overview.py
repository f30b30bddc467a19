"""The overview as a page shows it: a line a place and a matrix of verdicts, each as an icon with its words."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from src.analysis.areas import areas
from src.analysis.stats.counts import columns_of
from src.codebook.periods import Period, parse_period
from src.codebook.vocabulary import case_of, label, sentence
from src.reports.describe.words import VERDICTS, change_text, compare_text, counts_text, is_small, places_by
from src.reports.html import SHAPES
from src.reports.tables import Drawn

ICONS = {"unlike_earlier_years": "unlike", "more_than_months": "more"}


def verdict_words(flag: str, note: str, lang: str, *, short: bool = False) -> str:
    """Return both levels of a verdict (`change_verdicts`) in words; in `short` not that the second is not reached."""
    few_years = note == "too_few_years"
    if flag == "more_than_months" and (few_years or not short):
        return sentence("verdict_too_few_years" if few_years else "verdict_like_earlier_years", lang)
    return sentence(VERDICTS[flag or "within"], lang)


def change_words(row: Mapping[str, object], lang: str) -> str:
    """Return how a count moved: in per cent, small ones from which to which."""
    if row["flag"] == "no_base":
        return sentence("change_no_base", lang)
    if row["flag"] == "too_few":
        return sentence("overview_from_to", lang, reference=int(row["reference"]), current=int(row["current"]))
    return change_text(row["estimate"], lang)


def _change(row: Mapping[str, object], lang: str) -> str:
    """Return how a count moved as a table of many has it, behind the icon of its verdict: −28.4%."""
    if row["flag"] in ("no_base", "too_few"):
        return change_words(row, lang)
    text = f"{100 * row['estimate']:+.1f}%".replace("-", "−")
    return _with_icon(text, row, verdict_words(row["flag"], row["note"], lang))


def icon_of(flag: str, estimate: float) -> str:
    """Return which icon a verdict has: its direction and its level; small counts have none."""
    if flag in ICONS:
        return f"{'fell' if estimate < 0 else 'rose'}_{ICONS[flag]}"
    return {"": "within", "within": "within", "too_few": ""}.get(flag, "unknown")


def overview_lines(
    table: pd.DataFrame, monthly: pd.DataFrame, lang: str = "zh", addresses: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return a line a place for the page: counts and changes with their verdicts, months, projects and shares.

    `table`: `overview` by street or community; `monthly`: `monthly_counts` of the months that are drawn, missing where
    they were not delivered; `addresses`: where the pages of a place are.
    """
    by, lines = _by(table), {}
    keys = columns_of(by)  # communities of two streets may have one name
    for key, months in monthly.groupby(keys):
        lines[key] = [None if pd.isna(count) else int(count) for count in months.sort_values("month")["estimate"]]
    reports, petitions = (_moved(table, what) for what in ("reports", "petitions"))
    columns = {by: _linked(table[by], by, lang, addresses or {})}
    columns |= {"reports": table["reports"], "reports_before": table["reports_before"]}
    columns["reports_change"] = [_change(row, lang) for row in reports]
    columns["verdict"] = [verdict_words(row["flag"], row["note"], lang, short=True) for row in reports]
    columns["months"] = [_line(lines.get(key, []), lang) for key in table[keys].itertuples(index=False, name=None)]
    columns["petitions"] = table["petitions"]
    columns["petitions_change"] = [_change(row, lang) for row in petitions]
    drawn = {name: pd.Series(cells, table.index, dtype=None if isinstance(cells, pd.Series) else "object")
             for name, cells in columns.items()}  # fmt: skip
    return pd.DataFrame(drawn).join(table[["projects", "residents_share", "organisations_share", "set_aside"]])


def _moved(table: pd.DataFrame, what: str) -> list[dict[str, object]]:
    """Return how the reports or petitions of each place moved, named as a change has it."""
    names = [what, *(f"{what}_{part}" for part in ("before", "change", "flag", "note"))]
    return table[names].set_axis(["current", "reference", "estimate", "flag", "note"], axis=1).to_dict("records")


def _with_icon(text: str, row: Mapping[str, object], words: str = "") -> str:
    """Return a text behind the icon of a verdict, if it has one, which is read as `words`."""
    icon = icon_of(row["flag"], row["estimate"])
    return Drawn.of(text, icon=icon, **({"words": words} if words else {})) if icon else text


def targets(table: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """Return the targets for the page (`target_outlook`), each with its outlook as an icon with its words."""
    outlook = [
        Drawn.of(label("flag", flag, lang), icon=flag if flag in SHAPES else "unknown") for flag in table["flag"]
    ]
    shown = table.drop(columns=["roll_up", "flag"]).round({"target": 0, "estimate": 0, "lower": 0, "upper": 0})
    return shown.assign(window=[parse_period(window).label(lang) for window in shown["window"]],
                        outlook=pd.Series(outlook, table.index, dtype="object"))  # fmt: skip


def index_of_places(register: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """Return the communities of a register by street, each a name that leads to its pages: one row is one `street`."""
    found: dict[str, dict[str, str]] = {}
    for place in areas(register):
        if place.level == "community":
            found.setdefault(place.street, {})[place.slug] = label("community", place.community, lang)
    cells = [Drawn.of(" ".join(names.values()), places=names) for names in found.values()]
    streets = [label("street", street, lang) for street in found]
    return pd.DataFrame({"street": streets, "communities": pd.Series(cells, dtype="object")})


def verdict_matrix(table: pd.DataFrame, lang: str = "zh", addresses: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return the matrix of places and kinds for the page (`verdict_matrix`): cells are icons, few cases counts."""
    by, columns = _by(table), {}
    for (listname, code), rows in table.groupby(["listname", "code"], sort=False):
        cells = [_verdict_cell(row, lang) for row in rows.to_dict("records")]
        columns[label(listname, code, lang)] = pd.Series(cells, dtype="object")
    places = pd.Series(_linked(table[by].unique(), by, lang, addresses or {}), dtype="object")
    return pd.DataFrame({by: places, **columns})


def bulletin(table: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """Return the table that bulletins print with each verdict as an icon that is read in words (`bulletin`)."""
    moved = zip(table["to_date_verdict"], table["to_date_change"], strict=True)
    cells = [
        Drawn.of(verdict_words(verdict, "", lang, short=True), icon=icon_of(verdict, change), alone=True)
        if verdict
        else ""
        for verdict, change in moved
    ]
    return table.assign(to_date_verdict=pd.Series(cells, table.index, dtype="object"))


def key_indicators(
    table: pd.DataFrame,
    monthly: pd.DataFrame,
    lang: str,
    period: Period,
    compare: str = "previous_year",
    years: int = 1,
) -> pd.DataFrame:
    """Return the key indicators for the page: count of the period and of its last month, change, verdict, months.

    `table`: `key_indicators`, compared with so many `years`; `monthly`: `indicator_months`, of which those of the
    `period` are drawn dark.
    """
    lines, cells = dict(iter(monthly.groupby(["listname", "code"]))), []
    for row in table.to_dict("records"):
        name = label(row["listname"], row["code"], lang)
        if row["listname"] == "kind":
            name = sentence("indicator_of_which", lang, name=name)
        judged = {**row, "flag": row["verdict"] or row["flag"]}
        verdict = _with_icon(verdict_words(row["flag"] or row["verdict"], "", lang, short=True), judged)
        months = _months(lines[row["listname"], row["code"]], period, lang)
        moved = {**row, "flag": row["flag"] or ("too_few" if is_small(row) else "")}
        cells.append((name, change_words(moved, lang), verdict, months))
    names, changes, verdicts, drawn = (pd.Series(column, dtype="object") for column in zip(*cells, strict=True))
    columns = {"name": names, period.label(lang): table["current"]}
    columns |= {sentence("indicators_change", lang, compare=compare_text(compare, lang, years)): changes}
    columns |= {"change_verdict": verdicts, "months": drawn}
    month = Period(period.last_day.replace(day=1), period.last_day)
    return pd.DataFrame(columns | ({} if month == period else {month.label(lang): table["month"]}))


def _months(rows: pd.DataFrame, period: Period, lang: str) -> str | Drawn:
    """Return the months of one indicator as a line over their band, in words how many lie outside it."""
    now = rows[rows["month"].ge(pd.Timestamp(period.first_day.replace(day=1)))]
    known = rows["estimate"].dropna()
    if known.empty:
        return sentence("none", lang)
    counts = {"least": int(known.min()), "most": int(known.max()), "n": len(now)}
    counts |= {"low": int((now["estimate"] < now["lower"]).sum()), "high": int((now["estimate"] > now["upper"]).sum())}
    line, low, high = (
        [None if pd.isna(v) else round(v, 1) for v in rows[name]] for name in ("estimate", "lower", "upper")
    )
    words = sentence("indicator_months_outside", lang, **counts)
    return Drawn.of(words, line=line, low=low, high=high, since=len(rows) - len(now))


def _verdict_cell(row: Mapping[str, object], lang: str) -> str:
    """Return a cell of the matrix: an icon that is read as the change and its verdict."""
    moved, icon = change_words(row, lang), icon_of(row["flag"], row["estimate"])
    if not icon:
        return moved
    words = verdict_words(row["flag"], row["note"], lang)
    return Drawn.of(sentence("clauses", lang).join([moved, words]), icon=icon, alone=True)


def verdicts_counted(flags: pd.Series, changes: pd.Series, by: str, lang: str) -> str:
    """Return how many places have which verdict and which direction; what none has is left out."""
    ways = np.where(~flags.isin(ICONS), "", np.where(changes < 0, "fell", "rose"))
    known = [(flag, way) for flag in VERDICTS for way in (("fell", "rose") if flag in ICONS else ("",))]
    flags = flags.replace("", "within")
    counts = {case_of("overview", flag, way): int((flags.eq(flag) & (ways == way)).sum()) for flag, way in known}
    return counts_text(counts, places_by(by), lang)


def _by(table: pd.DataFrame) -> str:
    return next(name for name in reversed(columns_of("community")) if name in table)


def _linked(places: Iterable[str], by: str, lang: str, addresses: Mapping[str, str]) -> list[str]:
    named = [(place, label(by, place, lang)) for place in places]
    return [Drawn.of(name, places={addresses[place]: name}) if place in addresses else name for place, name in named]


def _line(counts: list[int | None], lang: str) -> str | Drawn:
    """Return months as a line, in words the least and the most of them."""
    known = [count for count in counts if count is not None]
    if not known:
        return sentence("none", lang)
    return Drawn.of(sentence("overview_least_most", lang, least=min(known), most=max(known)), line=counts)
