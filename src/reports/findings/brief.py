"""How 06 opens: what is told of a community in public, by quarter, or the sentence that nothing is."""

from typing import TYPE_CHECKING

from src.analysis.charts.words import quarter_name
from src.codebook.vocabulary import current, enumerated, label, sentence
from src.reports.findings.ranked import Opening

if TYPE_CHECKING:
    import pandas as pd

    from src.reports.context.run import Run

QUARTERS_A_YEAR = 4


def told_of(run: "Run") -> "pd.DataFrame":
    """Return the quarters of the roll-ups that are told of the community."""
    return run.quarters.dropna(subset="n").reset_index(drop=True)


def opening(run: "Run") -> Opening:
    """Return how the page opens: the last quarter of each roll-up that is told, beside the year before."""
    title, told = sentence("brief_title", run.lang, area=run.name), told_of(run)
    if told.empty:
        return title, sentence("brief_none", run.lang, area=run.name), [], []
    said, figures = [], []
    for code, rows in told.groupby("roll_up", sort=False):
        rule = current().roll_ups[code]
        name, unit = rule[run.lang], rule[f"unit_{run.lang}"]
        now, before = int(rows["n"].iloc[-1]), rows["n"].iloc[:-QUARTERS_A_YEAR].tail(1)
        words = {"name": name, "unit": unit, "n": now, "before": "".join(map(str, before))}
        said.append(sentence("brief_told" if len(before) else "brief_told_alone", run.lang, **words))
        figures.append((name, sentence("number_with_unit", run.lang, number=f"{now:,}", unit=unit), ""))
    words = {"area": run.name, "told": enumerated(said, run.lang, "statements")}
    words["quarter"] = quarter_name(told["quarter"].iloc[-1], run.lang)
    return title, sentence("brief_key", run.lang, **words), figures, []


def withheld(run: "Run") -> str:
    """Return in words which roll-ups are not told of the community; empty where all are."""
    missing = run.quarters[run.quarters["n"].isna()]["roll_up"].unique()
    names = enumerated((label("roll_up", code, run.lang) for code in missing), run.lang)
    return sentence("brief_withheld", run.lang, names=names) if names else ""


def projects_on_record(run: "Run") -> str:
    """Say how many governance projects the community has, or that no register was delivered."""
    key = "brief_projects" if run.was_delivered("projects") else "brief_no_register"
    return sentence(key, run.lang, n=len(run.projects))
