"""What was set aside, as `check` and a refusal put it: where it stands and why, its value masked."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from src.codebook import vocabulary
from src.ingest.cleaning.personal import mask_cell
from src.ingest.result import LoadResult

NEEDED = ["file", "line", "column", "value", "code", "reason", "reason_zh"]


def where(row: Mapping[str, Any]) -> str:
    """Return where a record that was set aside stands, with the cell that is wrong: `a.csv:3 street “东街”`."""
    value = f" “{mask_cell(str(row['value']))}”" if row["value"] else ""
    return f"{row['file']}:{row['line']} {row['column']}{value}".rstrip()


def commonest(result: LoadResult, file: str) -> dict[str, dict[str, Any]]:
    """Return the reason that most records of a delivered file were set aside for, as sentences say it by language."""
    texts = (rows.select(NEEDED).to_pandas() for rows in result.by_sheet("quarantined"))
    rows = pd.concat([rows for rows in texts if rows["file"].iloc[0].split("/")[0] == file])
    alike = rows.groupby(["code", "column"])["line"].transform("size")
    first = rows[alike.eq(alike.max())].iloc[0]
    reasons = {"zh": first["reason_zh"], "en": first["reason"]}
    return {
        lang: {"count": int(alike.max()), "reason": reasons[lang], "first": where(first)} for lang in vocabulary.LANGS
    }
