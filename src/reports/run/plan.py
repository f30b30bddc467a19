"""Which reports there are to make: notebook × area × language, and what each of them depends on."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from src.analysis import areas, loading
from src.codebook import paths, vocabulary
from src.ingest import deliveries, store
from src.reports.context.delivered import data_window
from src.reports.context.notebooks import LEVELS, Notebook
from src.reports.context.provenance import definitions, is_wording, package_versions
from src.reports.parameters import NAMES, ParameterError, check_area, check_names, read_own, reason_why_not

SCOPES = {"district": ("district",), "streets": ("street",), "communities": ("community",), "all": LEVELS}
CELL_SECONDS = 900  # a cell that takes longer hangs
CODE = (".py", ".yml", ".csv", ".j2", ".css", ".json", ".ttf")


@dataclass(frozen=True)
class PlannedPage:
    """One page to be made: a notebook with its parameters, and where the page goes."""

    notebook: Notebook
    area: areas.Area
    given: dict[str, Any]  # the parameters by name
    inputs: dict[str, str]  # what it depends on besides, each as a hash: data, code, packages, notebook

    @property
    def fingerprint(self) -> str:
        """Return a hash of all that the page depends on."""
        return hashlib.sha256(json.dumps([self.inputs, self.given], sort_keys=True).encode()).hexdigest()

    @property
    def lang(self) -> str:
        """Return the language of the page."""
        return self.given["lang"]

    @property
    def stem(self) -> str:
        """Return the page's name without language and ending; what is not the default stands in it. ASCII only."""
        extra = [self.given["period"].replace("/", "--")] if self.given["period"] else []
        extra += [f"vs-{self.given['compare']}"] if self.given["compare"] != "previous_year" else []
        extra += [f"{name}-{value}" for name, value in self.given.items() if name not in NAMES]
        return "_".join([self.notebook.name, *map(_in_name, extra)])

    @property
    def page(self) -> str:
        """Return the page's address below the output folder."""
        return f"{self.area.slug}/{self.stem}.{self.lang}.html"


@dataclass
class Outcome:
    """What became of one report: what its page says of itself and opens with, or why there is none.

    `faults` are the reasons in plain words, `traceback` what the log says of them.
    """

    report: PlannedPage
    manifest: dict[str, Any] = field(default_factory=dict)
    opening: dict[str, Any] = field(default_factory=dict)  # its headline and figures
    faults: list[str] = field(default_factory=list)
    traceback: str = ""
    seconds: float = 0.0


def _in_name(text: str) -> str:
    """Return a text as a part of a file's name, with a hash where that would not tell it from another."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", text)
    least = re.sub(r"[_=.]", "-", text)  # what may be lost
    return (
        plain if plain == least and len(plain) < 60 else f"{plain[:50]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    )


def plan(
    wanted: Sequence[Notebook],
    area: str | None = None,
    langs: Sequence[str] = (),
    *,
    period: str = "",
    compare: str = "previous_year",
    audience: str = "internal",
    own: Mapping[str, Any] = MappingProxyType({}),
) -> list[PlannedPage]:
    """Return the reports to make, the district first; by default that in both languages and the streets in Chinese.

    `own` are parameters that the notebooks have themselves; raises `ParameterError` for one that a notebook lacks.
    """
    made = []
    summary = store.build()
    common = _inputs(summary)
    for place in _places(area):
        for notebook in wanted:
            if place.level in notebook.levels_for(audience):
                for lang in langs or (vocabulary.LANGS if place.level == "district" else ("zh",)):
                    given = {"area": place.address, "period": period, "compare": compare}
                    given |= {"lang": lang, "audience": audience, **_own_of(notebook, own)}
                    made.append(PlannedPage(notebook, place, given, common | {"notebook": notebook.digest}))
    if not made:
        words = {"notebook": [notebook.name for notebook in wanted], "audience": audience}
        reasons = dict.fromkeys(reason_why_not(notebook.why_not) for notebook in wanted)
        asked = (area or "district, streets")[:60]
        raise ParameterError(vocabulary.both("area_not_for", **words, area=asked) + "".join(reasons))
    return made


def _own_of(notebook: Notebook, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the notebook's own parameters that are not its defaults; texts are read by the types of these."""
    check_names(given, notebook.own)
    typed = {name: read_own(name, value, notebook.own[name]) for name, value in given.items()}
    return {name: value for name, value in typed.items() if value != notebook.own[name]}


def _inputs(summary: store.BuildSummary) -> dict[str, str]:
    """Return what every page depends on, each as a hash; an update of the package is none of the data."""
    delivered = sorted([delivery["file"], delivery["sha256"]] for delivery in summary.deliveries)
    stated = {
        "data": [delivered, summary.refusal],
        "definitions": definitions(),
        "code": code_digest(),
        "packages": package_versions(),
    }
    return {name: hashlib.sha256(json.dumps(value).encode()).hexdigest() for name, value in stated.items()}


def _places(area: str | None) -> list[areas.Area]:
    if area is not None and area not in SCOPES:
        return [check_area(area, LEVELS)]
    levels = SCOPES[area] if area else ("district", "street")
    # Of the communities that stood in the last month with data; older ones can still be asked for by name.
    register = loading.load_communities(period=f"{data_window().last_month:%Y-%m}")
    return sorted((a for a in areas.areas(register) if a.level in levels), key=lambda a: LEVELS.index(a.level))


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a hash of the package: code, sentences, templates and fonts; not of its definitions."""
    files = (file for file in paths.SRC.rglob("*") if file.suffix in CODE)
    return deliveries.digest_of_all(file for file in files if file.parent != vocabulary.HERE or is_wording(file))
