"""Words of incidents over time: months beside other years, daily means, their level, petitions, hours, quarters."""

import pandas as pd

from src.analysis.charts.labels import headline_unit, month_name, month_of_year, quarter_name, row_names
from src.analysis.charts.trends import by_year
from src.analysis.stats.distribution import busiest
from src.analysis.stats.intervals import ALPHA
from src.codebook.vocabulary import case_of, current, enumerated, label, sentence, threshold
from src.reports.describe.words import (
    NAMED,
    Words,
    change_text,
    colours_of,
    compose,
    counts_text,
    from_to_text,
    of_table,
    rate_text,
)

HOURS_TOGETHER = range(3, 7)  # so many are told as one: of single hours too many are alike


@of_table("monthly_counts")
def monthly(table: pd.DataFrame, lang: str, name: str = "", year: int | None = None) -> Words:
    """Return how many months of a year were lower than those of the year before (`monthly_counts`).

    `name`: what is counted. `year` as in `plot_monthly_counts`.
    """
    years = by_year(table)
    year = year or max(years)
    words, which = _against_year_before(years, year, lang)
    others = [other for other in (current().base_year, year - 1) if other in years and other != year]
    grey = enumerated(dict.fromkeys(sentence("the_year", lang, year=other) for other in others), lang)
    words |= {"name": name, "beside": sentence("months_beside", lang, listed=grey) if others else ""}
    title = "alone" if which == "alone" else ""
    return compose("months", lang, words, title=title, sentence=which)


def _against_year_before(years: dict, year: int, lang: str) -> tuple[dict[str, object], str]:
    """Return what is said of months beside those of the year before, and in which sentence."""
    before, words = years.get(year - 1), {"year": year}
    if before is None:
        return words, "alone"
    both = years[year].join(before["estimate"].rename("before"), how="inner")
    change = both["estimate"] - both["before"]
    counts = {"lower": change.lt(0), "higher": change.gt(0), "equal": change.eq(0)}
    words["counted"] = counts_text({key: int(months.sum()) for key, months in counts.items()}, "months", lang)
    most = change.idxmin() if len(change) else 1
    if change.empty or change.min() >= 0 or both.loc[most, "before"] < threshold("min_count_for_percent"):
        return words, "no_fall"
    words["most"] = month_of_year(most, lang)
    words["went"] = from_to_text(both.loc[most, "before"], both.loc[most, "estimate"], headline_unit(lang), lang)
    return words, ""


@of_table("petitions_by_channel", percent=("estimate",))
def petitions(table: pd.DataFrame, lang: str) -> Words:
    """Return which channel has most petitions and how many repeat, each of those petitions that state it."""
    n, stated_repeat = int(table["n"].sum()), int((table["first"] + table["x"]).sum())
    few = "few" if n < threshold("min_count_for_percent") else ""
    placed, repeats = table[table["channel"].notna()], int(table["x"].sum())
    words = {"n": n, "largest": "", "repeated": "", "involved": ""}
    if len(placed):
        m, top = int(placed["n"].sum()), placed.loc[[placed["n"].idxmax()]]
        words |= {"first": row_names(top, "channel", lang)[0], "x": int(top["n"].iloc[0])}
        words |= {"share": words["x"] / max(m, 1)}
        of = sentence("petitions_of_channel", lang, n=m) if m < n else ""
        words["largest"] = sentence("petitions_largest", lang, of=of, **words)
    if stated_repeat:
        words |= {"repeats": repeats, "repeat": repeats / stated_repeat}
        of = sentence("petitions_of_repeat", lang, n=stated_repeat) if stated_repeat < n else ""
        words["repeated"] = sentence("petitions_repeated", lang, case=few, of=of, **words)
    if table["people_count"].notna().any():
        words["involved"] = sentence("petitions_involved", lang, people=int(table["people_count"].sum()))
    words["few"] = sentence("petitions_few", lang) if few and (words["largest"] or words["repeated"]) else ""
    known = {(True, True): "", (True, False): "channel", (False, True): "repeat", (False, False): "alone"}
    which = known[bool(len(placed)), bool(stated_repeat)]
    which = ("few" if len(placed) else "alone") if few else which
    unstated = table["channel"].isna().any() or (table["n"] - table["first"].fillna(0) - table["x"].fillna(0)).any()
    return compose("petitions", lang, words, title=which, also=["petitions_unstated"] if unstated else [])


