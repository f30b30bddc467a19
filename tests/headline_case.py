"""How notebook 03 opens, as its first cells compute it."""

from src import analysis as la
from src.reports.findings import trends

HEADLINE = "criminal_and_public_security"


def computed(report):
    """Return how the headline moved and the key indicators."""
    reports = report.comparable(la.in_category(report.incidents, HEADLINE))
    change = la.period_change(reports, report.period, report.baseline, **report.judged_with(HEADLINE))
    context = report.judged_with()
    rows = report.comparable(report.incidents)
    return change, la.key_indicators(rows, report.period, report.baseline, **context)


def opening_of(report):
    return trends.opening(report, *computed(report))
