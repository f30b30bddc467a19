"""Who takes part in community governance in a district, and do incidents fall.

Everything here is loaded on first use, so that importing the package costs nothing. See the README, "In Python".
"""

import importlib
import sys
from typing import Any

# jsonschema (under nbformat) tries this for URI formats, which no schema here has; importing it takes 4 s.
sys.modules.setdefault("rfc3987_syntax", None)

# Each module with the names that it gives.
_EXPORTS = """
analysis.areas: AreaError
ingest.load: LoadResult UnreadableFile read_table
ingest.folders: DataRefused Locked
ingest.store: BuildSummary build
analysis.loading: load_boundaries load_communities load_incidents load_projects load_published_figures load_set_aside
    load_sites
analysis.stats.proportions: overlap_bounds participation_overlap participation_rate project_starts
    projects_by_community share_differences who_took_part
analysis.stats.intervals: Estimate count_ratio poisson_e_test proportion_difference rate_interval wilson_interval
analysis.exports: connect export in_words
analysis.stats.counts: in_category monthly_counts
analysis.stats.changes: area_changes bulletin contributions period_change
analysis.stats.overview: indicator_months key_indicators kind_changes overview verdict_matrix
analysis.stats.verdicts: change_verdicts
analysis.stats.distribution: concentration hotspot_persistence lorenz_curve petitions_by_channel weekday_hours
analysis.stats.published: published_totals recomputed_figures target_outlook
analysis.stats.similar: similar_communities typical_cases
analysis.stats.coverage: coverage_gap coverage_totals three_lists
analysis.stats.rates: funnel incident_rate monthly_rates observed_to_expected shrunken_rates
analysis.stats.effect: event_study programme_effect
analysis.stats.effect_checks: effect_checks effect_studies effects_by_field
analysis.stats.time_series: daily_averages moving_annual_total seasonally_adjusted special_months xmr
analysis.stats.delivery: delivered_months dispersion line_waterfall not_delivered reporting_completeness
analysis.charts.projects: plot_coverage_gap plot_coverage_totals plot_effect_checks plot_effects_by_field
    plot_event_study plot_participation_overlap plot_participation_rate plot_permutations plot_project_starts
    plot_projects_by_community plot_similar_communities plot_typical_cases
analysis.charts.trends: plot_daily_averages plot_delivered_months plot_line_waterfall plot_monthly_counts
    plot_moving_annual_total plot_petitions plot_quarters plot_seasonally_adjusted plot_weekday_hours
analysis.charts.areas: plot_area_changes plot_contributions plot_funnel plot_hotspot_persistence plot_incident_rate
    plot_lorenz_curve plot_share_differences plot_shrunken_rates
analysis.charts.maps: plot_map plot_tile_map
analysis.charts.style: use_style
"""
_MODULES: dict[str, str] = {}
for _word in _EXPORTS.split():
    if _word.endswith(":"):
        _module = _word[:-1]
    else:
        _MODULES[_word] = _module
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    thing = getattr(importlib.import_module(f"src.{_MODULES[name]}"), name)
    if _MODULES[name].startswith(("analysis.stats.", "analysis.charts.")):
        from src.analysis.interface import checked

        thing = checked(thing)
    elif name.startswith("load_"):
        from src.analysis.loading import with_columns

        thing = with_columns(thing)
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    return sorted(_MODULES)
