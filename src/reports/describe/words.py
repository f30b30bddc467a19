"""The words beside a chart, and the numbers in them: the word carries the sign, shares of a change move in points."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from src.analysis.charts.labels import within_text
from src.analysis.charts.style import why_not_drawn
from src.analysis.stats.delivery import DISTRICT
from src.codebook.periods import parse_period
from src.codebook.vocabulary import PLACES, case_of, enumerated, label, sentence, threshold
from src.codebook.vocabulary import sentence as sentence_of

VERDICTS = {
    "unlike_earlier_years": "verdict_unlike", "more_than_months": "verdict_more", "within": "verdict_within",
    "too_few": "verdict_few", "no_base": "verdict_no_base", "too_short": "overview_too_short",
}  # fmt: skip
NAMED = 6  # places or gaps that are named before it says "and others"


@dataclass(frozen=True)
class Words:
    """What stands beside a chart: the comparison as a title, a sentence, how it was counted, what a picture shows.

    `percent` names the columns of the table behind the chart that are shares, `method` the function whose table it
    is: the caption leads to what the methods page says of it.
    """

    title: str
    sentence: str = ""
    caption: str = ""
    alt: str = ""
    percent: tuple[str, ...] = ()
    method: str = ""
    lang: str = "zh"


def of_table(method: str, percent: Sequence[str] = ()) -> Callable[[Callable[..., Words]], Callable[..., Words]]:
    """Return what makes a function of a tidy table and a language one that also has words where nothing is drawn."""

    def decorated(describe: Callable[..., Words]) -> Callable[..., Words]:
        @functools.wraps(describe)
        def words(table: pd.DataFrame, lang: str = "zh", *args: object, **options: object) -> Words:
            if reason := why_not_drawn(table):
                text = sentence_of("not_drawn", lang, case=reason)
                found = Words(text, text, "", text)
            else:
                found = describe(table, lang, *args, **options)
            texts = (found.title, found.sentence, found.caption, found.alt)
            return Words(*texts, found.percent or tuple(percent), method, lang)

        return words

    return decorated


def compose(
    subject: str,
    lang: str,
    values: dict[str, object],
    *,
    title: str = "",
    sentence: str = "",
    caption: str = "",
    alt: str = "",
    also: Iterable[str] = (),
    text: str = "",
) -> Words:
    """Return the words of a subject: its `title`, `sentence`, `caption` and `alt` in the vocabulary with their values.

    `title`, `sentence`, `caption` and `alt` name a case of them, `few` of `title` is `title.few`; `also` the
    sentences that the caption goes on with, since what they are about is drawn; `text` is a sentence ready-made.
    """
    cases = {"title": title, "caption": caption, "alt": alt}
    parts = [sentence_of(subject, lang, case=case_of(*case), **values) for case in cases.items()]
    stated = text or sentence_of(subject, lang, case=case_of("sentence", sentence), **values)
    captions = [parts[1], *(sentence_of(key, lang, **values) for key in also)]
    return Words(capital(parts[0]), capital(stated), joined(captions, lang), parts[2])


def capital(text: str) -> str:
    """Return a text that begins with a capital: some begin with a label."""
    return text[:1].upper() + text[1:]


def joined(sentences: Iterable[str], lang: str) -> str:
    """Return sentences one after the other."""
    return (" " if lang == "en" else "").join(sentences)


def colours_of(more: pd.Series, less: pd.Series, what: str = "coloured") -> list[str]:
    """Return what a caption says of orange and blue, as far as they are there: its case `more`, and `less`."""
    return [case_of(what, flag) for flag, rows in (("more", more), ("less", less)) if rows.any()]


def change_text(change: float, lang: str, digits: int = 1) -> str:
    """Return a relative change in words that carry its sign: 下降26.2%, down 26.2%; published ones have two digits."""
    if change != change:
        return sentence("change_no_base", lang)
    pct = f"{100 * abs(change):.{digits}f}"
    which = "change_flat" if not float(pct) else "change_fell" if change < 0 else "change_rose"
    return sentence(which, lang, pct=pct)


def is_small(change: Mapping[str, float]) -> bool:
    """Return whether a change is told by its two counts: of few a percentage says more than they hold."""
    return min(change["current"], change["reference"]) < threshold("count_told_beside_change")


def verdict_text(change: pd.Series, lang: str) -> str:
    """Return both levels of a verdict (`period_change`) in words; a change of few cases gets none.

    Where days differ months are held against each other by their mean per day.
    """
    if change["flag"] in VERDICTS:
        return sentence(VERDICTS[change["flag"]], lang)
    key = VERDICTS[change["verdict"]]
    if change["verdict"] == "more_than_months" and isinstance(change["earlier"], str):  # earlier years were asked
        key = "verdict_too_few_years" if pd.isna(change["p_unlike"]) else "verdict_like_earlier_years"
    verdict = sentence(key, lang)
    return sentence("verdict_by_days", lang, verdict=verdict) if change["by_days"] else verdict


def interval_text(lower: float, upper: float, lang: str, of: str = "interval_change") -> str:
    """Return limits in words that carry their sign: 降幅的95%区间为23.3%至28.9%; `of`: or `interval_difference`."""
    side = "below" if upper < 0 else "above" if lower > 0 else "both"
    low, high = {"below": (-upper, -lower), "above": (lower, upper), "both": (-lower, upper)}[side]
    return sentence(of, lang, case=side, low=100 * low, high=100 * high)


def p_text(p: float, lang: str) -> str:
    """Return a p as texts print it."""
    if p != p:
        return sentence("p_missing", lang)
    return sentence("p_small", lang) if p < 0.001 else sentence("p_value", lang, p=f"{p:.{3 if p < 0.1 else 2}f}")


def contribution_text(points: float, lang: str) -> str:
    """Return what a part adds to the change of the total: 拉低13.4个百分点."""
    return sentence("pulled_down" if points < 0 else "pulled_up", lang, pp=abs(points))


def from_to_text(reference: float, current: float, unit: str, lang: str, base: str = "") -> str:
    """Return from which count to which: 由8,996宗降至5,477宗; `base` says of what the first is the mean."""
    counts = {"reference": round(reference), "current": int(current)}
    step = counts["current"] - counts["reference"]
    return sentence(
        "went_down" if step < 0 else "went_up" if step else "went_nowhere", lang, **counts, unit=unit, base=base
    )


def rate_text(rate: float) -> str:
    """Return a rate as a sentence states it: one decimal, below one two of them."""
    return f"{rate:,.{1 if rate >= 1 else 2}f}"


def names_in_text(names: Iterable[str], by: str, lang: str) -> list[str]:
    """Return the names of a column's rows as they stand in a sentence: those of places keep their capital."""
    return [name if by in PLACES else within_text(name, lang) for name in names]


