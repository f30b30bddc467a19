"""Numbers in the words that charts and pages share: the word carries the sign, shares of a change move in points."""

from collections.abc import Iterable, Mapping

import pandas as pd

from src.analysis.stats.changes import is_significant
from src.analysis.stats.comparable import DISTRICT
from src.analysis.stats.counts import HEADLINE
from src.codebook import messages as said
from src.codebook.periods import parse_period
from src.codebook.vocabulary import PLACES, both, current, enumerated, label, sentence

# What the rows of a tidy table may be told apart by.
GROUPS = ("street", "community", "field", "group", "kind", "roll_up", "channel", "month", "quarter")
NAMED = 6  # places or gaps that are named before it says "and others"


def direction(change: float, lang: str) -> str:
    """Return a relative change in words that carry its sign: 下降26.15%, down 26.15%."""
    if change != change:
        return sentence("change_no_base", lang)
    pct = round(100 * abs(change), 2)
    return sentence("change_flat" if not pct else "change_fell" if change < 0 else "change_rose", lang, pct=pct)


def verdict(change: pd.Series, lang: str) -> str:
    """Return whether a change is beyond normal variation, by its mean per day where days differ; few cases get none."""
    if change["flag"]:
        return sentence("verdict_no_base" if change["flag"] == "no_base" else "verdict_few", lang)
    by_days = "_by_days" if change["by_days"] else ""
    return sentence(f"verdict_{'beyond' if is_significant(change) else 'within'}{by_days}", lang)


def pulled(points: float, lang: str) -> str:
    """Return what a part adds to the change of the total: 拉低13.4个百分点."""
    return sentence("pulled_down" if points < 0 else "pulled_up", lang, pp=abs(points))


def went(reference: float, current: float, unit: str, lang: str, base: str = "") -> str:
    """Return from which count to which: 由8,996宗降至5,477宗; `base` says of what the first is the mean."""
    counts = {"reference": round(reference), "current": int(current)}
    step = counts["current"] - counts["reference"]
    return sentence(
        "went_down" if step < 0 else "went_up" if step else "went_nowhere", lang, **counts, unit=unit, base=base
    )


def per_day(rate: float) -> str:
    """Return a rate as a sentence states it: one decimal, below one two of them."""
    return f"{rate:,.{1 if rate >= 1 else 2}f}"


def in_text(name: str, lang: str) -> str:
    """Return the name of what is no place as it stands within a sentence: in English it begins small."""
    return said.in_text(name) if lang == "en" else name


def told_names(names: Iterable[str], by: str, lang: str) -> list[str]:
    """Return the names of a column's rows as sentences tell them: those of places keep their capital."""
    return [name if by in PLACES else in_text(name, lang) for name in names]


def headline_unit(lang: str) -> str:
    """Return in what the headline is counted: 宗, reports."""
    return current().roll_ups[HEADLINE][f"unit_{lang}"]


def marked(names: Iterable[str], flags: Iterable[str], told: Iterable[str], lang: str) -> list[str]:
    """Return the names of rows, in brackets the flag of those whose flag is to be told: 光华社区（新增）."""
    return [
        name + (sentence("listed_aside", lang, listed=in_text(label("flag", flag, lang), lang)) if flag in told else "")
        for name, flag in zip(names, flags, strict=True)
    ]


def places(by: str) -> str:
    """Return what several places of a column are called in the vocabulary."""
    return "streets" if by == "street" else "communities"


def told_counts(counts: Mapping[str, int], what: str, lang: str, lists: Mapping[str, str] | None = None) -> str:
    """Return how many of some are what (`is_…` of the vocabulary), each with its list; what none is, is left out.

    9个街道明显下降，2个在正常波动范围内; 11个街道都明显下降.
    """
    one, several, later = sentence(f"counted_{what}", lang).split("|")
    told = []
    for key, n in counts.items():
        if n:
            how = "all" if n == sum(counts.values()) > 1 else "next" if told else "first"
            listed = lists.get(key) if lists and how != "all" else ""  # all need no list
            aside = sentence("listed_aside", lang, listed=listed) if listed else ""
            is_one, _, are_several = sentence(f"is_{key}", lang).partition("|")
            verb = is_one if n == 1 else are_several or is_one
            words = {"what": later if told else one if n == 1 else several, "told": verb + aside}
            told.append(sentence(f"counted_{how}", lang, n=n, **words))
    return sentence("clauses", lang).join(told)


