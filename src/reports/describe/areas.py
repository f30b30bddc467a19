"""Words of charts that set areas beside each other: rates, funnels, shares, changes and their parts, hot spots."""

from collections.abc import Mapping

import pandas as pd

from src.analysis.charts.areas import highest_and_lowest, is_ratio, part_names
from src.analysis.charts.labels import grouped_by, headline_unit, row_names, with_place_names
from src.analysis.charts.maps import change_by_street
from src.analysis.stats.changes import is_significant
from src.analysis.stats.intervals import ALPHA
from src.codebook.vocabulary import enumerated, label, sentence, threshold
from src.reports.describe.words import (
    Words,
    change_text,
    colours_of,
    compare_text,
    compose,
    contribution_text,
    counts_text,
    from_to_text,
    is_small,
    joined,
    left_out_text,
    list_text,
    names_in_text,
    of_table,
    p_text,
    places_by,
    verdict_text,
)

SHARES = ("estimate", "overall", "lower", "upper", "lower_998", "upper_998")


@of_table("incident_rate")
def incident_rate(table: pd.DataFrame, lang: str, period: str = "") -> Words:
    """Return which areas have clearly more per 10,000 than the district, and which clearly fewer, in a `period`."""
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["estimate"].notna()]
    words = _bands(shown, by, lang) | {"overall": float(shown["overall"].iloc[0]), "period": period}
    words["note"] = denominator_text(shown["note"].iloc[0], lang)
    sentences = [sentence("rate_sentence", lang, **words)]
    for key, rows in (("missing", table["estimate"].isna()), ("incomplete", table["flag"].eq("incomplete"))):
        if rows.any():
            sentences.append(sentence("rate", lang, case=key, names=list_text(list(table.loc[rows, by]), lang)))
    return compose("rate", lang, words, text=" ".join(sentences), also=_colours(shown))


def _colours(shown: pd.DataFrame) -> list[str]:
    return colours_of(shown["flag"].eq("above"), shown["flag"].eq("below"))


def denominator_text(note: str, lang: str) -> str:
    """Return what a rate is per, in words: 常住人口2022年; a note of `incident_rate` holds kind and year."""
    parts = [part.split() for part in note.split(";") if part]
    names = [
        sentence("denominator", lang, kind=label("population_kind", kind, lang), year=year) for kind, year in parts
    ]
    return enumerated(names, lang) or sentence("not_stated", lang)


def _bands(shown: pd.DataFrame, by: str, lang: str, rest: str = "in_spread") -> dict[str, object]:
    """Return how many and which areas are clearly above, clearly below, or neither."""
    shown = shown[shown["flag"].ne("incomplete")]
    names = {flag: list(shown.loc[shown["flag"].eq(flag), by]) for flag in ("above", "below")}
    counts = {flag: len(listed) for flag, listed in names.items()}
    lists = {flag: list_text(listed, lang) for flag, listed in names.items() if listed}
    neither = len(shown) - sum(counts.values())
    return {
        **counts, "least": shown["estimate"].min(), "most": shown["estimate"].max(), "in_funnel": neither,
        "by": sentence("by", lang, case=places_by(by)),
        "counted": counts_text({**counts, rest: neither}, places_by(by), lang),
        "listed": counts_text({**counts, rest: neither}, places_by(by), lang, lists),
    }  # fmt: skip


@of_table("funnel")
def funnel(table: pd.DataFrame, lang: str, subject: str = "residents") -> Words:
    """Return which areas stand out of the funnel; `subject`: what is counted, a kind of participation or `reports`."""
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["estimate"].notna()].sort_values("n")
    words = _bands(shown, by, lang, "in_funnel") | {"kind": sentence("kind", lang, case=subject)}
    words |= {"phi": shown["phi"].iloc[0], "overall": shown["overall"].iloc[0]}
    ratio = is_ratio(shown, subject)
    also = _colours(shown) + ["funnel_sizes"] * bool(shown.duplicated(["n", "estimate"]).any())
    found = compose("funnel", lang, words, caption="ratio" if ratio else "share", also=also)
    return found if ratio else Words(found.title, found.sentence, found.caption, found.alt, SHARES)


@of_table("shrunken_rates", percent=("raw", "estimate", "lower", "upper"))
def shrunken_rates(table: pd.DataFrame, lang: str, kind: str = "residents") -> Words:
    """Return how far shares of places with few projects move once they are shrunken towards the whole."""
    by, table = grouped_by(table), with_place_names(table, lang)
    known = table[table["estimate"].notna()]
    shown = highest_and_lowest(table)
    words = {
        "kind": sentence("kind", lang, case=kind), "n": len(known), "shown": len(shown),
        "overall": table["x"].sum() / table["n"].sum(), "raw_low": known["raw"].min(), "raw_high": known["raw"].max(),
        "low": known["estimate"].min(), "high": known["estimate"].max(), "first": shown[by].iloc[-1],
    }  # fmt: skip
    alike = "alike" if words["high"] - words["low"] < 0.001 else ""
    caption = "" if len(shown) == len(known) else "cut"
    return compose("shrunken", lang, words, title=alike, sentence=alike, caption=caption)


