"""How 06 opens: what is told of a community in public, by quarter, or the sentence that nothing is."""

from typing import TYPE_CHECKING

from src.analysis.charts.labels import quarter_name
from src.codebook.vocabulary import current, enumerated, label, sentence
from src.reports.findings.ranked import Opening

if TYPE_CHECKING:
    import pandas as pd

    from src.reports.report import Report

QUARTERS_A_YEAR = 4


def told_of(report: "Report") -> "pd.DataFrame":
    """Return the quarters of the roll-ups that are told of the community."""
    return report.quarters.dropna(subset="n").reset_index(drop=True)


def opening(report: "Report") -> Opening:
    """Return how the page opens: the last quarter of each roll-up that is told, beside the year before."""
    title, told = sentence("brief_title", report.lang, area=report.name), told_of(report)
    if told.empty:
        return Opening(sentence("brief_none", report.lang, area=report.name), [], [], title)
    said, figures = [], []
    for code, rows in told.groupby("roll_up", sort=False):
        rule = current().roll_ups[code]
        name, unit = rule[report.lang], rule[f"unit_{report.lang}"]
        now, before = int(rows["n"].iloc[-1]), rows["n"].iloc[:-QUARTERS_A_YEAR].tail(1)
        words = {"name": name, "unit": unit, "n": now, "before": "".join(map(str, before))}
        said.append(sentence("brief_told" if len(before) else "brief_told_alone", report.lang, **words))
        figures.append((name, sentence("number_with_unit", report.lang, number=f"{now:,}", unit=unit), ""))
    words = {"area": report.name, "told": enumerated(said, report.lang, "statements")}
    words["quarter"] = quarter_name(told["quarter"].iloc[-1], report.lang)
    return Opening(sentence("brief_key", report.lang, **words), figures, [], title)


def withheld(report: "Report") -> str:
    """Return in words which roll-ups are not told of the community; empty where all are."""
    missing = report.quarters[report.quarters["n"].isna()]["roll_up"].unique()
    names = enumerated((label("roll_up", code, report.lang) for code in missing), report.lang)
    return sentence("brief_withheld", report.lang, names=names) if names else ""


def projects_on_record(report: "Report") -> str:
    """Say how many governance projects the community has, or that no register was delivered."""
    key = "brief_projects" if report.was_delivered("projects") else "brief_no_register"
    return sentence(key, report.lang, n=len(report.projects))
