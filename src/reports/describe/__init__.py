"""What stands beside each chart, from its frame alone: `describe.monthly(table, lang)` and its like return `Words`."""

from src.reports.describe.areas import (
    area_changes,
    contributions,
    funnel,
    hotspot_persistence,
    incident_rate,
    lorenz_curve,
    rates_map,
    share_differences,
    shrunken_rates,
    tile_map,
)
from src.reports.describe.coverage import coverage_gap, coverage_totals, similar_communities, typical_cases
from src.reports.describe.effect import effect_checks, effects_by_field, event_study, permutations
from src.reports.describe.overview import (
    bulletin,
    index_of_places,
    key_indicators,
    overview_lines,
    targets,
    verdict_matrix,
)
from src.reports.describe.participation import (
    participation_overlap,
    participation_rate,
    project_starts,
    projects_by_community,
)
from src.reports.describe.quality import delivered_months, line_waterfall
from src.reports.describe.trends import (
    daily_averages,
    monthly,
    moving_annual_total,
    petitions,
    quarters,
    seasonally_adjusted,
    weekday_hours,
)
from src.reports.describe.words import Words

__all__ = [
    "Words", "area_changes", "bulletin", "contributions", "coverage_gap", "coverage_totals", "daily_averages",
    "delivered_months", "effect_checks", "effects_by_field", "event_study", "funnel", "hotspot_persistence",
    "incident_rate", "index_of_places", "key_indicators", "line_waterfall", "lorenz_curve", "monthly",
    "moving_annual_total", "overview_lines", "participation_overlap", "participation_rate", "permutations",
    "petitions", "project_starts", "projects_by_community", "quarters", "rates_map", "seasonally_adjusted",
    "share_differences", "shrunken_rates", "similar_communities", "targets", "tile_map", "typical_cases",
    "verdict_matrix", "weekday_hours",
]  # fmt: skip
