"""Published figures beside the same figures recomputed from the loaded data."""

import numpy as np
import pandas as pd

from src.analysis.stats.changes import period_change
from src.analysis.stats.counts import HEADLINE, in_category, in_window, roll_up_mask
from src.analysis.stats.delivery import NOTHING
from src.analysis.stats.proportions import took_part
from src.analysis.stats.verdicts import same_months_of_years
from src.codebook.periods import Period, parse_period
from src.codebook.vocabulary import stated, threshold

__all__ = ["published_totals", "recomputed_figures", "target_outlook"]


def recomputed_figures(
    published: pd.DataFrame, projects: pd.DataFrame, incidents: pd.DataFrame, communities: pd.DataFrame,
    sites: pd.DataFrame, lang: str = "zh",
) -> pd.DataFrame:  # fmt: skip
    """Does the loaded data give the figures that were published?

    One row is one published figure that the data can answer: a change needs incidents in both windows, a total
    incidents in its own, a number of projects needs projects that started in its window. Columns: `figure` and `source`
    (in `lang`), `period`, `compare`, `value` (published), `recomputed`, `difference` (as far as the published decimals
    tell), `unit`.

    >>> figures = recomputed_figures(published, projects, incidents, communities, sites)
    >>> figures["difference"].eq(0).all()
    np.True_
    """
    rows = []
    for figure in published.dropna(subset=["measure"]).itertuples():
        name, _, roll_up = figure.measure.partition(":")
        if name == "change_pct":
            value = _change_pct(incidents, roll_up, figure)
        elif name == "incidents":
            value = _count(incidents[roll_up_mask(incidents, roll_up)], parse_period(figure.period))
        elif name == "communities":
            value = len(communities)
        elif name == "demonstration_sites":
            value = len(sites) or None
        elif name == "population":
            value = communities["population"].sum(min_count=1)
        else:
            value = _of_projects(projects, name, figure.period)
        if value is not None and not pd.isna(value):
            called, source = (stated(figure._asdict(), of, lang) for of in ("figure", "source"))
            rows.append((called, figure.period, figure.compare, figure.value, float(value), figure.unit, source))
    table = pd.DataFrame(rows, columns=["figure", "period", "compare", "value", "recomputed", "unit", "source"])
    digits = [len(f"{value:.10g}".partition(".")[2]) for value in table["value"]]
    difference = [round(r, d) - v for r, v, d in zip(table["recomputed"], table["value"], digits, strict=True)]
    table.insert(5, "difference", [round(d, 6) for d in difference])
    return table


def _change_pct(incidents: pd.DataFrame, roll_up: str, figure) -> float | None:
    rows = incidents[roll_up_mask(incidents, roll_up)]
    # As published: whatever was delivered, with whatever was.
    change = period_change(rows, figure.period, figure.compare, phi=1, missing=NOTHING).iloc[0]
    return 100 * change["estimate"] if change["current"] and change["reference"] else None


def _count(rows: pd.DataFrame, window: Period) -> int | None:
    """Return the incidents in a window, as they were delivered; nothing where there is none."""
    return int(rows.loc[in_window(rows, window), "incident_count"].sum()) or None


def published_totals(
    published: pd.DataFrame, incidents: pd.DataFrame, period: str | Period, roll_up: str = HEADLINE
) -> pd.DataFrame:
    """Which totals of the years before the data were published, for `change_verdicts` to know more earlier years by?

    Figures whose `measure` is `incidents:` and the roll-up. One row is one year, oldest first and without a gap up to
    the first that the incidents tell of. Columns: `year`, `value` (incidents in the same months of that year), `figure`
    and `source`. Where only totals of whole years were published they are brought to the same months by the share that
    these have in the first year of the data: their changes are those of whole years. Without a row where a published
    total of a year in the data is apart from what the data say by more than `published_totals_apart_pct`: another
    definition makes no earlier year.

    >>> published_totals(published, incidents, "2021-01/2021-09").empty  # none of the sample's years before 2018 is
    True
    """
    now, rows, columns = parse_period(period), in_category(incidents, roll_up), ["year", "value", "figure", "source"]
    figures = published[published["measure"].eq(f"incidents:{roll_up}") & published["period"].notna()]
    spans = [parse_period(period) for period in figures["period"]]
    figures = figures.assign(year=[span.first_day.year for span in spans], span=spans)
    first = same_months_of_years(rows, now)[0].first_day.year
    for window in (now, parse_period(now.first_day.year)):
        is_same = [row.span == window.in_year(row.year) for row in figures.itertuples()]
        same = figures[np.array(is_same, bool)]
        same = same.drop_duplicates("year").sort_values("year")
        counts = {year: _count(rows, window.in_year(year)) for year in {first, *same["year"]} if year >= first}
        before = same[same["year"].lt(first)]
        before = before[before["year"].eq(np.arange(first - len(before), first))]  # without a gap up to the data
        known = same_months_of_years(rows, window)[0].first_day.year == first and counts[first]
        if known and len(before) and not _is_apart(same, counts):
            share = _count(rows, now.in_year(first)) / counts[first]
            return before.assign(value=before["value"] * share)[columns].reset_index(drop=True)
    return figures[columns].iloc[:0]