def places_by(by: str) -> str:
    """Return what several places of a column are called in the vocabulary."""
    return "streets" if by == "street" else "communities"


def counts_text(counts: Mapping[str, int], what: str, lang: str, lists: Mapping[str, str] | None = None) -> str:
    """Return how many of some are what (`is` of the vocabulary), each with its list; what none is, is left out.

    9个街道下降且超出月度起伏，2个未超出月度起伏; 11个街道都下降且超出月度起伏.
    """
    one, several, later = sentence("counted", lang, case=what).split("|")
    clauses = []
    for key, n in counts.items():
        if n:
            how = "all" if n == sum(counts.values()) > 1 else "next" if clauses else "first"
            listed = lists.get(key) if lists and how != "all" else ""  # all need no list
            bracket = sentence("listed_aside", lang, listed=listed) if listed else ""
            is_one, are_several, none_is = [*sentence("is", lang, case=key).split("|"), "", ""][:3]
            if how == "all" and none_is:  # what is said of all of them as of none
                clauses.append(sentence("counted.none", lang, n=n, what=several, text=none_is))
                continue
            verb = is_one if n == 1 else are_several or is_one
            words = {"what": later if clauses else one if n == 1 else several, "text": verb + bracket}
            clauses.append(sentence("counted", lang, case=how, n=n, **words))
    return sentence("clauses", lang).join(clauses)


def compare_text(compare: str, lang: str, years: int = 3) -> str:
    """Return what a change is against: 同比, 环比, 较2019年同期, 较前3年同期平均 (`years`, where it is a mean)."""
    key = "year" if compare.isdigit() else compare
    return sentence("compare", lang, case=key, year=compare, n=years)


def left_out_text(notes: Iterable[str], lang: str, key: str = "gaps_left_out") -> str:
    """Return in brackets what the `note` of a comparison names as left out (`comparable.named`), if anything."""
    gaps = sorted({gap for note in notes for gap in note.split(";") if gap}, key=lambda gap: gap.rsplit(" ", 1)[::-1])
    if not gaps:
        return ""
    named = []
    for gap in gaps[:NAMED]:
        street, month = gap.removesuffix("*").rsplit(" ", 1)
        words = {
            "street": label("district" if street == DISTRICT else "street", street, lang),
            "month": parse_period(month).label(lang),
        }
        named.append(sentence("gap_of_all_streets" if gap.endswith("*") else "gap_of_street", lang, **words))
    key = "months_left_out" if gaps[0].endswith("*") else key  # of all streets, or of one
    listed = sentence("between", lang).join(named)
    return sentence(key, lang, case="more" if len(gaps) > NAMED else "", listed=listed, n=len(gaps))


def list_text(names: list[str], lang: str) -> str:
    """Return some names as a list, the first few and how many where there are more."""
    if not names:
        return sentence("none", lang)
    first = enumerated(names[:NAMED], lang)
    return first if len(names) <= NAMED else sentence("and_others", lang, first=first, n=len(names))
