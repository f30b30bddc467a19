"""Words of the level: months without the season, the moving annual total, and which months are special."""

import pandas as pd

from src.analysis.charts.labels import headline_unit, month_name, month_of_year
from src.codebook.vocabulary import enumerated, sentence, threshold
from src.reports.describe.phrases import NAMED, change_text, rate_text
from src.reports.describe.words import Words, colours_of, compose, of_table


def _few_a_month(rate: pd.Series) -> str:
    """Return `_few` where the mean month of a daily rate has fewer cases than a change is stated of in per cent."""
    return "_few" if 365 / 12 * rate.mean() < threshold("min_count_for_percent") else ""


@of_table("seasonally_adjusted")
def seasonally_adjusted(table: pd.DataFrame, lang: str, name: str = "") -> Words:
    """Return to which daily level the months of `name` moved once season and festival are taken out."""
    last = table.dropna(subset="estimate").iloc[-1]
    season = table.groupby(table["month"].dt.month)["seasonal"].mean()
    high, low = season.idxmax(), season.idxmin()
    known = table.dropna(subset="trend")
    first = known.iloc[max(len(known) - 13, 0)]
    words = {
        "name": name, "since": month_name(known["month"].iloc[0], lang), "months": len(known),
        "high": month_of_year(high, lang), "high_pct": 100 * (season[high] - 1),
        "low": month_of_year(low, lang), "low_pct": 100 * (1 - season[low]),
        "last": month_name(last["month"], lang), "level": rate_text(last["trend"]),
        "first": month_name(first["month"], lang), "earlier": rate_text(first["trend"]),
        "unit": headline_unit(lang), "least": threshold("min_count_for_percent"),
    }  # fmt: skip
    few = _few_a_month(table["rate"])  # a season of a few cases is mostly chance
    also = ["months_not_drawn"] if table["estimate"].isna().any() else []
    return compose("adjusted", lang, words, title=f"title{few}", sentence=f"sentence{few}", also=also)


@of_table("moving_annual_total", percent=("change",))
def moving_annual_total(table: pd.DataFrame, lang: str, name: str = "") -> Words:
    """Return how many the last twelve months had, and how that moved."""
    last, peak = table.iloc[-1], table.loc[table["estimate"].idxmax()]
    known, few = pd.notna(last["reference"]), last[["estimate", "reference"]].min() < threshold("min_count_for_percent")
    words = {
        "name": name, "last": month_name(last["month"], lang), "total": int(last["estimate"]),
        "unit": headline_unit(lang), "peak": month_name(peak["month"], lang), "peak_total": int(peak["estimate"]),
        "change": change_text(last["change"], lang), "before": int(last["reference"]) if known else 0,
    }  # fmt: skip
    return compose(
        "annual", lang, words, sentence="sentence_first" if not known else f"sentence{'_few' if few else ''}"
    )


@of_table("special_months")
def special_months(table: pd.DataFrame, lang: str, name: str = "") -> Words:
    """Return which months of `name` are unlike what year and season make of them, and how far off one has to be."""
    high, low = table["flag"].eq("high"), table["flag"].eq("low")
    rows = table[high | low].nsmallest(NAMED, "p").sort_values("month")
    listed = [
        sentence(
            f"special_{row.flag}", lang, month=month_name(row.month, lang), rate=rate_text(row.estimate),
            mean=rate_text(row.mean), unit=headline_unit(lang),
        )
        for row in rows.itertuples(index=False)
    ]  # fmt: skip
    words = {
        "name": name, "n": int(table["p"].notna().sum()), "special": int((high | low).sum()),
        "listed": enumerated(listed, lang, "statements"), "apart": (table["upper"] / table["mean"] - 1).median(),
    }  # fmt: skip
    which = "special" if words["special"] else "common"
    return compose(
        "special", lang, words, title=f"title_{which}", sentence=f"sentence_{which}", also=colours_of(high, low)
    )
