"""The clean tables as `tables.yml` states them, the check of a result, and what columns and codes are called."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from src.codebook import vocabulary
from src.codebook.vocabulary import case_of, current, enumerated, label

if TYPE_CHECKING:
    import pandas as pd

SOURCE = {"source_file": "str", "source_sheet": "str", "source_line": "int64"}
DTYPES = {
    **dict.fromkeys(("text", "id", "code", "codes", "outline", "measure"), "str"), "flag": "boolean",
    **dict.fromkeys(("count", "year"), "Int64"), **dict.fromkeys(("money", "number"), "float64"),
    **dict.fromkeys(("date", "time"), "datetime64[us]"),
}  # fmt: skip


class UnknownTable(ValueError):
    """No clean table has this name; the message lists those there are."""

    exit_code = 2


@dataclass(frozen=True)
class Column:
    """One column: its name, its type (`code` and `codes` with their list), whether a row needs it."""

    name: str
    type: str
    listname: str
    text: dict
    required: bool = False
    may_be_future: bool = False
    years_ahead: int = 0

    @property
    def dtype(self) -> str:
        """Return the pandas dtype that holds it."""
        return DTYPES[self.type]


def table_names() -> tuple[str, ...]:
    """Return the names of the clean tables."""
    return tuple(vocabulary.current().tables)


@lru_cache(maxsize=64)
def _columns(table: str, digest: str) -> dict[str, Column]:
    found = {}
    for name, entry in vocabulary.current().tables[table]["columns"].items():
        kind, _, listname = entry["type"].partition(" ")
        stated = {key: entry[key] for key in ("required", "may_be_future", "years_ahead") if key in entry}
        found[name] = Column(name, kind, listname, entry, **stated)
    return found


def columns(table: str) -> dict[str, Column]:
    """Return the columns of a clean table by name, in order; raises `UnknownTable`."""
    if table not in vocabulary.current().tables:
        raise UnknownTable(f"table: {table!r} is not known; right would be one of {', '.join(table_names())}.")
    return _columns(table, vocabulary.current().digest)


def key(table: str) -> list[str]:
    """Return the columns that identify a row."""
    return list(vocabulary.current().tables[table]["key"])


def dated(table: str) -> list[str]:
    """Return the columns that are days or times, the one that others go by first."""
    return [name for name, column in columns(table).items() if column.type in ("date", "time")]


def frame(table: str, values: dict[str, list]) -> "pd.DataFrame":
    """Return a frame with all columns of a table in order and in their types; what is not given is missing."""
    import pandas as pd

    count = len(next(iter(values.values()), []))
    dtypes = {name: column.dtype for name, column in columns(table).items()} | SOURCE
    return pd.DataFrame({n: pd.Series(values.get(n, [None] * count), dtype=kind) for n, kind in dtypes.items()})


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


JOINED = ("partners", "lead_unit", "communities")  # names, several in one cell


def column_label(column: str, lang: str = "zh", table: str = "table") -> str:
    """Return what a column is called on a page: its label in that table, its label anywhere, else its own name."""
    sentences = current().sentences
    entry = sentences.get(case_of("column", table, str(column))) or sentences.get(case_of("column", str(column)))
    return entry[lang] if entry else str(column)


def words(listname: str, code: str, lang: str) -> str:
    """Return the names of codes: several of a list, as in `organisation_kinds`; in `note` with a year or a month."""
    if not code:
        return ""
    try:
        if listname in JOINED:
            texts = code.split(";")
        elif listname == "note":
            texts = (" ".join(_noted(word, lang) for word in part.split(" ")) for part in code.split(";"))
        else:
            texts = (label(listname, part, lang) for part in code.split(";"))
        return enumerated(texts, lang)
    except KeyError:  # no list of that name: the text is no code
        return code


def _noted(word: str, lang: str) -> str:
    text = label("note", word, lang)
    column = column_label(word, lang)  # a variable that was left out
    return next((name for name in (text, column) if name != word), label("street", word, lang))
