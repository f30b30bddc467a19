"""How notebook 03 opens, as its first cells compute it."""

from src import analysis as la
from src.reports.findings import definition, leaders, trends

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


def questions_of(report):
    return leaders.leaders_questions(report.changes_asked, report.windows)


def checks_of(report):
    now, delivered = report.in_period(report.incidents), report.windows_delivered
    asked = (report.changes_asked, now, report.places_changed, delivered, report.province)
    return definition.definition_check(*asked, report.windows, report.name)
