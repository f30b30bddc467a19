"""The overview as a page shows it: a line a place and a matrix of verdicts, each as an icon with its words."""

from collections.abc import Iterable, Mapping

import pandas as pd

from src.analysis.stats.counts import columns_of
from src.codebook.periods import Period
from src.codebook.vocabulary import label, sentence
from src.reports.describe import phrases
from src.reports.describe.phrases import change_text, compare_text, counts_text, places_by
from src.reports.tables import Drawn

VERDICTS = {
    "unlike_earlier_years": "verdict_unlike", "more_than_months": "verdict_like_earlier_years", "": "verdict_within",
    "too_few": "verdict_few", "no_base": "verdict_no_base", "too_short": "overview_too_short",
}  # fmt: skip
ICONS = {"unlike_earlier_years": "unlike", "more_than_months": "more"}


def verdict_words(flag: str, note: str, lang: str, *, short: bool = False) -> str:
    """Return both levels of a verdict (`change_verdicts`) in words; in `short` not that the second is not reached."""
    if short and flag == "more_than_months" and note != "too_few_years":
        return sentence("verdict_more", lang)
    few_years = flag == "more_than_months" and note == "too_few_years"
    return sentence("verdict_too_few_years" if few_years else VERDICTS[flag], lang)


def change_words(row: Mapping[str, object], lang: str) -> str:
    """Return how a count moved: in per cent, small ones from which to which."""
    if row["flag"] == "no_base":
        return sentence("change_no_base", lang)
    if row["flag"] == "too_few":
        return sentence("overview_from_to", lang, reference=int(row["reference"]), current=int(row["current"]))
    return change_text(row["estimate"], lang)


def icon_of(flag: str, estimate: float) -> str:
    """Return which icon a verdict has: its direction and its level; small counts have none."""
    if flag in ICONS:
        return f"{'fell' if estimate < 0 else 'rose'}_{ICONS[flag]}"
    return {"": "within", "within": "within", "too_few": ""}.get(flag, "unknown")


def overview_lines(
    table: pd.DataFrame, monthly: pd.DataFrame, lang: str = "zh", addresses: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return a line a place for the page: count, the year before, change, verdict, months, projects and shares.

    `table`: `overview` by street or community; `monthly`: `monthly_counts` of the months that are drawn, missing where
    they were not delivered; `addresses`: where the pages of a place are.
    """
    by, lines = _by(table), {}
    keys = columns_of(by)  # communities of two streets may have one name
    for key, months in monthly.groupby(keys):
        lines[key] = [None if pd.isna(count) else int(count) for count in months.sort_values("month")["estimate"]]
    columns: dict[str, list] = {name: [] for name in ("reports_change", "reports_verdict", "months")}
    names = ["current", "reference", "estimate", "flag", "note"]
    moved = table[["reports", "reports_before", "reports_change", "reports_flag", "reports_note"]].set_axis(
        names, axis=1
    )
    for key, row in zip(table[keys].itertuples(index=False, name=None), moved.to_dict("records"), strict=True):
        icon, words = icon_of(row["flag"], row["estimate"]), verdict_words(row["flag"], row["note"], lang, short=True)
        columns["reports_change"].append(change_words(row, lang))
        columns["reports_verdict"].append(Drawn.of(words, icon=icon) if icon else words)
        columns["months"].append(_line(lines.get(key, []), lang))
    made = {name: pd.Series(cells, table.index, dtype="object") for name, cells in columns.items()}
    places = pd.Series(_linked(table[by], by, lang, addresses or {}), table.index, dtype="object")
    counts = {name: table[name] for name in ("reports", "reports_before")}
    shares = table[["projects", "residents_share", "organisations_share"]]
    return pd.DataFrame({by: places, **counts, **made}).join(shares)


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
        Drawn.of(sentence(phrases.VERDICTS[verdict], lang), icon=icon_of(verdict, change), alone=True)
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
        icon = icon_of(row["verdict"] or row["flag"], row["estimate"])
        verdict = sentence(phrases.VERDICTS[row["flag"] or row["verdict"]], lang)
        months = _months(lines[row["listname"], row["code"]], period, lang)
        told = {**row, "flag": row["flag"] or ("too_few" if phrases.is_small(row) else "")}
        cells.append((name, change_words(told, lang), Drawn.of(verdict, icon=icon) if icon else verdict, months))
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


def verdicts_counted(flags: pd.Series, by: str, lang: str) -> str:
    """Return how many places have which verdict; what none has is left out."""
    counts = {f"overview_{flag or 'within'}": int(flags.eq(flag).sum()) for flag in VERDICTS}
    return counts_text(counts, places_by(by), lang)


def _by(table: pd.DataFrame) -> str:
    return next(name for name in reversed(columns_of("community")) if name in table)


def _linked(places: Iterable[str], by: str, lang: str, addresses: Mapping[str, str]) -> list[str]:
    named = [(place, label(by, place, lang)) for place in places]
    return [Drawn.of(name, place=addresses[place]) if place in addresses else name for place, name in named]


def _line(counts: list[int | None], lang: str) -> str | Drawn:
    """Return months as a line, in words the least and the most of them."""
    known = [count for count in counts if count is not None]
    if not known:
        return sentence("none", lang)
    return Drawn.of(sentence("overview_least_most", lang, least=min(known), most=max(known)), line=counts)
