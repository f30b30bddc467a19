"""How 01 opens and what it found: why records were set aside, where most, who is missing, how late a month is."""

import datetime as dt
from collections.abc import Iterator

import pandas as pd

from src.analysis.charts.labels import month_name, with_place_names
from src.analysis.stats.intervals import wilson_interval
from src.codebook import vocabulary
from src.codebook.vocabulary import enumerated, label, sentence
from src.ingest.cleaning.personal import mask, mask_cell
from src.ingest.result import records_by
from src.reports.findings import Finding, Opening, finding, key_findings

COUNTED = ("delivered", "clean", "duplicate", "quarantined")


def opening(
    files: pd.DataFrame,
    delivered: pd.DataFrame,
    set_aside: pd.DataFrame,
    months: pd.DataFrame,
    late: pd.DataFrame,
    as_of: dt.date,
    lang: str,
) -> Opening:
    """Return how 01 opens: what was delivered and what of it is used.

    `files`: records by file; `delivered`: the files (`deliveries`); `set_aside`: the `reasons`; `months`: who delivered
    which (`delivered_months`); `late`: of what happened in a month what is known by `as_of`
    (`reporting_completeness`).
    """
    words = {name: int(files[name].sum()) for name in COUNTED}
    words |= {"records": words["delivered"], "files": len(delivered)}
    words["clean_pct"] = 100 * words["clean"] / max(words["delivered"], 1)
    figures = [
        (sentence("column.clean", lang), f"{words['clean']:,}", f"{words['clean_pct']:.1f}%"),
        (sentence("column.duplicate", lang), f"{words['duplicate']:,}", ""),
        (sentence("column.quarantined", lang), f"{words['quarantined']:,}", ""),
    ]
    found = [*_set_aside(files, set_aside, lang), *_missing(months, lang), _late(late, as_of, lang)]
    findings = key_findings(found, lang)
    return Opening(sentence("quality_key", lang, **words), figures, findings, sentence("quality_title", lang))


def _set_aside(files: pd.DataFrame, reasons: pd.DataFrame, lang: str) -> Iterator[Finding]:
    n = {name: int(files[name].sum()) for name in ("delivered", "duplicate", "quarantined")}
    if len(reasons):
        first = reasons.iloc[0]
        share = first["count"] / n["quarantined"]
        words = {"quarantined": n["quarantined"], "count": int(first["count"]), "pct": 100 * share}
        yield finding("reason", lang, matters=0.8 * share, **words, reason=_ended(first["reason"], lang))
    files = files[files["quarantined"].gt(0)]
    if len(files):
        worst = files.loc[files["quarantined_share"].idxmax()]
        share = wilson_interval(int(worst["quarantined"]), int(worst["delivered"]))
        shown = {name: 100 * getattr(share, name) for name in ("lower", "upper")} | {"pct": 100 * share.estimate}
        words = {"file": worst["file"], "x": int(worst["quarantined"]), "n": int(worst["delivered"])}
        yield finding("worst_file", lang, matters=0.6, **words, **shown)
    if n["duplicate"]:
        pct = 100 * n["duplicate"] / n["delivered"]
        yield finding("duplicates", lang, matters=0.3, duplicate=n["duplicate"], pct=pct)


def _ended(text: str, lang: str) -> str:
    return text if text.endswith(("。", ".")) else text + ("。" if lang == "zh" else ".")


def _missing(months: pd.DataFrame, lang: str) -> Iterator[Finding]:
    if not months["count"].sum():  # no record names a street
        return
    missing = months[months["flag"].eq("missing")]
    ends = {"first": month_name(months["month"].min(), lang), "last": month_name(months["month"].max(), lang)}
    never = with_place_names(months[months["flag"].eq("never")].drop_duplicates(["street", "source"]), lang)
    if len(never):
        names = never["street"] + " " + [label("source", source, lang) for source in never["source"]]
        yield finding("never", lang, matters=0.95, listed=enumerated(names, lang), **ends)
    if len(missing):
        listed = enumerated(with_place_names(missing, lang)["street"].unique(), lang)
        yield finding("missing", lang, matters=0.9, count=len(missing), listed=listed, **ends)
    elif never.empty:
        yield finding("none_missing", lang, matters=0.4, **ends)


def _late(months: pd.DataFrame, as_of: dt.date, lang: str) -> Finding | None:
    known = months.dropna(subset="estimate")
    if known.empty:
        return None
    last = known.iloc[-1]
    verdict = sentence("month_incomplete" if last["flag"] else "month_complete", lang)
    words = {"month": month_name(last["month"], lang), "as_of": as_of, "pct": 100 * last["estimate"]}
    return finding("late", lang, matters=0.7 if last["flag"] else 0.35, **words, verdict=verdict)


def records_by_file(ledger: pd.DataFrame) -> pd.DataFrame:
    """What of each file is used?

    One row is one sheet of a file. Columns: `table`, `file`, `sheet`, `delivered`, `clean`, `duplicate`, `quarantined`
    (records) and `quarantined_share`.
    """
    table = records_by(ledger, ["table", "file", "sheet"])
    return table.assign(quarantined_share=table["quarantined"] / table["delivered"].where(table["delivered"] > 0))


def reasons(quarantined: pd.DataFrame, lang: str = "zh", most: int = 40) -> pd.DataFrame:
    """Why were records set aside?

    One row is one reason in one column of one table, the most frequent first. Columns: `table`, `column`, `reason` (of
    the first such record), `count`, and where that first record stands: `file`, `line`, `value` (masked).
    """
    reason = "reason_zh" if lang == "zh" else "reason"
    grouped = quarantined.groupby(["table", "code", "column"], sort=False)
    found = grouped[["file", "line", "value", reason]].first().assign(count=grouped.size()).reset_index()
    found["value"] = [mask_cell(str(value)) for value in found["value"]]
    found["file"] = [mask(file) for file in found["file"]]
    if lang == "zh":
        headers = vocabulary.current().headers
        spoken = zip(found["table"], found["column"], strict=True)
        found["column"] = [headers[table].get(column, [column])[0] for table, column in spoken]
    found = found.sort_values("count", ascending=False, kind="stable").head(most).drop(columns=["code"])
    return found.rename(columns={reason: "reason"})[["table", "column", "reason", "count", "file", "line", "value"]]


def deliveries(described: list[dict], lang: str = "zh") -> pd.DataFrame:
    """Which files are these numbers made from?

    `described`: what a build says of each (`BuildSummary.deliveries`). One row is one delivered file. Columns: `file`,
    `table`, `publisher` (named in `lang`), `received`, `kilobytes`, `sha256` (the first 12 characters).
    """
    publishers = [vocabulary.stated(one, "publisher", lang) for one in described]
    names = ["file", "table", "publisher", "received", "bytes", "sha256"]
    rows = pd.DataFrame(described, columns=names).assign(publisher=publishers).astype({"bytes": "float64"})
    rows = rows.assign(bytes=(rows["bytes"] / 1024).round().astype("int64"), sha256=rows["sha256"].str[:12])
    rows["received"] = pd.to_datetime(rows["received"].replace("", None))
    return rows.rename(columns={"bytes": "kilobytes"})
