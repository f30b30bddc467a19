"""Who takes part in community governance in a district, and do incidents fall.

Everything here is loaded on first use, so that importing the package costs nothing. See the README, "In Python".
"""

import importlib
import sys
from typing import Any

# jsonschema (under nbformat) tries this for URI formats, which no schema here has; importing it takes 4 s.
sys.modules.setdefault("rfc3987_syntax", None)

_EXPORTS = {
    "areas": ("AreaError",),
    "clean": ("Reading", "UnreadableFile", "read_table"),
    "folders": ("DataRefused", "Locked"),
    "store": ("BuildSummary", "build"),
    "loading": (
        "load_communities", "load_incidents", "load_projects", "load_published_figures", "load_set_aside", "load_sites",
    ),
    "stats.proportions": (
        "overlap_bounds", "participation_overlap", "participation_rate", "project_starts", "projects_by_community",
        "proportion_difference", "share_differences", "who_took_part", "wilson_interval",
    ),
    "stats.counts": ("count_ratio", "monthly_counts", "poisson_e_test", "rate_interval"),
    "stats.changes": ("area_changes", "bulletin", "contributions", "period_change"),
    "stats.profiles": ("petitions_by_channel", "weekday_hours"),
    "stats.published": ("recomputed_figures",),
    "stats.cases": ("typical_cases",),
    "stats.coverage": ("coverage_gap", "coverage_totals"),
    "stats.lists": ("three_lists",),
    "stats.shrinkage": ("shrunken_rates",),
    "stats.similar": ("similar_communities",),
    "stats.effect": ("event_study", "programme_effect"),
    "stats.effect_checks": ("effect_checks", "effect_studies", "effects_by_field"),
    "stats.interventions": ("interrupted_series", "weighted_displacement_difference"),
    "stats.season": ("moving_annual_total", "seasonally_adjusted"),
    "stats.xmr": ("xmr",),
    "stats.funnel": ("funnel",),
    "stats.rates": ("incident_rate",),
    "stats.comparable": ("not_delivered",),
    "stats.concentration": ("concentration", "hotspot_persistence", "lorenz_curve"),
    "stats.quality": ("delivered_months", "line_waterfall", "reporting_completeness"),
    "charts.quality": ("plot_delivered_months", "plot_line_waterfall"),
    "charts.coverage": (
        "plot_coverage_gap", "plot_coverage_totals", "plot_similar_communities", "plot_typical_cases",
    ),
    "charts.participation": (
        "plot_participation_overlap", "plot_participation_rate", "plot_project_starts", "plot_projects_by_community",
    ),
    "charts.trends": ("plot_monthly_counts", "plot_petitions", "plot_weekday_hours"),
    "charts.changes": ("plot_area_changes", "plot_contributions"),
    "charts.areas": ("plot_funnel", "plot_incident_rate", "plot_share_differences", "plot_shrunken_rates"),
    "charts.effect": ("plot_effect_checks", "plot_effects_by_field", "plot_event_study", "plot_permutations"),
    "charts.levels": ("plot_moving_annual_total", "plot_seasonally_adjusted", "plot_xmr"),
    "charts.quarters": ("plot_quarters",),
    "charts.spread": ("plot_hotspot_persistence", "plot_lorenz_curve"),
    "charts.show": ("show",),
    "charts.style": ("annotate",),
}  # fmt: skip
_MODULES = {name: module for module, names in _EXPORTS.items() for name in names}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    thing = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    if _MODULES[name].startswith(("stats.", "charts.")):
        from src.analysis.interface import checked

        thing = checked(thing)
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
