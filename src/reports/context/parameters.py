"""The parameters of a notebook, checked by one call alike in JupyterLab, under papermill and in a scheduled run."""

import ast
import difflib
import sys
from collections.abc import Sequence
from typing import Any

from src.codebook import vocabulary
from src.ingest import store
from src.ingest.folders import DataRefused, Locked
from src.reports.context import COMPARE
from src.reports.context.run import Run

NAMES = ("area", "period", "compare", "lang", "audience")
CHOICES = {"compare": COMPARE, "lang": vocabulary.LANGS, "audience": ("internal", "public")}
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


def check_parameters(
    area: str = "district",
    period: str = "",
    compare: str = "previous_year",
    lang: str = "zh",
    audience: str = "internal",
    *,
    levels: Sequence[str] = ("district", "street", "community"),
    public: Sequence[str] = (),
    why_not: str = "",
    despite_refusal: bool = False,
    **unknown: Any,
) -> Run:
    """Return the run that these parameters describe, with its data at hand; stop the notebook where they cannot be.

    `levels` are the kinds of area the notebook can be made for, `public` those for a public reader; `why_not` names the
    sentence (`why_not_…` in the vocabulary) that says why not the others. With `despite_refusal` it is made where the
    newest deliveries were refused, too, from the tables of the last good build, to show why. Raises `ParameterError`
    for an unknown name (also one that papermill injected), a wrong type, an impossible value, an area not in `levels`,
    a period without data; `Stopped` where the deliveries cannot be used.
    """
    # papermill turns a year into a number; nothing of it is lost, so 2021 means "2021".
    period, compare = (str(value) if type(value) is int else value for value in (period, compare))
    given = {"area": area, "period": period, "compare": compare, "lang": lang, "audience": audience}
    check_names({*unknown, *_assigned_in_notebook()})
    check_values(given)
    try:
        deliveries = store.build()
    except (DataRefused, Locked, vocabulary.VocabularyError) as error:
        if not (despite_refusal and isinstance(error, DataRefused)):
            raise Stopped(str(error)) from None
        deliveries = _last_good(error)
    place = check_area(area, public if audience == "public" else levels, audience, why_not)
    try:
        stated, notes = check_period(period, lang)
    except DataRefused as error:
        raise Stopped(str(error)) from None
    if audience == "public":
        check_public_period(stated, period)
        notes = [*notes, _public_note(place, lang)]
    notes += [vocabulary.sentence("data_refused", lang, reason=deliveries.refusal)] if deliveries.refusal else []
    check_compared(stated, compare)
    run = Run(place, stated, compare, lang, audience, deliveries, tuple(notes), given)
    run.announce()
    return run


def _last_good(refused: DataRefused) -> store.BuildSummary:
    try:
        return store.go_on_with_last_good(refused)
    except DataRefused:
        raise Stopped(str(refused)) from None


def check_names(names: set[str]) -> None:
    """Raise `ParameterError` for the first name that is no parameter, with the one that was likely meant."""
    for name in sorted(names - set(NAMES)):
        close = difflib.get_close_matches(name, NAMES, 1, cutoff=0.5)
        key = "parameter_unknown_like" if close else "parameter_unknown"
        raise ParameterError(vocabulary.both(key, name=name, likely="".join(close), known=", ".join(NAMES)))


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


def check_public_period(stated: Any, period: str) -> None:
    """Raise `ParameterError` for a period of days: what is told of streets in public is told by month."""
    if not stated.whole_months:
        raise ParameterError(vocabulary.both("public_months", value=_shown(period)))


def _public_note(place: Any, lang: str) -> str:
    words = {"least": vocabulary.threshold("public_least_count"), "base": vocabulary.threshold("public_round_to")}
    return vocabulary.sentence(f"public_note_{place.level}", lang, **words)


def check_area(text: str, levels: Sequence[str], audience: str = "internal", why_not: str = "") -> Any:
    """Return the area that a name means, if the notebook can be made for it."""
    reason = reason_why_not(why_not)
    from src.analysis.areas import AreaError
    from src.analysis.loading import find_area

    if len(text) > 100:
        raise ParameterError(vocabulary.both("area_too_long", value=_shown(text)))
    try:
        place = find_area(text)
    except AreaError as error:
        raise ParameterError(str(error)) from None
    if not levels:
        raise ParameterError(vocabulary.both("audience_not_for", audience=audience) + reason)
    if place.level not in levels:
        told = []
        for lang in vocabulary.LANGS:
            allowed = vocabulary.enumerated((vocabulary.sentence(f"level_{level}", lang) for level in levels), lang)
            told.append(vocabulary.sentence("area_level", lang, value=_shown(text), levels=allowed))
        raise ParameterError(" ".join(told) + reason)
    return place


def reason_why_not(name: str) -> str:
    """Return why a notebook cannot be made for every area or audience; empty where it does not say."""
    return f" {vocabulary.both(f'why_not_{name}')}" if name else ""


def check_period(text: str, lang: str) -> tuple[Any, list[str]]:
    """Return the period a text means within the data, and notes on it for the reader; empty means the year to date."""
    from src.codebook.periods import parse_period
    from src.reports.context.delivered import data_window

    window = data_window()
    if not text:
        return parse_period(f"{window.last_month.year}-01/{window.last_month:%Y-%m}"), []
    try:
        stated = parse_period(text)
    except ValueError as error:
        raise ParameterError(str(error)) from None
    last = window.last_month.end_time.date()
    if stated.last_day < window.first_day or stated.first_day > last:
        words = {"value": _shown(text), "first": window.first_day, "last": last}
        raise ParameterError(vocabulary.both("period_without_data", **words))
    if stated.last_day <= last:
        return stated, []
    cut = parse_period(f"{stated.first_day}/{last}")
    return cut, [vocabulary.sentence("period_cut", lang, value=text, last=last, label=cut.label(lang))]


def check_compared(stated: Any, compare: str) -> None:
    """Raise `ParameterError` for a year to compare with that the data do not hold whole, or the period's own."""
    from src.reports.context.delivered import data_window

    window = data_window()
    other = stated.compared_with(compare)[0]
    if compare.isdecimal() and (other == stated or not window.holds(other)):
        words = {"first": window.first_day.year, "last": window.last_month.year, "label": str(stated)}
        raise ParameterError(vocabulary.both("compare_without_data", value=compare, **words))


def _shown(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:60]}…"


def _assigned_in_notebook() -> set[str]:
    """Return the names that this kernel's last parameters cell assigns, and those that papermill injected after it.

    Names alone tell a mistyped parameter: papermill turns `-p aera x` into a variable that no cell reads.
    """
    if "IPython" not in sys.modules:
        return set()
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return set()
    names: set[str] = set()
    for source in shell.user_ns.get("In", []):
        assigned = _assigned(source)
        if {"area", "lang"} <= assigned and not source.startswith(INJECTED):
            names = assigned  # the cell ran again: what an earlier one held is past
        elif source.startswith(INJECTED):
            names = names | assigned
    return names


def _assigned(source: str) -> set[str]:
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a cell with a magic is no parameters cell
        return set()
    targets = [t for s in statements if isinstance(s, ast.Assign) for t in s.targets]
    targets += [s.target for s in statements if isinstance(s, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}
