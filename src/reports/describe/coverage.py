"""Words of notebook 05: demand against projects, communities most alike, and how their projects went."""

import pandas as pd

from src.analysis.charts.labels import place_name
from src.analysis.charts.projects import MOST, OUTSIDE, is_drawn, with_area_names
from src.codebook.vocabulary import enumerated, label, sentence, threshold
from src.reports.describe.words import Words, colours_of, compose, counts_text, of_table


@of_table("coverage_gap", percent=("demand_share", "project_share"))
def coverage_gap(table: pd.DataFrame, lang: str) -> Words:
    """Return where projects lack most by demand, and how many combinations of place and field are outside of chance."""
    by, table = with_area_names(table, lang)
    tested = table[table["flag"].ne("too_few")]
    most = table.loc[(table if tested.empty else tested)["estimate"].idxmax()]
    none = int(tested["x"].eq(0).sum())
    words = {
        "by": sentence("by", lang, case=by), "place": most[by], "field": label("field", most["field"], lang),
        "x": int(most["x"]), "expected": most["expected"], "tested": len(tested),
        "counted": demand_text(tested["flag"], "cells", lang),
        "empty": sentence("gap_empty", lang, none=none) if none else "",
    }  # fmt: skip
    outside, few = table["flag"].isin(OUTSIDE).any(), table["flag"].eq("too_few").any()
    also = ["gap_bold"] * bool(outside) + ["gap_faint"] * bool(few)
    under = "" if table["flag"].eq("under").any() else "within"
    which = "clear" if outside else "within"
    return compose("gap", lang, words, title=under, sentence=which, also=also)


def demand_text(flags: pd.Series, what: str, lang: str) -> str:
    """Return how many cells or places have clearly fewer projects than demand, clearly more, or neither."""
    counts = {flag: int(flags.eq(flag).sum()) for flag in OUTSIDE}
    return counts_text(counts | {"by_chance": len(flags) - sum(counts.values())}, what, lang)


@of_table("coverage_totals")
def coverage_totals(table: pd.DataFrame, lang: str) -> Words:
    """Return which community is short of most projects, and how many clearly are."""
    under, least = table["flag"].eq("under"), threshold("least_projects_short")
    most = table.loc[(table["estimate"][under] if under.any() else table["estimate"]).idxmax()]
    words = {
        "place": place_name(most, lang), "estimate": most["estimate"], "expected": most["expected"],
        "x": int(most["x"]), "n": len(table), "counted": demand_text(table["flag"], "communities", lang),
        "least": least, "short": int(table["estimate"].ge(least).sum()), "most": MOST,
    }  # fmt: skip
    title = "clear" if under.any() else "within"
    return compose("totals", lang, words, title=title, also=colours_of(table["flag"].eq("over"), under, "totals"))


@of_table("similar_communities", percent=("floating_share", "urban_village_share"))
def similar_communities(table: pd.DataFrame, lang: str, target: str = "") -> Words:
    """Return which communities are most alike to the `target`, and by which variables this could not be seen."""
    names = [place_name(row, lang) for row in table.to_dict("records")]
    same = int(table["same_street"].sum())
    words = {"target": target, "first": names[0], "k": len(table), "listed": enumerated(names, lang)}
    words["limit"] = threshold("alike_within_sd")
    words["in_street"] = sentence("similar_in_street", lang, same=same) if same else ""
    text = sentence("similar.sentence", lang, **words)
    if lacking := [sentence("column", lang, case=name) for name in str(table["note"].iloc[0]).split(";") if name]:
        text += sentence("similar_lacking", lang, lacking=enumerated(lacking, lang))
    return compose("similar", lang, words, text=text)


@of_table("typical_cases", percent=("raw", "estimate", "lower", "upper", "overall"))
def typical_cases(table: pd.DataFrame, lang: str) -> Words:
    """Return in how many communities with a project incidents fell clearly more than in the district, or less."""
    shown = table[is_drawn(table)]
    apart = shown["lower"] > shown["overall"], shown["upper"] < shown["overall"]
    worse, better = (int(rows.sum()) for rows in apart)
    counts = {"better": better, "worse": worse, "like_the_district": len(shown) - better - worse}
    few = int(table["flag"].eq("too_few").sum())
    words = {
        "better": better, "worse": worse, "x": int(table["x"].sum()), "counted": counts_text(counts, "cases", lang),
        "too_few": sentence("cases_too_few", lang, few=few) if few else "",
    }  # fmt: skip
    alike = not shown["upper"].gt(shown["lower"]).all()
    return compose("cases", lang, words, also=colours_of(*apart) + ["cases_alike"] * alike)