@of_table("share_differences", percent=("share",))
def share_differences(table: pd.DataFrame, lang: str, kind: str = "residents") -> Words:
    """Return which groups' shares differ from the rest's even when all are looked at together."""
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["estimate"].notna()]
    shown = shown.assign(name=names_in_text(row_names(shown, by, lang), by, lang))
    listed = {flag: list(shown.loc[shown["flag"].eq(flag), "name"]) for flag in ("above", "below")}
    alone = int(((shown["lower"] > 0) | (shown["upper"] < 0)).sum())
    words = {
        "kind": sentence("kind", lang, case=kind), "by": sentence("by", lang, case=by), "tested": len(shown),
        "alone": alone, "by_chance": 1 - (1 - ALPHA) ** len(shown), "p": p_text(shown["p_overall"].iloc[0], lang),
        "survived": sum(map(len, listed.values())),
        "listed": sentence("clauses", lang).join(
            sentence("differences", lang, case=flag, listed=list_text(names, lang))
            for flag, names in listed.items()
            if names
        ),
    }  # fmt: skip
    which = "some" if words["survived"] else "none"
    text = which if alone else "alike"
    return compose("differences", lang, words, title=which, sentence=text, also=_colours(shown))


@of_table("contributions")
def contributions(
    table: pd.DataFrame,
    lang: str,
    compare: str = "previous_year",
    years: int = 3,
    whole: pd.Series | None = None,
) -> Words:
    """Return which parts moved a total most either way; a change within the usual monthly variation is not explained.

    `compare`: what the period is held against, `years`: of how many years that is the mean, where it is one. `whole`:
    how the total moved (a row of `period_change`), which says whether there is anything to explain.
    """
    by, table = grouped_by(table), with_place_names(table, lang)
    names = names_in_text(part_names(table, by, lang), by, lang)
    stated = zip(table["estimate"].astype(float), names, table[by].notna(), strict=True)
    parts = [(value, name) for value, name, known in stated if known and abs(value) > 0]  # not stated is no part
    total = float(table["estimate"].sum())
    ends = {
        "lowest": min((part for part in parts if part[0] < 0), default=None),
        "highest": max((part for part in parts if part[0] > 0), default=None),
    }
    which, first = _main_part(parts, ends, total, whole)
    counts = table[["reference", "current"]].sum()
    moved = from_to_text(*counts, headline_unit(lang), lang) if is_small(counts) else change_text(total / 100, lang)
    words = {
        "change": moved, "first": first[1], "first_text": contribution_text(first[0], lang),
        "verdict": "" if whole is None else sentence("contributions_verdict", lang, verdict=verdict_text(whole, lang)),
        "by": sentence("by", lang, case=by), "compare": compare_text(compare, lang, years),
        "left_out": left_out_text(table["note"], lang),
    }  # fmt: skip
    ends = {end: part for end, part in ends.items() if part}
    for end, (value, name) in ends.items():
        words[end] = sentence("part_of_change", lang, name=name, text=contribution_text(value, lang))
    return compose("contributions", lang, words, title=which, sentence="_".join(ends))


def _main_part(parts: list, ends: dict, total: float, whole: pd.Series | None) -> tuple[str, tuple[float, str]]:
    """Return which title fits, and the part it names."""
    within = whole is not None and not is_significant(whole)
    which = "within" if within else "fell" if total < -1 else "rose" if total > 1 else "flat"
    most = max(parts, key=lambda part: abs(part[0]), default=(0.0, "—"))
    first = {"fell": ends["lowest"], "rose": ends["highest"]}.get(which) or most
    mainly = which in ("fell", "rose") and first[0] / total >= threshold("mainly_from_share")
    return f"mainly_{which}" if mainly else which, first


@of_table("area_changes", percent=("estimate", "lower", "upper", "lower_exact", "upper_exact", "by_days"))
def area_changes(table: pd.DataFrame, lang: str, of_district: bool = False) -> Words:
    """Return how many areas fell or rose beyond the usual monthly variation, and which.

    `of_district`: they were judged with all areas of their level in the district, not among themselves.
    """
    by, table = grouped_by(table), with_place_names(table, lang)
    few = table["flag"].eq("too_few")
    known, shown = table[few | table["estimate"].notna()], table[~few & table["estimate"].notna()]
    lists = {flag: enumerated(shown.loc[shown["flag"].eq(flag), by], lang) for flag in ("fell", "rose")}
    words = {
        "counted": changed_places(known["flag"], by, lang), "by": sentence("by", lang, case=places_by(by)),
        "judged": sentence("judged_in_district" if of_district else "judged_together", lang, tested=len(shown)),
        "listed": changed_places(known["flag"], by, lang, lists),
        "total": 100 * (table["current"].sum() / max(table["reference"].sum(), 1) - 1),
        "left_out": left_out_text(table["note"], lang), "by_days": change_text(table["by_days"].max(), lang),
    }  # fmt: skip
    notes = {"areas_few": few.any(), "areas_days": table["by_days"].any()}
    also = colours_of(shown["flag"].eq("rose"), shown["flag"].eq("fell"), "changed")
    return compose("areas", lang, words, also=also + [key for key, holds in notes.items() if holds])


