"""Words of concentration: how few places hold most incidents, and whether last year's hot spots hold."""

import pandas as pd

from src.analysis.charts.labels import with_place_names
from src.analysis.stats.intervals import ALPHA
from src.codebook.vocabulary import sentence
from src.reports.describe.phrases import list_text, p_text
from src.reports.describe.words import Words, compose, of_table


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
    return compose("lorenz", lang, words, sentence=f"sentence_{which}")


@of_table("hotspot_persistence", percent=("hit",))
def hotspot_persistence(table: pd.DataFrame, lang: str, first: str = "", second: str = "") -> Words:
    """Return how many hot places stayed hot from one period to the next (`first`, `second`: what these are called)."""
    table = with_place_names(table, lang)
    count = int(table["hot_before"].sum())
    stayed = list(table.loc[table["flag"].eq("stayed"), "community"])
    last = table.head(count).iloc[-1] if count else {"hit": 0.0, "estimate": 0.0}
    words = {
        "places": len(table), "hot": count, "stayed": len(stayed), "left": int(table["flag"].eq("left").sum()),
        "new": int(table["flag"].eq("new").sum()), "hit": last["hit"], "pai": last["estimate"],
        "names": sentence("listed_aside", lang, listed=list_text(stayed, lang)) if stayed else "",
        "first": first, "second": second, "area": count / len(table), "turnover": _turnover(table, lang),
    }  # fmt: skip
    return compose("hotspots", lang, words, title="title" if stayed else "title_none")


def _turnover(table: pd.DataFrame, lang: str) -> str:
    """Return how many hot places would leave by chance alone, beside how many did."""
    expected, p = table["left_expected"].iloc[0], table["p"].iloc[0]
    if p != p:
        return ""
    return sentence(f"hotspots_{'moved' if p <= ALPHA else 'as_chance'}", lang, expected=expected, p=p_text(p, lang))
