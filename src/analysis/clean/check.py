"""What `check` prints of one file: the ledger, what was set aside and why, and what would mend it."""

from pathlib import Path

from src.analysis.clean.personal import mask_cell
from src.analysis.clean.reading import Reading


def report_on(reading: Reading, path: Path, most: int = 10) -> str:
    """Return the findings about a file as text; values are masked."""
    lines = [f"{path.name} → {reading.table}", ""]
    for (sheet, counted), rows in reading.ledger.groupby(["sheet", "counted"], sort=False):
        what = ", ".join(f"{name} {count:,}" for name, count in zip(rows["class"], rows["count"], strict=True) if count)
        lines.append(f"{sheet or '-'}  {counted}: {what or 0}")
    if len(reading.quarantined):
        lines += ["", f"set aside: {len(reading.quarantined):,} ({reading.quarantined_pct:.1f} %)"]
        for code, rows in reading.quarantined.groupby("code", sort=False):
            lines.append(f"  {code}: {len(rows):,}")
        for row in reading.quarantined.head(most).itertuples():
            value = f" “{mask_cell(str(row.value))}”" if row.value else ""
            lines.append(f"  line {row.line} {row.column}{value}: {row.reason_zh} {row.reason}")
        if len(reading.quarantined) > most:
            lines.append(f"  … and {len(reading.quarantined) - most:,} more")
    lines += [f"! {warning}" for warning in reading.warnings]
    return "\n".join([*lines, *_mending(reading, path)])


def _mending(reading: Reading, path: Path) -> list[str]:
    """Return the lines of sources.yml that would make delivered values known, one per value that no list has."""
    unknown = reading.quarantined[reading.quarantined["code"].eq("not_in_list")]
    if unknown.empty:
        return []
    lines = ["", "sources.yml:", f"- files: {path.name}", f"  table: {reading.table}", "  values:"]
    for column, rows in unknown.groupby("column", sort=False):
        lines.append(f"    {column}:")
        lines += [f"      {value}: # ?" for value in rows["value"].unique()[:20]]
    return lines