def changed_places(flags: pd.Series, by: str, lang: str, lists: Mapping[str, str] | None = None) -> str:
    """Return how many places fell or rose beyond the usual variation (either may be listed), did neither, have few."""
    counts = {flag: int(flags.eq(flag).sum()) for flag in ("fell", "rose")}
    few = int(flags.eq("too_few").sum())
    counts |= {"within": len(flags) - sum(counts.values()) - few, "too_few": few}
    return counts_text(counts, places_by(by), lang, lists)


@of_table("concentration", percent=("share_of_places", "estimate", "lower", "upper"))
def lorenz_curve(table: pd.DataFrame, lang: str, summary: pd.DataFrame) -> Words:
    """Return what share the fifth of places with most holds; `summary`: the `concentration` of the same counts."""
    row, fifth = summary.iloc[0], table.iloc[max(round(0.2 * len(table)) - 1, 0)]
    words = {
        "n": int(row["n"]), "x": int(row["x"]), "half": int(row["half"]), "half_pct": row["half"] / row["n"],
        "fifth": int(fifth["places"]), "fifth_share": fifth["estimate"], "fifth_chance": fifth["upper"],
        "gini": row["estimate"], "lower": row["lower"], "upper": row["upper"],
    }  # fmt: skip
    which = "above" if row["estimate"] > row["upper"] else "chance"
    return compose("lorenz", lang, words, sentence=which)


@of_table("hotspot_persistence", percent=("hit",))
def hotspot_persistence(table: pd.DataFrame, lang: str, area: str = "", first: str = "", second: str = "") -> Words:
    """Return how many hot places of an area stayed hot from one period to the next (what these are called)."""
    table = with_place_names(table, lang)
    count = int(table["hot_before"].sum())
    stayed = list(table.loc[table["flag"].eq("stayed"), "community"])
    last = table.head(count).iloc[-1] if count else {"hit": 0.0, "estimate": 0.0}
    words = {
        "places": len(table), "hot": count, "stayed": len(stayed), "left": int(table["flag"].eq("left").sum()),
        "new": int(table["flag"].eq("new").sum()), "hit": last["hit"], "pai": last["estimate"],
        "names": sentence("listed_aside", lang, listed=list_text(stayed, lang)) if stayed else "",
        "within": area, "first": first, "second": second, "area": count / len(table),
        "turnover": _turnover(table, lang),
    }  # fmt: skip
    return compose("hotspots", lang, words, title="" if stayed else "none")


def _turnover(table: pd.DataFrame, lang: str) -> str:
    """Return how many hot places would leave by chance alone, beside how many did."""
    expected, p = table["left_expected"].iloc[0], table["p"].iloc[0]
    if p != p:
        return ""
    case = "moved" if p <= ALPHA else "as_chance"
    return sentence("hotspots", lang, case=case, expected=expected, p=p_text(p, lang))


@of_table("incident_rate")
def rates_map(table: pd.DataFrame, lang: str, boundaries: pd.DataFrame, period: str = "") -> Words:
    """Return what `incident_rate` says of the areas of a map, and for which of them no boundary was delivered."""
    words, by = incident_rate(table, lang, period), grouped_by(table)
    lacking = list(with_place_names(table[~table[by].isin(boundaries[by])], lang)[by])
    also = [sentence("map_lacking", lang, names=list_text(lacking, lang))] if lacking else []
    caption = joined([sentence("map_caption", lang), *also], lang)
    return Words(words.title, words.sentence, caption, sentence("map_alt", lang, title=words.title))


@of_table("monthly_rates")
def tile_map(table: pd.DataFrame, lang: str, name: str = "", period: str = "") -> Words:
    """Return how many streets had more and how many fewer than the year before, and the range of their rates."""
    moved = change_by_street(table)
    step = (moved["current"] - moved["reference"]).round()
    counts = {"down": int(step.lt(0).sum()), "up": int(step.gt(0).sum()), "unchanged": int(step.eq(0).sum())}
    rates = table.groupby("street", sort=False)["estimate"].sum(min_count=1).dropna()
    words = {"counted": counts_text(counts, "streets", lang), "name": name, "period": period}
    words |= {"most": rates.max(), "least": rates.min()}
    return compose("tiles", lang, words)
