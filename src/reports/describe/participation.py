"""Words of notebook 02: shares of projects, their overlap, starts over the year, projects by community."""

from collections.abc import Mapping, Sequence

import pandas as pd

from src.analysis.charts.labels import grouped_by, month_name, place_name, row_names, with_place_names
from src.analysis.charts.projects import PARTS
from src.analysis.stats.intervals import wilson_interval
from src.analysis.stats.proportions import differences_of
from src.codebook.vocabulary import case_of, enumerated, sentence, threshold
from src.reports.describe.words import Words, colours_of, compose, joined, list_text, names_in_text, of_table


@of_table("participation_rate", percent=("estimate", "lower", "upper"))
def participation_rate(
    table: pd.DataFrame, lang: str, kind: str = "residents", differences: pd.DataFrame | None = None
) -> Words:
    """Return what shares of projects say: which groups differ from the rest, after many comparisons, and which seem to.

    `differences`: `share_differences` of the same groups; without it they are worked out here.
    """
    by, x, n = grouped_by(table), int(table["x"].sum()), int(table["n"].sum())
    whole = wilson_interval(x, n)
    flags = (differences_of(table) if differences is None else differences)["flag"].set_axis(table.index)
    table = with_place_names(table.assign(apart=flags), lang)
    table = table.assign(name=names_in_text(row_names(table, by, lang), by, lang))
    usable = table["n"].ge(threshold("min_projects_for_share"))
    shown, few = table[usable].iloc[::-1].sort_values("estimate", kind="stable"), list(table.loc[~usable, "name"])
    in_order = table[usable] if by in ("street", "community") else shown[::-1]
    high, low = in_order["apart"].eq("above"), in_order["apart"].eq("below")
    alone = (in_order["lower"].gt(whole.estimate) | in_order["upper"].lt(whole.estimate)) & ~high & ~low
    above, below, by_itself = (list(in_order.loc[rows, "name"]) for rows in (high, low, alone))
    words = {
        "x": x, "n": n, "overall": whole.estimate, "lower": whole.lower, "upper": whole.upper,
        "kind": sentence("kind", lang, case=kind), "by": sentence("by", lang, case=by),
        "above": enumerated(above, lang), "below": enumerated(below, lang), "compared": len(shown),
        "highest": shown["name"].iloc[-1], "lowest": shown["name"].iloc[0],
    }  # fmt: skip
    words["verdict"] = _verdict(above + below, by_itself, few, words, lang)
    alike = "one" if len(shown) == 1 else "alike_some" if few else "alike"
    which = "differs" if above and below else "above" if above else "below" if below else alike
    return compose("share", lang, words, title=which, also=colours_of(high, low))


def _verdict(
    apart: Sequence[str], by_itself: Sequence[str], few: Sequence[str], words: dict[str, object], lang: str
) -> str:
    """Return which groups differ from the rest, which only seem to, and which have too few projects to tell."""
    key = "differs" if apart else "alike" if words["compared"] > 1 else ""
    lists = {case_of("share_verdict", key): apart, "share_by_itself": by_itself if key else [], "share_too_few": few}
    sentences = (
        sentence(name, lang, **words, listed=enumerated(listed, lang))
        for name, listed in lists.items()
        if listed or name == "share_verdict.alike"
    )
    return joined(sentences, lang)


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
