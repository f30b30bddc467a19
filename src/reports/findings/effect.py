"""How 04 opens and what it found; the word for an effect is used only where no check speaks against it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from src.analysis.stats.effect import effect_months
from src.analysis.stats.effect_checks import BY_CHANCE, Study, effects_by_field
from src.codebook.periods import Period
from src.codebook.vocabulary import enumerated, label, sentence, threshold
from src.reports.describe.effect import difference_text, outcome_of
from src.reports.describe.words import counts_text, interval_text, p_text
from src.reports.findings import Finding, Opening, finding, key_findings, sureness

CENTRAL = "public_security"  # the field that the published fall is of
UNSEEN = {*BY_CHANCE, "interval"}


def months_of(incidents: pd.DataFrame, projects: pd.DataFrame, period: Period, held: Period) -> Period:
    """Return the months that 04 looks at: from January two years before the first start to the end of the period.

    Not from before those that the data hold (`held`): a month that nobody delivered is no zero.
    """
    last = period.last_day
    if not Period(last.replace(day=1), last).whole_months:
        last = last.replace(day=1) - pd.Timedelta(days=1)
    first = max(effect_months(incidents, projects).first_day, held.first_day)
    return Period(min(first, last.replace(day=1)), last)


def central(studies: dict[str, Study]) -> Study:
    """Return the study that the page shows in full: public security, else the first field that can be estimated."""
    able = [study for study in studies.values() if study.reasons != ["too_few"]]
    return next((s for s in able if s.field == CENTRAL), able[0] if able else next(iter(studies.values())))


def verdict(study: Study, lang: str) -> str:
    """Return what may be said of a field in one sentence, with what stands in the way where something does."""
    effect, reasons = study.effect.iloc[0], study.reasons
    words = {"field": label("field", study.field, lang), "outcome": outcome_of(study.field, lang), "x": effect["x"]}
    if reasons == ["too_few"]:
        words |= {"least": int(threshold("min_treated_for_effect")), "without": effect["n"] - effect["x"]}
        words["least_without"] = int(threshold("min_untreated_for_effect"))
        return sentence("effect_verdict.too_few", lang, **words)
    check = study.checks.set_index("check")
    words |= {"text": difference_text(effect["estimate_pct"], lang)}
    words |= {"interval": interval_text(effect["lower_pct"], effect["upper_pct"], lang, "interval_difference")}
    words |= {"lead": difference_text(check.loc["lead_bin", "estimate_pct"], lang)}
    words |= {"placebo": difference_text(check.loc["placebo_outcome", "estimate_pct"], lang)}
    words |= {f"{name}_p": p_text(check.loc[name, "p"], lang) for name in ("leads", *BY_CHANCE)}
    words |= {"least": 100 * effect["detectable_pct"], "line": difference_text(_with_line(check), lang)}
    key = "unseen" if "interval" in reasons and set(reasons) <= UNSEEN else "withheld" if reasons else "earned"
    if "rise" in reasons:
        key, reasons = "rise", [reason for reason in reasons if reason not in {"rise", *BY_CHANCE}]
    listed = [sentence("effect_reason", lang, case=reason, **words) for reason in reasons]
    words["besides"] = sentence("effect_besides", lang) if listed else ""
    return sentence("effect_verdict", lang, case=key, **words, reasons=sentence("effect_and", lang).join(listed))


def _with_line(check: pd.DataFrame) -> float:
    return check.loc["sign_flips_trend", "estimate_pct"]


def opening(studies: dict[str, Study], months: Period, planted: dict[str, float], lang: str, lacking: str) -> Opening:
    """Return how 04 opens: its title, the sentence to remember, few figures, and the key findings.

    `planted`: what made-up data were drawn with; `lacking`: what was not delivered (`Report.lacking`).
    """
    study, title = central(studies), sentence("effect_page", lang)
    if lacking:
        return Opening(sentence("effect_lacks", lang, case=lacking), [], [], title)
    effect, findings = study.effect.iloc[0], key_findings(found(studies, lang), lang)
    places = sentence("effect_places_verdict", lang, n=effect["n"])
    figures = [(sentence("effect_places_figure", lang), f"{effect['x']:,}", places)]
    if study.reasons != ["too_few"]:
        naive = study.checks.set_index("check").loc["naive", "estimate_pct"]
        flag = label("flag", "withheld" if study.reasons else "earned", lang)
        truth = planted.get(study.field)
        key = "effect_key_figure" if truth is None else "effect_key_figure_planted"
        beside = sentence(key, lang, verdict=flag, planted=difference_text(np.expm1(truth or 0), lang))
        figures.insert(0, (label("field", study.field, lang), difference_text(effect["estimate_pct"], lang), beside))
        if pd.notna(naive):
            words = sentence("effect_naive_verdict", lang)
            figures.insert(1, (sentence("effect_naive_figure", lang), difference_text(naive, lang), words))
    key = sentence("effect_key", lang, window=months.label(lang), verdict=verdict(study, lang))
    return Opening(key, figures, findings, title)


def found(studies: dict[str, Study], lang: str) -> Iterator[Finding | None]:
    """Yield what 04 found; nothing more where there are too few communities."""
    study = central(studies)
    for one in studies.values():
        if one is not study and one.reasons != ["too_few"]:
            sure = "unclear" if "interval" in one.reasons else "clear"
            yield finding("effect", lang, matters=0.5, sure=sure, verdict=verdict(one, lang))
    if study.reasons == ["too_few"]:
        return
    effect, check = study.effect.iloc[0], study.checks.set_index("check")
    yield _fields(studies, lang)
    bin_, leads = check.loc["lead_bin"], check.loc["leads"]
    words = {"alike": sentence("moved_apart" if leads["flag"] else "moved_alike", lang)}
    words |= {"leads_p": p_text(leads["p"], lang), "lead": difference_text(bin_["estimate_pct"], lang)}
    words |= {"interval": interval_text(bin_["lower_pct"], bin_["upper_pct"], lang, "interval_difference")}
    yield finding("effect_before", lang, matters=0.95 if leads["flag"] else 0.7, **words)
    if pd.notna(check.loc["naive", "estimate_pct"]):
        both = {
            "naive": difference_text(check.loc["naive", "estimate_pct"], lang),
            "text": difference_text(effect["estimate_pct"], lang),
        }
        sure = sureness(effect["lower"], effect["upper"])
        yield finding("effect_naive", lang, matters=0.9, sure="clear" if sure == "clear" else "unclear", **both)


def _fields(studies: dict[str, Study], lang: str) -> Finding:
    table = effects_by_field(studies)
    table = table[table["flag"].ne("too_few")]
    fields = {flag: table.loc[table["flag"].eq(flag), "field"] for flag in ("earned", "withheld")}
    lists = {flag: enumerated((label("field", field, lang) for field in some), lang) for flag, some in fields.items()}
    counted = counts_text({flag: len(some) for flag, some in fields.items()}, "fields", lang, lists)
    return finding("effect_fields", lang, matters=1.0, counted=counted)


def planted(table: pd.DataFrame, lang: str) -> str:
    """Return what was planted in synthetic data, beside how many intervals hold it; a word where nothing was."""
    if "planted_pct" not in table:
        return sentence("effect_not_planted", lang)
    known = table[table["planted_pct"].notna() & table["estimate_pct"].notna()]
    held = known["planted_pct"].between(known["lower_pct"], known["upper_pct"])
    listed = [
        sentence(
            "effect_planted_one",
            lang,
            field=label("field", row.field, lang),
            text=difference_text(row.planted_pct, lang),
        )
        for row in known.itertuples()
    ]
    return sentence("effect_planted", lang, listed=enumerated(listed, lang), n=len(known), k=int(held.sum()))


def listed_checks(study: Study) -> pd.DataFrame:
    """Return the main estimate and its checks as one table for the page."""
    main = study.effect.assign(check="effect", flag="")
    checks = study.checks
    judged = checks["p"].notna() & checks["check"].ne("with_leads") & checks["flag"].eq("")
    checks = checks.assign(flag=checks["flag"].mask(judged, "passes"))
    rows = pd.concat([main, checks]) if len(checks) else main
    return rows[["check", "estimate_pct", "lower_pct", "upper_pct", "p", "flag"]].reset_index(drop=True)