@of_table("weekday_hours")
def weekday_hours(table: pd.DataFrame, lang: str) -> Words:
    """Return which hours and which weekday have most, each only where they differ by more than chance gives."""
    days = sentence("weekday_names", lang).split("|")
    hours, week = busiest(table, "hour", HOURS_TOGETHER), busiest(table, "weekday")
    words = {"n": int(table["x"].sum()), "share": hours["share"], "even": hours["even"]}
    words["hours"] = _from_hour(hours["start"], hours["width"], lang)
    few = hours["low_x"] < threshold("min_count_for_percent")  # a share of them is not stated
    least = {"hours": _from_hour(hours["low_start"], hours["width"], lang), "share": hours["low_share"]}
    words["least"] = "" if few else sentence("hours_least", lang, **least)
    p = table["p"].iloc[0]
    days_key = "days_few" if p != p else "day" if p < threshold("uneven_days_pct") / 100 else "days_alike"
    above = {"day": days[week["start"]], "pct": 100 * (week["share"] / week["even"] - 1)}
    words["week"] = sentence("hours", lang, case=days_key, **above)
    which = "" if hours["p"] < ALPHA else "even"
    words["text"] = sentence("hours", lang, case=case_of("title", which), **words)
    return compose("hours", lang, words, title=which, sentence=which)


def _from_hour(first: int, width: int, lang: str) -> str:
    """Return from which hour to which several together last: 21时至24时, 22时至次日1时."""
    over, last = divmod(first + width - 1, 24)
    return sentence("hours_over_midnight" if over else "hours_from", lang, first=first, last=last + 1)


@of_table("")
def quarters(table: pd.DataFrame, lang: str, area: str = "") -> Words:
    """Return from which number to which each roll-up of a community (`area`) went."""
    series = [_series(rows, lang) for _, rows in table.groupby("roll_up", sort=False)]
    text = enumerated(series, lang, "statements") + sentence("quarters.alt.end", lang)
    values = {"area": area, "text": text, "base": threshold("public_round_to")}
    return compose("quarters", lang, values, text=text)


def _series(rows: pd.DataFrame, lang: str) -> str:
    first, last = rows.iloc[0], rows.iloc[-1]
    words = {"name": label("roll_up", first["roll_up"], lang), "n_first": int(first["n"]), "n_last": int(last["n"])}
    words |= {"first": quarter_name(first["quarter"], lang), "last": quarter_name(last["quarter"], lang)}
    return sentence("quarters_series", lang, **words)


def _few_a_month(rate: pd.Series) -> str:
    """Return `few` where the mean month of a daily rate has fewer cases than a change is stated of in per cent."""
    return "few" if 365 / 12 * rate.mean() < threshold("min_count_for_percent") else ""


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
    return compose("adjusted", lang, words, title=few, sentence=few, also=also)


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
    return compose("annual", lang, words, sentence="first" if not known else "few" if few else "")


@of_table("daily_averages")
def daily_averages(table: pd.DataFrame, lang: str, name: str = "", year: int | None = None) -> Words:
    """Return at which level each year stood, and which months are unlike what is expected (`daily_averages`).

    `name`: what is counted; `year` as in `plot_daily_averages`.
    """
    unit, years = headline_unit(lang), table["month"].dt.year
    year = year or years.max()
    levels = [_level(rows, one, lang) for one, rows in table[years <= year].groupby(years) if rows["x"].notna().any()]
    high, low = table["flag"].eq("high"), table["flag"].eq("low")
    rows = table[high | low].sort_values("month").tail(NAMED)
    listed = [
        sentence("special", lang, case=row.flag, month=month_name(row.month, lang), rate=rate_text(row.estimate),
                 mean=rate_text(row.mean), unit=unit)
        for row in rows.itertuples(index=False)
    ]  # fmt: skip
    note = table["note"].iloc[0]
    words = {
        "name": name, "year": year, "unit": unit, "levels": enumerated(levels[-NAMED:], lang),
        "listed": enumerated(listed, lang, "statements"), "special": len(listed),
        "apart": (table["upper"] / table["mean"] - 1).median(),
        "festival": sentence("daily_festival", lang) if current().calendar["spring_festival"] else "",
    }  # fmt: skip
    which = note or ("special" if listed else "common")
    events = ["daily_events"] * any(
        str(years.min()) <= day[:4] <= str(years.max()) for day in current().calendar["events"]
    )
    together = ["daily_together"] * bool(table["months"].eq(2).any())
    also = [*together, *(["daily_band"] if not note else []), *colours_of(high, low), *events]
    return compose("daily", lang, words, title="" if len(levels) > 1 else "alone", sentence=which, also=also)


def _level(rows: pd.DataFrame, year: int, lang: str) -> str:
    """Return how many a day a year had, in brackets how many of its months are known where these are not all."""
    known = int(rows.loc[rows["x"].notna(), "months"].sum())
    words = {"year": year, "level": rate_text(rows["level"].iloc[0]), "n": known}
    return sentence("daily_level" if known == 12 else "daily_level_part", lang, **words)
