"""Numbers in the words that charts and pages share: the word carries the sign, shares of a change move in points."""

from collections.abc import Iterable

from src.analysis.periods import parse_period
from src.analysis.vocabulary import sentence

NAMED = 6  # gaps named; more are counted


def direction(change: float, lang: str) -> str:
    """Return a relative change in words that carry its sign: 下降26.15%, down 26.15 %."""
    if change != change:
        return sentence("change_no_base", lang)
    pct = round(100 * abs(change), 2)
    return sentence("change_flat" if not pct else "change_fell" if change < 0 else "change_rose", lang, pct=pct)


def pulled(points: float, lang: str) -> str:
    """Return what a part adds to the change of the total: 拉低13.4个百分点."""
    return sentence("pulled_down" if points < 0 else "pulled_up", lang, pp=abs(points))


def compare_label(compare: str, lang: str) -> str:
    """Return what a change is against: 同比, 环比, 较2019年同期."""
    return sentence("compare_year", lang, year=compare) if compare.isdigit() else sentence(f"compare_{compare}", lang)


def left_out(notes: Iterable[str], lang: str) -> str:
    """Return in brackets what the `note` of a comparison names as not delivered (布吉街道 2021-03), if anything."""
    gaps = sorted({gap for note in notes for gap in note.split(";") if gap}, key=lambda gap: gap.rsplit(" ", 1)[::-1])
    if not gaps:
        return ""
    told = []
    for gap in gaps[:NAMED]:
        street, month = gap.rsplit(" ", 1)
        told.append(sentence("gap_of_street", lang, street=street, month=parse_period(month).label(lang)))
    listed = sentence("between", lang).join(told)
    return sentence("gaps_left_out" if len(gaps) <= NAMED else "gaps_left_out_more", lang, listed=listed, n=len(gaps))
