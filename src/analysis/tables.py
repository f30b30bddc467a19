"""The clean tables: columns, types and units as `vocabulary/tables.yml` states them, and the check of a result."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from src.analysis import vocabulary

if TYPE_CHECKING:
    import pandas as pd

SOURCE = {"source_file": "str", "source_sheet": "str", "source_line": "int64"}
SOURCE_TEXT = {
    "source_file": ("交付文件", "Delivered file"),
    "source_sheet": ("工作表；文本文件为空", "Sheet; empty for text"),
    "source_line": ("物理行号，从1开始", "Physical line, counted from 1"),
}
DTYPES = {
    "text": "str",
    "id": "str",
    "code": "str",
    "codes": "str",
    "flag": "boolean",
    "count": "Int64",
    "year": "Int64",
    "money": "float64",
    "number": "float64",
    "date": "datetime64[us]",
    "time": "datetime64[us]",
}


class UnknownTable(ValueError):
    """No clean table has this name; the message lists those there are."""

    exit_code = 2


@dataclass(frozen=True)
class Column:
    """One column: its name, its type (`code` and `codes` with their list), whether a row needs it."""

    name: str
    type: str
    listname: str
    required: bool
    may_be_future: bool
    text: dict

    @property
    def dtype(self) -> str:
        """Return the pandas dtype that holds it."""
        return DTYPES[self.type]


def table_names() -> tuple[str, ...]:
    """Return the names of the clean tables."""
    return tuple(vocabulary.current().tables)


@lru_cache(maxsize=64)
def _columns(table: str, digest: str) -> dict[str, Column]:
    stated = vocabulary.current().tables[table]["columns"]
    found = {}
    for name, entry in stated.items():
        kind, _, listname = entry["type"].partition(" ")
        found[name] = Column(
            name, kind, listname, entry.get("required", False), entry.get("may_be_future", False), entry
        )
    return found


def columns(table: str) -> dict[str, Column]:
    """Return the columns of a clean table by name, in order; raises `UnknownTable`."""
    if table not in vocabulary.current().tables:
        raise UnknownTable(f"table: {table!r} is not known; right would be one of {', '.join(table_names())}.")
    return _columns(table, vocabulary.current().digest)


def key(table: str) -> list[str]:
    """Return the columns that identify a row."""
    return list(vocabulary.current().tables[table]["key"])


def needed(table: str) -> list[list[str]]:
    """Return what a delivery of the table cannot do without: of each group, one of its columns."""
    return vocabulary.current().tables[table]["needed"]


def frame(table: str, values: dict[str, list]) -> "pd.DataFrame":
    """Return a frame with all columns of a table in order and in their types; what is not given is missing."""
    import pandas as pd

    count = len(next(iter(values.values()), []))
    dtypes = SOURCE | {name: column.dtype for name, column in columns(table).items()}
    data = {name: pd.Series(values.get(name, [None] * count), dtype=dtype) for name, dtype in dtypes.items()}
    ordered = [*columns(table), *SOURCE]
    return pd.DataFrame(data)[ordered]


def check(rows: "pd.DataFrame", table: str) -> "pd.DataFrame":
    """Return the rows unchanged where they keep what the table promises; raises pandera's `SchemaError` where not."""
    import pandera.pandas as pa

    words = vocabulary.current()
    schema = {}
    for column in columns(table).values():
        checks: list[Any] = []
        if column.type == "code":
            checks.append(pa.Check.isin(list(words.entries(column.listname))))
        if column.type in ("count", "money"):
            checks.append(pa.Check.ge(0))
        schema[column.name] = pa.Column(column.dtype, checks, nullable=not column.required)
    schema |= {name: pa.Column(dtype) for name, dtype in SOURCE.items()}
    return pa.DataFrameSchema(schema, strict=True, ordered=True).validate(rows)


def dictionary() -> str:
    """Return the data dictionary (data/README.md) as Markdown, in both languages."""
    parts = [vocabulary.sentence("dictionary_top", "zh"), "", vocabulary.sentence("dictionary_top", "en"), ""]
    for table in table_names():
        row = vocabulary.current().tables[table]["row"]
        keys = ", ".join(f"`{name}`" for name in key(table))
        parts += [f"## {table}", "", f"{row['zh']} {row['en']}", "", f"主键 Key: {keys}", ""]
        parts.append(
            "| 列 Column | 类型 Type | 单位 Unit | 含义 Meaning | 可取值 Allowed values | 空值 Missing means |"
        )
        parts.append("|---|---|---|---|---|---|")
        parts += [_dictionary_line(column) for column in columns(table).values()]
        parts += [
            f"| `{name}` | {dtype} | | {SOURCE_TEXT[name][0]}。{SOURCE_TEXT[name][1]}. | | |"
            for name, dtype in SOURCE.items()
        ]
        parts.append("")
    return "\n".join(parts)


def _dictionary_line(column: Column) -> str:
    def two(entry: dict | None, nothing: str = "") -> str:
        return f"{entry['zh']} / {entry['en']}" if entry else nothing

    entries = vocabulary.current().entries(column.listname) if column.listname else {}
    allowed = "<br>".join(f"`{code}` {entry['zh']} / {entry['en']}" for code, entry in entries.items())
    missing = "不允许为空 / never missing" if column.required else two(column.text.get("missing"))
    meaning = f"{column.text['zh']}。{column.text['en']}."
    kind = f"{column.type} → `{column.dtype}`"
    return f"| `{column.name}` | {kind} | {two(column.text.get('unit'))} | {meaning} | {allowed} | {missing} |"
