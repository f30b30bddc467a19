"""The parameters of a notebook: the five that every notebook has, and its own, typed by their defaults.

They are checked alike in JupyterLab, under papermill and in a scheduled run.
"""

import ast
import contextlib
import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from src.analysis import areas, loading
from src.codebook import vocabulary
from src.codebook.periods import Period, parse_period
from src.reports.context import COMPARE, delivered

NAMES = ("area", "period", "compare", "lang", "audience")
CHOICES = {"compare": COMPARE, "lang": vocabulary.LANGS, "audience": ("internal", "public")}
TYPES = ("bool", "int", "float", "str", "list", "dict")
TRUTHS = {"true": True, "yes": True, "1": True, "是": True, "false": False, "no": False, "0": False, "否": False}
INJECTED = "# Parameters"  # papermill opens the cell it injects with this comment


class Stopped(ValueError):
    """The notebook cannot go on; the message, one sentence in each language, is all a reader gets to see."""

    exit_code = 3

    def _render_traceback_(self) -> list[str]:
        """Return what IPython prints in place of a traceback."""
        return [str(self)]


class ParameterError(Stopped):
    """A parameter that cannot be: the message names it, the value, and what would be right."""

    exit_code = 2


def check_names(names: Iterable[str], own: Iterable[str] = ()) -> None:
    """Raise `ParameterError` for the first name that is no parameter, with the one that was likely meant."""
    known = list(dict.fromkeys([*NAMES, *own]))
    for name in sorted(set(names) - set(known)):
        close = difflib.get_close_matches(name, known, 1, cutoff=0.5)
        key = "parameter_unknown_like" if close else "parameter_unknown"
        raise ParameterError(vocabulary.both(key, name=name, likely="".join(close), known=", ".join(known)))


def check_own(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    """Raise `ParameterError` for a parameter of the notebook's own whose value is of another type than its default."""
    for name, value in values.items():
        if not _is_like(value, default := defaults.get(name)):
            case = kind if (kind := type(default).__name__) in TYPES else "other"
            words = {"name": name, "value": _shown(repr(value)), "default": repr(default)}
            wanted = {lang: vocabulary.sentence("type", lang, case=case) for lang in vocabulary.LANGS}
            texts = (
                vocabulary.sentence("parameter_own", lang, **words, wanted=wanted[lang]) for lang in vocabulary.LANGS
            )
            raise ParameterError(" ".join(texts))


def read_own(name: str, text: Any, default: Any) -> Any:
    """Return the value that a text of the command line means for a parameter with this default.

    Raises `ParameterError` where it means none of the default's type; what is no text stays as it is.
    """
    value = text
    if isinstance(text, str) and isinstance(default, bool):
        value = TRUTHS.get(text.casefold(), text)
    elif isinstance(text, str) and not isinstance(default, str):
        with contextlib.suppress(ValueError, SyntaxError):
            value = ast.literal_eval(text)
    check_own({name: value}, {name: default})
    return value


def _is_like(value: Any, default: Any) -> bool:
    wanted = int | float if isinstance(default, float) else type(default)
    alike = isinstance(value, wanted) and isinstance(value, bool) == isinstance(default, bool)
    return default is None or alike


def check_values(given: dict[str, Any]) -> None:
    """Raise `ParameterError` for a value of the wrong type or outside the values that a parameter can take."""
    for name, value in given.items():
        if not isinstance(value, str):
            key = "parameter_coerced" if isinstance(value, int | float) else "parameter_type"
            raise ParameterError(vocabulary.both(key, name=name, value=repr(value), type=type(value).__name__))
    for name, allowed in CHOICES.items():
        a_year = name == "compare" and len(given[name]) == 4 and given[name].isdecimal()
        if given[name] not in allowed and not a_year:
            close = difflib.get_close_matches(given[name], allowed, 1, cutoff=0.5)
            key = "parameter_value_like" if close else "parameter_value"
            words = {"value": _shown(given[name]), "allowed": ", ".join(allowed), "likely": "".join(close)}
            raise ParameterError(vocabulary.both(key, name=name, **words))


def public_note(place: Any, lang: str) -> str:
    """Return what a reader must know of a public page about a kind of area."""
    words = {"least": vocabulary.threshold("public_least_count"), "base": vocabulary.threshold("public_round_to")}
    return vocabulary.sentence("public_note", lang, case=place.level, **words)


def reason_for(audience: str, reason: str) -> str:
    """Return why something is not as it should be, as a reader may know it: a reason may quote names and values."""
    return vocabulary.both("reason_inside") if reason and audience == "public" else reason


def check_area(text: str, levels: Sequence[str], audience: str = "internal", why_not: str = "") -> Any:
    """Return the area that a name means, if the notebook can be made for it."""
    reason = reason_why_not(why_not)
    if len(text) > 100:
        raise ParameterError(vocabulary.both("area_too_long", value=_shown(text)))
    try:
        place = loading.find_area(text)
    except areas.AreaError as error:
        raise ParameterError(str(error)) from None
    if not levels:
        raise ParameterError(vocabulary.both("audience_not_for", audience=audience) + reason)
    if place.level not in levels:
        messages = []
        for lang in vocabulary.LANGS:
            allowed = vocabulary.enumerated((vocabulary.sentence("level", lang, case=level) for level in levels), lang)
            messages.append(vocabulary.sentence("area_level", lang, value=_shown(text), levels=allowed))
        raise ParameterError(" ".join(messages) + reason)
    return place


def reason_why_not(name: str) -> str:
    """Return why a notebook cannot be made for every area or audience; empty where it does not say."""
    return f" {vocabulary.both('why_not', case=name)}" if name else ""


def check_period(text: str, compare: str, lang: str, audience: str) -> tuple[Period, list[str]]:
    """Return the period a text means within the data, and notes on it for the reader; empty means the year to date.

    In public it has whole months, as what is told of streets is told by month. A year to compare with is one that the
    data hold whole, and not the period's own.
    """
    window = delivered.data_window()
    last = window.last_month.end_time.date()
    try:
        stated = parse_period(text or f"{last.year}-01/{window.last_month:%Y-%m}")
    except ValueError as error:
        raise ParameterError(str(error)) from None
    if stated.last_day < window.first_day or stated.first_day > last:
        words = {"value": _shown(text), "first": window.first_day, "last": last}
        raise ParameterError(vocabulary.both("period_without_data", **words))
    notes = []
    if stated.last_day > last:
        stated = parse_period(f"{stated.first_day}/{last}")
        notes = [vocabulary.sentence("period_cut", lang, value=text, last=last, label=stated.label(lang))]
    if audience == "public" and not stated.whole_months:
        raise ParameterError(vocabulary.both("public_months", value=_shown(text)))
    other = stated.compared_with(compare)[0]
    if compare.isdecimal() and (other == stated or not window.holds(other)):
        words = {"first": window.first_day.year, "last": window.last_month.year, "label": str(stated)}
        raise ParameterError(vocabulary.both("compare_without_data", value=compare, **words))
    return stated, notes


def _shown(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:60]}…"