def target_outlook(
    published: pd.DataFrame, incidents: pd.DataFrame, period: str | Period, missing: pd.DataFrame | None = None,
    lang: str = "zh",
) -> pd.DataFrame:  # fmt: skip
    """Will a target be met, if the rest of its window moves as what has passed did?

    Figures whose `measure` is `target:` and a roll-up (`value`: at most so many incidents in their window), or
    `target_change_pct:` (at most so much per cent more, -10 at least ten less, than in the year before). One row is one
    target that states its window, which has begun by the end of `period`. Columns: `figure` (in `lang`), `roll_up`,
    `window`, `target` (incidents), `current` (so far), `estimate` (at the end of the window: what has passed, and the
    rest of the year before times the change so far), `lower`, `upper` (95 %, by how months scatter; without the error
    of what nobody knows: that the rest may move otherwise), `flag`: `likely_met` (`upper` is within), `likely_missed`
    (`lower` is beyond), `open`, or `no_base` where the incidents do not tell of the year before.

    >>> target_outlook(published, incidents, "2021-01/2021-09").empty  # no target is published
    True
    """
    end, rows = parse_period(period).last_day, []
    targets = published["measure"].str.startswith("target", na=False) & published["period"].notna()
    for figure in published[targets].itertuples():
        how, _, code = figure.measure.partition(":")
        window, counted = parse_period(figure.period), in_category(incidents, code)
        if window.first_day > end:
            continue
        passed, whole = Period(window.first_day, min(window.last_day, end)), window.previous_year()
        before, current = _count(counted, whole), _count(counted, passed) or 0
        target = figure.value if how == "target" else (before or np.nan) * (1 + figure.value / 100)
        limits = _at_the_end(counted, passed, before, current, missing) if before else [np.nan] * 3
        flag = "no_base" if not before else "open"
        flag = "likely_met" if limits[2] <= target else "likely_missed" if limits[1] > target else flag
        rows.append((stated(figure._asdict(), "figure", lang), code, figure.period, target, current, *limits, flag))
    columns = ["figure", "roll_up", "window", "target", "current", "estimate", "lower", "upper", "flag"]
    return pd.DataFrame(rows, columns=columns)


def _at_the_end(
    incidents: pd.DataFrame, passed: Period, before: int, current: int, missing: pd.DataFrame | None
) -> list[float]:
    """Return what the end of a window is expected to bring, with its limits."""
    change = period_change(incidents, passed, passed.previous_year(), missing=missing).iloc[0]
    rest = (before - (_count(incidents, passed.previous_year()) or 0)) * (1 + change["estimate"])
    ratio = np.log1p(change["upper"]) - np.log1p(change["lower"])  # both sides
    half = np.sqrt(1.96**2 * change["phi"] * rest + (rest * ratio / 2) ** 2)
    return [current + rest, current + rest - half, current + rest + half]


def _is_apart(totals: pd.DataFrame, counts: dict[int, int | None]) -> bool:
    """Return whether a published total of a year in the data is not what the data say."""
    counted = totals["year"].map(counts)
    return bool((100 * (totals["value"] / counted - 1).abs()).gt(threshold("published_totals_apart_pct")).any())


def _of_projects(projects: pd.DataFrame, measure: str, period: str) -> float | None:
    """Return a measure of the projects that started in a period: `projects`, `projects_KIND`, `share_KIND_pct`."""
    window = parse_period(period)
    first, last = pd.Timestamp(window.first_day), pd.Timestamp(window.last_day)
    started = projects[projects["started_on"].between(first, last)]
    if started.empty:
        return None
    if measure == "projects":
        return len(started)
    kind = measure.removeprefix("projects_").removeprefix("share_").removesuffix("_pct")
    flags = took_part(started, kind).dropna()
    if flags.empty:
        return None
    return flags.sum() if measure.startswith("projects_") else 100 * flags.mean()
