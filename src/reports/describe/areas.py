"""Words of charts that set areas beside each other: rates, funnels, shrunken shares, differences that survive."""

import pandas as pd

from src.analysis.charts.areas import highest_and_lowest, is_ratio
from src.analysis.charts.labels import grouped_by, row_names, with_place_names
from src.codebook.vocabulary import enumerated, label, sentence
from src.reports.describe.phrases import counts_text, list_text, names_in_text, p_text, places_by
from src.reports.describe.words import Words, colours_of, compose, of_table

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
            sentences.append(sentence(f"rate_{key}", lang, names=list_text(list(table.loc[rows, by]), lang)))
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
        "by": sentence(f"by_{places_by(by)}", lang),
        "counted": counts_text({**counts, rest: neither}, places_by(by), lang),
        "listed": counts_text({**counts, rest: neither}, places_by(by), lang, lists),
    }  # fmt: skip


@of_table("funnel")
def funnel(table: pd.DataFrame, lang: str, subject: str = "residents") -> Words:
    """Return which areas stand out of the funnel; `subject`: what is counted, a kind of participation or `reports`."""
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["estimate"].notna()].sort_values("n")
    words = _bands(shown, by, lang, "in_funnel") | {"kind": sentence(f"kind_{subject}", lang)}
    words |= {"phi": shown["phi"].iloc[0], "overall": shown["overall"].iloc[0]}
    ratio = is_ratio(shown, subject)
    found = compose("funnel", lang, words, caption="caption_ratio" if ratio else "caption_share", also=_colours(shown))
    return found if ratio else Words(found.title, found.sentence, found.caption, found.alt, SHARES)


@of_table("shrunken_rates", percent=("raw", "estimate", "lower", "upper"))
def shrunken_rates(table: pd.DataFrame, lang: str, kind: str = "residents") -> Words:
    """Return how far shares of places with few projects move once they are shrunken towards the whole."""
    by, table = grouped_by(table), with_place_names(table, lang)
    known = table[table["estimate"].notna()]
    shown = highest_and_lowest(table)
    words = {
        "kind": sentence(f"kind_{kind}", lang), "n": len(known), "shown": len(shown),
        "overall": table["x"].sum() / table["n"].sum(), "raw_low": known["raw"].min(), "raw_high": known["raw"].max(),
        "low": known["estimate"].min(), "high": known["estimate"].max(), "first": shown[by].iloc[-1],
    }  # fmt: skip
    alike = "_alike" if words["high"] - words["low"] < 0.001 else ""
    caption = "caption" if len(shown) == len(known) else "caption_cut"
    return compose("shrunken", lang, words, title=f"title{alike}", sentence=f"sentence{alike}", caption=caption)


@of_table("share_differences", percent=("share",))
def share_differences(table: pd.DataFrame, lang: str, kind: str = "residents") -> Words:
    """Return which groups' shares differ from the rest's even when all are looked at together."""
    by, table = grouped_by(table), with_place_names(table, lang)
    shown = table[table["estimate"].notna()]
    shown = shown.assign(name=names_in_text(row_names(shown, by, lang), by, lang))
    listed = {flag: list(shown.loc[shown["flag"].eq(flag), "name"]) for flag in ("above", "below")}
    alone = int(((shown["lower"] > 0) | (shown["upper"] < 0)).sum())
    words = {
        "kind": sentence(f"kind_{kind}", lang), "by": sentence(f"by_{by}", lang), "tested": len(shown), "alone": alone,
        "by_chance": 0.05 * len(shown), "p": p_text(shown["p_overall"].iloc[0], lang),
        "survived": sum(map(len, listed.values())),
        "listed": sentence("clauses", lang).join(
            sentence(f"differences_{flag}", lang, listed=list_text(names, lang))
            for flag, names in listed.items()
            if names
        ),
    }  # fmt: skip
    which = "some" if words["survived"] else "none"
    text = f"sentence_{which}" if alone else "sentence_alike"
    return compose("differences", lang, words, title=f"title_{which}", sentence=text, also=_colours(shown))
