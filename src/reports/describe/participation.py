"""Words of notebook 02: shares of projects, their overlap, starts over the year, projects by community."""

from collections.abc import Mapping

import pandas as pd

from src.analysis.charts.labels import grouped_by, month_name, place_name, row_names, with_place_names
from src.analysis.charts.projects import PARTS
from src.codebook.vocabulary import enumerated, sentence, threshold
from src.reports.describe.words import Words, compose, list_text, names_in_text, of_table


@of_table("participation_overlap", percent=("estimate",))
def participation_overlap(
    table: pd.DataFrame, lang: str, registered: int | None = None, differences: Mapping[str, pd.DataFrame] | None = None
) -> Words:
    """Return in how many projects both took part, one of them, neither; of groups, which differ from the rest.

    `registered`: how many projects are on record; of those that do not state both, the sentence says so.
    `differences`: by kind (`residents`, `organisations`) the `share_differences` of the same groups.
    """
    counts = table.groupby("part")["x"].sum().reindex(PARTS, fill_value=0)
    total = int(counts.sum())
    words = {part: int(counts[part]) for part in PARTS} | {"n": total}
    words |= {side: words["both"] + words[f"{side}_only"] for side in ("residents", "organisations")}
    words["any"] = total - words["neither"]
    words["any_share"] = words["any"] / max(total, 1)
    if differences is not None:
        return _overlap_by(grouped_by(table), words, differences, lang)
    few = "few" if total < threshold("min_projects_for_share") else ""
    text, title = sentence("overlap_sentence", lang, case=few, **words), ""
    if registered is not None and registered > total:
        text, title = sentence("overlap_sentence.some", lang, text=text, n=total, registered=registered), "some"
    return compose("overlap", lang, words, title=title, text=text)


def _overlap_by(by: str, words: dict[str, object], differences: Mapping[str, pd.DataFrame], lang: str) -> Words:
    """Return what bars by field or place say: who differs from the rest after many comparisons, or that none does."""
    texts = []
    for kind, table in differences.items():
        table = with_place_names(table, lang)
        names = pd.Series(names_in_text(row_names(table, by, lang), by, lang), table.index)
        for flag, key in (("above", "overlap_above"), ("below", "overlap_below")):
            if listed := list(names[table["flag"].eq(flag)]):
                of = sentence("kind", lang, case=kind)
                texts.append(sentence(key, lang, listed=enumerated(listed, lang), kind=of))
    words |= {"by": sentence("by", lang, case=by), "text": enumerated(texts, lang, "statements")}
    which = "differ" if texts else "alike"
    return compose("overlap", lang, words, title=which, sentence=which, caption="by")


@of_table("project_starts")
def project_starts(table: pd.DataFrame, lang: str, period: str = "") -> Words:
    """Return when projects started; `period` is what the months are called together."""
    n, peak = int(table["x"].sum()), int(table["x"].to_numpy().argmax())
    top = int(table["x"].nlargest(3).sum())
    names = row_names(table, "month", lang)
    words = {
        "n": n, "months": int(table["x"].gt(0).sum()), "period": period, "top": top, "top_share": top / max(n, 1),
        "peak": month_name(table["month"].iloc[peak], lang) if len(table) > 12 else names[peak],
        "peak_count": int(table["x"].iloc[peak]),
    }  # fmt: skip
    few = n < threshold("min_projects_for_share")
    tied = "few" if few else "tied" if table["x"].eq(table["x"].max()).sum() > 1 else ""
    short = "few" if few else "short" if len(table) <= 3 else ""
    return compose("starts", lang, words, title=tied, alt=tied, sentence=short)


@of_table("projects_by_community")
def projects_by_community(table: pd.DataFrame, lang: str, here: str | None = None) -> Words:
    """Return how many projects communities have; of one that the page is about (`here`), how it stands among them."""
    own = table["community"].eq(here)  # none where it stood in another time
    table = with_place_names(table, lang)
    most, there = table[table["x"].eq(table["x"].max())], int(table["x"].gt(0).sum())
    words = {
        "n": int(table["x"].sum()), "communities": len(table), "with_projects": there,
        "least": int(table["x"].min()), "most": int(table["x"].max()),
        "first": list_text([place_name(place, lang) for _, place in most.iterrows()], lang),
        "each": sentence("communities_each", lang) if len(most) > 1 else "",
    }  # fmt: skip
    words["having"] = sentence("communities", lang, case="all" if there == len(table) else "some", **words)
    if not own.any():
        return compose("communities", lang, words)
    row = table[own].iloc[0]
    words |= {"place": row["community"], "street": row["street"], "x": row["x"], "median": table["x"].median()}
    words |= {"more": int(table["x"].gt(row["x"]).sum()), "fewer": int(table["x"].lt(row["x"]).sum())}
    which = "here" if len(table) > 1 else "only"
    return compose("communities", lang, words, title=which, sentence=which)