def compare_label(compare: str, lang: str, years: int = 3) -> str:
    """Return what a change is against: 同比, 环比, 较2019年同期, 较前3年同期平均 (`years`, where it is a mean)."""
    key = "year" if compare.isdigit() else compare
    return sentence(f"compare_{key}", lang, year=compare, n=years)


def left_out(notes: Iterable[str], lang: str, key: str = "gaps_left_out") -> str:
    """Return in brackets what the `note` of a comparison names as left out (`comparable.named`), if anything."""
    gaps = sorted({gap for note in notes for gap in note.split(";") if gap}, key=lambda gap: gap.rsplit(" ", 1)[::-1])
    if not gaps:
        return ""
    told = []
    for gap in gaps[:NAMED]:
        street, month = gap.removesuffix("*").rsplit(" ", 1)
        words = {
            "street": label("district" if street == DISTRICT else "street", street, lang),
            "month": parse_period(month).label(lang),
        }
        told.append(sentence("gap_of_all_streets" if gap.endswith("*") else "gap_of_street", lang, **words))
    key = "months_left_out" if gaps[0].endswith("*") else key  # of all streets, or of one
    listed = sentence("between", lang).join(told)
    return sentence(key if len(gaps) <= NAMED else f"{key}_more", lang, listed=listed, n=len(gaps))


def named(names: list[str], lang: str) -> str:
    """Return some names as a list, the first few and how many where there are more."""
    if not names:
        return sentence("none", lang)
    first = enumerated(names[:NAMED], lang)
    return first if len(names) <= NAMED else sentence("and_others", lang, first=first, n=len(names))


def with_places(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return a table whose streets and communities have the names of the reader's language, where these are known."""
    named = {
        name: table[name].map(lambda place, name=name: label(name, place, lang)) for name in PLACES if name in table
    }
    return table if lang == "zh" else table.assign(**named)


def place_of(row: Mapping[str, str], lang: str) -> str:
    """Return the name of a community with its street."""
    return sentence("place", lang, **{name: label(name, row[name], lang) for name in PLACES})


def with_counts(names: Iterable[str], table: pd.DataFrame, lang: str) -> list[str]:
    """Return the names of rows, each with its `x` of `n` in brackets."""
    return [
        name + sentence("listed_aside", lang, listed=f"{x:,}/{n:,}")
        for name, x, n in zip(names, table["x"], table["n"], strict=True)
    ]


def month_of_year(month: int, lang: str) -> str:
    """Return a month without its year: 3月, March."""
    return sentence("month_name", lang, month=month, name=f"{pd.Timestamp(2000, month, 1):%B}")


def short_month(month: pd.Timestamp, lang: str) -> str:
    """Return a month as an axis shows it: 3月, Mar."""
    return f"{month.month}月" if lang == "zh" else f"{month:%b}"


def quarter_name(day: pd.Timestamp, lang: str) -> str:
    """Return what the quarter that begins on a day is called: 2021年第3季度, 2021 Q3."""
    return sentence("date_quarter", lang, year=day.year, quarter=day.quarter, day=day)


def month_name(month: pd.Timestamp, lang: str) -> str:
    """Return a month with its year: 2021年3月, March 2021."""
    return f"{month.year}年{month.month}月" if lang == "zh" else f"{month:%B %Y}"


def grouped_by(table: pd.DataFrame) -> str:
    """Return by what a tidy table is grouped, of a place with its street the place.

    Raises `ValueError` where it is grouped by nothing, or by several things: its rows cannot stand in one list.
    """
    groups = [name for name in GROUPS if name in table and not (name == "street" and "community" in table)]
    if len(groups) != 1:
        key = "grouped_by_several" if groups else "grouped_by_nothing"
        raise ValueError(both(key, groups=", ".join(groups), allowed=", ".join(GROUPS)))
    return groups[0]


def area_names(table: pd.DataFrame, by: str, lang: str) -> list[str]:
    """Return what the rows of a tidy table are called: labels of codes, names of places, months."""
    if pd.api.types.is_datetime64_any_dtype(table[by]):
        return [short_month(month, lang) for month in table[by]]
    known = by in current().codes or by in ("kind", "roll_up")
    return [label(by, value, lang) if known else value for value in table[by].fillna(sentence("not_stated", lang))]
