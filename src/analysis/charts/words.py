"""Numbers in the words that charts and pages share: the word carries the sign, shares of a change move in points."""

from src.analysis.vocabulary import sentence


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
