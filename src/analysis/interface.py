"""What scripts hand to the public functions, checked by the parameter's name: one sentence instead of a `KeyError`.

A count outside what the data hold is no zero: a window of a loaded table has to lie within the days that it tells of.
"""

import difflib
import functools
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from src.codebook import tables, vocabulary
from src.codebook.periods import AREA, HOLDS, Period, parse_period

CLEAN = {
    "incidents": "incidents", "projects": "projects", "communities": "communities", "places": "communities",
    "sites": "demonstration_sites", "published": "published_figures",
}  # fmt: skip
LOADERS = {"demonstration_sites": "load_sites()"}
WINDOWS = ("current", "reference", "period", "months", "first", "second", "base")
GROUPS = ("street", "community", "field", "group", "kind", "roll_up", "channel", "month", "quarter")
DERIVED = {"incidents": ("month", "quarter", "roll_up"), "projects": ("month", "quarter")}


def checked(function: Callable) -> Callable:
    """Return a function that says in a sentence, as a `ValueError` or `TypeError`, what of its arguments is wrong."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:  # too few, too many: Python itself says it with the function's name
            return function(*args, **kwargs)
        given = bound.arguments
        for name, value in given.items():
            _check_type(name, value, signature.parameters[name].annotation)
        _check_groups(given)
        _check_areas(given)
        _check_windows(given)
        _check_lang(given)
        if isinstance(given.get("target"), str) and "communities" in given:
            given["target"] = _community(given["target"], given["communities"])
        try:
            return function(*bound.args, **bound.kwargs)
        except KeyError as error:
            text = next(_lacking(function.__name__, given, error), "")
            if not text:
                raise
            raise ValueError(text) from error

    called.__module__ = __package__  # where it is found again, as by a process that is sent it
    return called


def _check_type(name: str, value: Any, stated: Any) -> None:
    """Refuse what is no frame or series where one is asked for."""
    asked = [kind for kind in (typing.get_args(stated) or (stated,)) if kind is not type(None)]
    if {*asked} <= {pd.DataFrame, pd.Series} and not isinstance(value, stated):
        key = "given_no_table" if asked[0] is pd.DataFrame else "given_no_series"
        loader = _loader(CLEAN.get(name, ""))
        raise TypeError(vocabulary.both(key, name=name, type=type(value).__name__, loader=loader))


def _loader(table: str) -> str:
    return LOADERS.get(table, f"load_{table}()" if table else "monthly_counts(…)")


def _check_groups(given: dict[str, Any]) -> None:
    """Refuse to group a clean table by what it does not have."""
    tables_given = [name for name in DERIVED if name in given]
    if given.get("by") is None or not tables_given:
        return
    names = [given["by"]] if isinstance(given["by"], str) else list(given["by"])
    known = set.intersection(*({*given[name].columns, *DERIVED[name]} for name in tables_given))
    for unknown in (by for by in names if by not in known):
        likely = difflib.get_close_matches(str(unknown), sorted(known), 1)
        allowed = ", ".join(by for by in GROUPS if by in known)
        key = "given_by_like" if likely else "given_by"
        raise ValueError(vocabulary.both(key, value=unknown, likely="".join(likely), allowed=allowed))


def _check_areas(given: dict[str, Any]) -> None:
    """Refuse a register wider than the area that a table was loaded for: its other places would count as zero."""
    register = given.get("communities", given.get("places"))
    for name in ("incidents", "projects") if register is not None else ():
        area = getattr(given.get(name), "attrs", {}).get(AREA, "")
        place = dict(zip(("street", "community"), area.split("/") if area else (), strict=False))
        if any(register[level].ne(own).any() for level, own in place.items()):
            raise ValueError(vocabulary.both("given_wider", name=name, area=area, loader=f"load_communities({area!r})"))


def _check_windows(given: dict[str, Any]) -> None:
    """Refuse a window that is no period, or that a loaded table does not tell of."""
    if "incidents" not in given:
        return
    now, before = (_windows(name, given.get(name)) for name in ("current", "reference"))
    unequal = (one for one in before if now and one.months != now[0].months and one.days != now[0].days)
    if apart := next(unequal, None):
        raise ValueError(vocabulary.both("given_unequal", name="reference", current=now[0], period=apart))
    held = given["incidents"].attrs.get(HOLDS)
    for name in WINDOWS:
        for window in _windows(name, given.get(name)):
            if held and not _within(window, parse_period(held)):
                raise ValueError(vocabulary.both("given_outside", name=name, period=window, holds=parse_period(held)))


def _windows(name: str, value: Any) -> list[Period]:
    if value is None:
        return []
    return [parse_period(one, name) for one in (value if isinstance(value, list | tuple) else [value])]


def _within(window: Period, held: Period) -> bool:
    """Return whether a window lies within; by the month, since the last one may still be under way."""
    return (held.first_day.replace(day=1) <= window.first_day) and (
        (window.last_day.year, window.last_day.month) <= (held.last_day.year, held.last_day.month)
    )


def _check_lang(given: dict[str, Any]) -> None:
    if given.get("lang") not in (None, *vocabulary.LANGS):
        allowed = ", ".join(vocabulary.LANGS)
        raise ValueError(vocabulary.both("not_known", name="lang", value=given["lang"], allowed=allowed))


def _community(text: str, communities: pd.DataFrame) -> tuple[str, str]:
    """Return the street and community that a name means; raises `AreaError`."""
    from src.analysis.areas import area_among, areas_by_name

    area = area_among(text, areas_by_name(communities))
    if area.community is None:
        raise ValueError(vocabulary.both("community_not_street", target=text))
    return area.street, area.community


def _lacking(function: str, given: dict[str, Any], error: KeyError) -> Iterator[str]:
    """Yield, of each table that was handed in, in words which columns it lacks that the error names."""
    for name, frame in given.items():
        if not isinstance(frame, pd.DataFrame):
            continue
        clean = CLEAN.get(name)
        asked = [word for word in re.findall(r"\w+", str(error)) if clean is None or word in tables.columns(clean)]
        if missing := [word for word in dict.fromkeys(asked) if word not in frame]:
            key = "given_lacks" if clean else "given_lacks_column"
            words = {"loader": _loader(clean)} if clean else {"held": ", ".join(map(str, frame.columns))}
            yield vocabulary.both(key, function=function, name=name, columns=", ".join(missing), **words)


def with_columns(loader: Callable) -> Callable:
    """Return a loader whose documentation lists the columns of its table in both languages, with their units."""
    name = loader.__name__.removeprefix("load_")
    table = CLEAN.get(name, name)
    if table not in tables.table_names():
        return loader
    lines = []
    for column_name, column in tables.columns(table).items():
        text, unit = column.text, column.text.get("unit")
        called = f"{text['zh']} | {text['en']}" + (f" ({unit['zh']} | {unit['en']})" if unit else "")
        lines.append(f"    {column_name:<26}{column.type:<10}{called}")
    parts = [inspect.cleandoc(loader.__doc__ or ""), "Columns", "\n".join(lines)]
    loader.__doc__ = "\n\n".join(parts)
    return loader