def of_notebook(given: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of this kernel's notebook: those `given`, and its own with what was handed in as `own`.

    Raises `ParameterError` for an unknown name, also one that papermill injected (`-p aera x` becomes a variable that
    no cell reads), a wrong type, or a value that cannot be.
    """
    stated, injected = _cells()
    defaults = {name: value for name, value in stated.items() if name not in NAMES and value is not ...}
    space = _shell().user_ns if defaults else {}
    own = {name: space[name] for name in defaults if name in space} | own
    misspelt = {name for name in own if difflib.get_close_matches(name, NAMES, 1, cutoff=0.7)}
    check_names({*own, *injected}, [*stated, *(own.keys() - misspelt)])
    check_values(given)
    check_own(own, defaults)
    return given | own


def _shell() -> Any:
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def _cells() -> tuple[dict[str, Any], set[str]]:
    """Return what the last parameters cell of this kernel assigns, and what papermill injected after it.

    The cell is the one before what was injected, else the last that assigns a parameter that every notebook has.
    """
    shell = _shell()
    sources = [source for source in shell.user_ns.get("In", []) if source.strip()] if shell else []
    cell, injected = "", set()
    for before, source in zip(["", *sources], sources, strict=False):
        if source.startswith(INJECTED):
            cell, injected = before if not before.startswith(INJECTED) else cell, injected | assigned(source).keys()
        elif set(NAMES) & assigned(source).keys():
            cell, injected = source, set()  # the cell ran again: what an earlier one held is past
    return assigned(cell), injected


def assigned(source: str) -> dict[str, Any]:
    """Return the names that a cell assigns, with their values; `...` for what is no plain literal."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a cell with a magic is no parameters cell
        return {}
    pairs = [(target, s.value) for s in statements if isinstance(s, ast.Assign) for target in s.targets]
    pairs += [(s.target, s.value) for s in statements if isinstance(s, ast.AnnAssign) and s.value is not None]
    return {target.id: _literal(value) for target, value in pairs if isinstance(target, ast.Name)}


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return ...
