"""One messy export → clean Parquet, in six ways; each returns what it found, so that the answers can be compared."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet

from benchmarks.messy import HEADER
from src.codebook import vocabulary

FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H时%M分")
NUMBER, REPORTED, OCCURRED, GROUP, KIND, STREET, COMMUNITY, GRID, CHANNEL, PEOPLE = HEADER


def _codes() -> dict[str, dict[str, str]]:
    """Return for each column its labels and our codes, and for places `street/written` and the community."""
    from src.ingest.cleaning.places import packaged_register

    words = vocabulary.current()
    lists = {GROUP: "group", KIND: "kind", CHANNEL: "channel"}
    codes = {column: {e["zh"]: code for code, e in words.entries(name).items()} for column, name in lists.items()}
    codes[CHANNEL] |= {also: code for code, e in words.entries("channel").items() for also in e.get("also", [])}
    always = packaged_register().query("valid_from == '' and valid_to == ''")
    codes[COMMUNITY] = {
        f"{street}/{stem}{ending}": community
        for street, community in zip(always["street"], always["community"], strict=True)
        for stem, ending in [(community.removesuffix("社区"), end) for end in ("", "社区", "社区居委会")]
    }
    return codes


def _answer(groups: dict, clean: int, bad: int, again: int) -> dict:
    return {"clean": clean, "quarantined": bad, "duplicates": again, "groups": dict(sorted(groups.items()))}


def ours(path: Path, out: Path) -> dict:
    """This project."""
    from src.ingest.cleaning.places import packaged_register
    from src.ingest.load import read_files
    from src.ingest.sources import source_from

    source = source_from({"table": "incidents", "received": "2022-01-05"})
    result = read_files([(path, source)], "incidents", packaged_register())
    result.write(out)
    counts: Counter = Counter()
    for batch in pyarrow.parquet.ParquetFile(out, read_dictionary=["group"]).iter_batches(columns=["group"]):
        counts.update({one["values"]: one["counts"] for one in batch["group"].value_counts().to_pylist()})
    return _answer(counts, len(result.store), len(result.issues), len(result.repeats))


def floor(path: Path, out: Path) -> dict:
    """Bytes → Arrow → Parquet, nothing cleaned."""
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.csv.read_csv(path), out)
    return {}


def row_wise(path: Path, out: Path) -> dict:
    """pandas, a function applied to each row."""
    codes = _codes()

    def moment(text: str) -> datetime | None:
        for form in FORMATS:
            try:
                return datetime.strptime(text, form)
            except ValueError:
                continue
        return None

    def cleaned(row: pd.Series) -> dict | None:
        reported, occurred = moment(row[REPORTED]), moment(row[OCCURRED])
        place = codes[COMMUNITY].get(f"{row[STREET]}/{row[COMMUNITY]}")
        if reported is None or occurred is None or occurred.date() > reported.date() or place is None:
            return None
        return {
            "incident_id": row[NUMBER], "reported_at": reported, "occurred_at": occurred, "street": row[STREET],
            "community": place, "group": codes[GROUP][row[GROUP]], "kind": codes[KIND][row[KIND].strip()],
            "grid": row[GRID], "channel": codes[CHANNEL].get(row[CHANNEL]),
            "people_count": int(row[PEOPLE]) if row[PEOPLE].isdigit() else None,
        }  # fmt: skip

    rows = pd.read_csv(path, dtype="str", keep_default_na=False)
    good = [row for row in rows.apply(cleaned, axis=1) if row is not None]
    clean = pd.DataFrame(good).drop_duplicates("incident_id")
    clean.to_parquet(out)
    counts = clean["group"].value_counts().to_dict()
    return _answer(counts, len(clean), len(rows) - len(good), len(good) - len(clean))


def idiomatic(path: Path, out: Path) -> dict:
    """pandas, column by column."""
    codes = _codes()
    rows = pd.read_csv(path, dtype="str", keep_default_na=False)
    clean = pd.DataFrame({"incident_id": rows[NUMBER], "grid": rows[GRID], "street": rows[STREET]})
    for name, column in (("reported_at", REPORTED), ("occurred_at", OCCURRED)):
        clean[name] = pd.NaT
        for form in FORMATS:
            clean[name] = clean[name].fillna(pd.to_datetime(rows[column], format=form, errors="coerce"))
    clean["community"] = (rows[STREET] + "/" + rows[COMMUNITY]).map(codes[COMMUNITY])
    clean["group"], clean["channel"] = rows[GROUP].map(codes[GROUP]), rows[CHANNEL].map(codes[CHANNEL])
    clean["kind"] = rows[KIND].str.strip().map(codes[KIND])
    clean["people_count"] = pd.to_numeric(rows[PEOPLE], errors="coerce").astype("Int64")
    good = clean[clean["community"].notna() & clean["reported_at"].notna() & clean["occurred_at"].notna()]
    good = good[good["occurred_at"].dt.normalize() <= good["reported_at"].dt.normalize()]
    kept = good.drop_duplicates("incident_id")
    kept.to_parquet(out)
    return _answer(kept["group"].value_counts().to_dict(), len(kept), len(rows) - len(good), len(good) - len(kept))


def with_polars(path: Path, out: Path) -> dict:
    """polars, lazily."""
    import polars as pl

    codes = _codes()

    def moment(column: str) -> pl.Expr:
        return pl.coalesce(pl.col(column).str.to_datetime(form, strict=False) for form in FORMATS)

    def coded(column: pl.Expr, name: str) -> pl.Expr:
        return column.replace_strict(codes[name], default=None, return_dtype=pl.String)

    rows = pl.scan_csv(path, infer_schema=False, empty_string_is_null=False).select(
        incident_id=pl.col(NUMBER), reported_at=moment(REPORTED), occurred_at=moment(OCCURRED), street=pl.col(STREET),
        community=coded(pl.concat_str([STREET, COMMUNITY], separator="/"), COMMUNITY),
        group=coded(pl.col(GROUP), GROUP), kind=coded(pl.col(KIND).str.strip_chars(), KIND),
        grid=pl.col(GRID), channel=coded(pl.col(CHANNEL), CHANNEL),
        people_count=pl.col(PEOPLE).cast(pl.Int64, strict=False),
    ).collect()  # fmt: skip
    good = rows.drop_nulls(["reported_at", "occurred_at", "community"])
    good = good.filter(pl.col("occurred_at").dt.date() <= pl.col("reported_at").dt.date())
    kept = good.unique("incident_id", keep="first", maintain_order=True)
    kept.write_parquet(out)
    counts = dict(kept["group"].value_counts().iter_rows())
    return _answer(counts, len(kept), len(rows) - len(good), len(good) - len(kept))


def with_duckdb(path: Path, out: Path) -> dict:
    """duckdb, in SQL."""
    import duckdb

    database = duckdb.connect()
    for name, codes in _codes().items():
        frame = pd.DataFrame(codes.items(), columns=["label", "code"])
        database.register("given", frame)
        database.execute(f'CREATE TABLE "map_{name}" AS SELECT * FROM given')
    formats = "[" + ", ".join(f"'{form}'" for form in FORMATS) + "]"
    database.execute(f"""
        CREATE TABLE rows AS SELECT "{NUMBER}" AS incident_id, try_strptime("{REPORTED}", {formats}) AS reported_at,
            try_strptime("{OCCURRED}", {formats}) AS occurred_at, "{STREET}" AS street, p.code AS community,
            g.code AS "group", k.code AS kind, "{GRID}" AS grid, c.code AS channel,
            try_cast("{PEOPLE}" AS BIGINT) AS people_count
        FROM read_csv('{path}', all_varchar=true, header=true) r
        LEFT JOIN "map_{COMMUNITY}" p ON p.label = "{STREET}" || '/' || "{COMMUNITY}"
        LEFT JOIN "map_{GROUP}" g ON g.label = "{GROUP}" LEFT JOIN "map_{KIND}" k ON k.label = trim("{KIND}")
        LEFT JOIN "map_{CHANNEL}" c ON c.label = "{CHANNEL}"
    """)
    database.execute("""
        CREATE TABLE good AS SELECT * FROM rows WHERE reported_at IS NOT NULL AND occurred_at IS NOT NULL
        AND community IS NOT NULL AND occurred_at::DATE <= reported_at::DATE
    """)
    database.execute("CREATE TABLE kept AS SELECT DISTINCT ON (incident_id) * FROM good")
    database.execute(f"COPY kept TO '{out}' (FORMAT parquet)")
    total, good, kept = (database.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("rows", "good", "kept"))
    counts = dict(database.execute('SELECT "group", count(*) FROM kept GROUP BY 1').fetchall())
    return _answer(Counter(counts), kept, total - good, good - kept)


WAYS = {
    "ours": ours, "floor": floor, "row-wise pandas": row_wise, "idiomatic pandas": idiomatic, "polars": with_polars,
    "duckdb": with_duckdb,
}  # fmt: skip
