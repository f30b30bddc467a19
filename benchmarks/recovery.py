"""Does notebook 04 find the effect that was planted, and none where none was?

Draws synthetic districts (`effect`, `placebo`, `rtm_trap`), estimates the public-security effect of each with all its
checks, and writes one row per district to docs/recovery.csv and the summary to docs/recovery.md.

    ./run python benchmarks/recovery.py                # 100 + 100 + 20 districts: half an hour
    ./run python benchmarks/recovery.py --summary      # the summary alone, from docs/recovery.csv
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small matrices: more threads only get in each other's way

import numpy as np
import pandas as pd
from scipy.stats import f

from src.analysis.stats.effect import FIRST_LEAD
from src.analysis.stats.effect_checks import effect_study
from src.analysis.stats.panel import counts_by_field, effect_months, field_panel
from src.analysis.stats.ppml import fit, phases
from src.codebook import paths
from tools.sample.world import calibration, draw_world

FIELD = "public_security"
SEEDS = {"effect": 100, "placebo": 100, "rtm_trap": 20}
DOCS = paths.ROOT / "docs"


def studied(variant: str, seed: int) -> dict:
    """Return what the notebook would say of one drawn district."""
    world = draw_world(variant, seed)
    study = effect_study(world.incidents, world.projects, FIELD)
    check = study.checks.set_index("check")
    return {
        "variant": variant,
        "seed": seed,
        "truth": world.truth[FIELD],
        **study.effect.iloc[0][["estimate", "lower", "upper", "p"]],
        **{f"{name}_p": check.loc[name, "p"] for name in ("leads", "placebo_outcome", "placebo_dates", "permutation")},
        "leads_wald_p": wald_of_leads(world),
        "lead_bin": check.loc["lead_bin", "estimate"],
        "with_leads": check.loc["with_leads", "estimate"],
        "reasons": " ".join(study.reasons),
    }


def wald_of_leads(world) -> float:
    """Return the p of no difference in the six months before, by the test that the notebook does not use."""
    months = effect_months(world.incidents, world.projects)
    cells = field_panel(counts_by_field(world.incidents), world.projects, FIELD, months).cells()
    cells[["full", "early"]] = phases(cells["event"].to_numpy()).T
    leads = [f"lead{-month}" for month in range(FIRST_LEAD, 0)]
    cells = cells.assign(**{name: cells["event"].eq(-int(name[4:])).astype("float64") for name in leads})
    coefficients, covariance = fit(cells, ["full", "early", *leads])
    statistic = coefficients[leads] @ np.linalg.solve(covariance.loc[leads, leads], coefficients[leads]) / len(leads)
    return float(f.sf(statistic, len(leads), cells["place"].nunique() - 1))


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per variant: how the estimates lie about the truth, and how often each check speaks."""
    rows = rows[rows["seed"].ne(calibration()["seed"])]
    marked = rows.assign(
        covers=rows["lower"].le(rows["truth"]) & rows["upper"].ge(rows["truth"]),
        rejects=rows["p"].lt(0.05),
        permutation=rows["permutation_p"].le(0.05),
        leads=rows["leads_p"].le(0.05),
        wald=rows["leads_wald_p"].le(0.05),
        outcome=rows["placebo_outcome_p"].le(0.05),
        dates=rows["placebo_dates_p"].le(0.05),
        worded=rows["reasons"].fillna("").eq(""),
        mean_reversion=rows["reasons"].fillna("").str.contains("regression_to_the_mean"),
    )
    found = marked.groupby("variant", sort=False)
    return found.agg(
        districts=("seed", "size"),
        truth=("truth", "first"),
        mean=("estimate", "mean"),
        sd=("estimate", "std"),
        covers=("covers", "sum"),
        rejects=("rejects", "sum"),
        permutation=("permutation", "sum"),
        leads=("leads", "sum"),
        wald=("wald", "sum"),
        outcome=("outcome", "sum"),
        dates=("dates", "sum"),
        worded=("worded", "sum"),
        mean_reversion=("mean_reversion", "sum"),
        with_leads=("with_leads", "mean"),
    )


LABELS = {
    "districts": "districts drawn",
    "truth": "planted effect (log points)",
    "mean": "mean estimate",
    "sd": "standard deviation of the estimates",
    "covers": "95 % interval holds the truth",
    "rejects": "95 % interval excludes 0",
    "permutation": "permutation p at most 0.05",
    "leads": "leads reject",
    "wald": "leads would reject by a Wald test",
    "outcome": "placebo outcome moves",
    "dates": "placebo dates move",
    "worded": "the word effect is used",
    "mean_reversion": "regression to the mean is named",
    "with_leads": "mean estimate with leads in the model",
}


def page(rows: pd.DataFrame) -> str:
    """Return the summary as Markdown."""
    table = summary(rows)
    committed = rows[rows["seed"].eq(calibration()["seed"])].iloc[0]

    def cell(name: str, value: float) -> str:
        return f"{value:.3f}" if name in ("truth", "mean", "sd", "with_leads") else f"{value:.0f}"

    lines = [f"| | {' | '.join(table.index)} |", "|---" * (len(table) + 1) + "|"]
    lines += [
        f"| {label} | {' | '.join(cell(name, value) for value in table[name])} |" for name, label in LABELS.items()
    ]
    listed, (leads, wald) = "\n".join(lines), table.loc["placebo", ["leads", "wald"]]
    own = f"{committed['estimate']:.3f} ({committed['lower']:.3f} to {committed['upper']:.3f})"
    return f"""# Does notebook 04 find what was planted?

Synthetic districts with seeds from 0, each put through the whole of `04` for public security (`benchmarks/recovery.py`;
one row per district in `recovery.csv`). The committed sample's own draw (seed {committed["seed"]}) gives
{own} for a planted {committed["truth"]:.2f}.

{listed}

Where nothing was planted, the joint test of the leads should reject in 5 of 100; it rejects in {leads:.0f}. It is the
score test robust to clustering, where a Wald test of the same six months, with errors clustered by community, would
reject in {wald:.0f}. Of the districts with an effect, {table.loc["effect", "worded"]:.0f} of 100 earn the word.
"""


def main() -> None:
    """Draw, estimate, write; every finished district is kept, so that an interrupted run goes on."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--summary", action="store_true")
    kept = DOCS / "recovery.csv"
    wanted = [("effect", calibration()["seed"])]
    wanted += [(variant, seed) for variant, size in SEEDS.items() for seed in range(size)]
    if not parser.parse_args().summary:
        for variant, seed in wanted:
            done = pd.read_csv(kept) if kept.exists() else pd.DataFrame(columns=["variant", "seed"])
            if not (done["variant"].eq(variant) & done["seed"].eq(seed)).any():
                row = pd.DataFrame([studied(variant, seed)]).round(5)
                row.to_csv(kept, mode="a", header=not kept.exists(), index=False, lineterminator="\n")
    (DOCS / "recovery.md").write_text(page(pd.read_csv(kept)), encoding="utf-8")


if __name__ == "__main__":
    main()
