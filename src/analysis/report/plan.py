"""Which reports there are to make: notebook × area × language, and what each of them depends on."""

import ast
import difflib
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from src.analysis import loading, paths, store, vocabulary
from src.analysis.areas import Area, areas
from src.analysis.deliveries import digest_of
from src.analysis.report.delivered import data_window
from src.analysis.report.parameters import ParameterError, check_area, reason_why_not
from src.analysis.report.prose import source_of, title_of
from src.analysis.report.provenance import package_versions

LEVELS = ("district", "street", "community")
SCOPES = {"district": ("district",), "streets": ("street",), "communities": ("community",), "all": LEVELS}
STATED = ("levels", "public", "why_not", "despite_refusal")
CODE = (".py", ".yml", ".csv", ".j2", ".css", ".json", ".ttf")


@dataclass(frozen=True)
class Notebook:
    """A notebook that reports are made from: its file, its titles, and the kinds of area it can be made for."""

    path: Path
    titles: dict[str, str]
    levels: tuple[str, ...]
    digest: str
    public: tuple[str, ...] = ()  # the kinds of area it can be made for in public
    why_not: str = ""  # names the sentence that says why not for the others
    despite_refusal: bool = False  # shows refused deliveries, and is made for them too

    @property
    def name(self) -> str:
        """Return its file's name without ending."""
        return self.path.stem

    def levels_for(self, audience: str) -> tuple[str, ...]:
        """Return the kinds of area that it can be made for."""
        return self.public if audience == "public" else self.levels


@dataclass(frozen=True)
class Report:
    """One page to be made: a notebook with its parameters, and where the page goes."""

    notebook: Notebook
    area: Area
    parameters: tuple[tuple[str, str], ...]
    common: tuple[tuple[str, str], ...]

    @property
    def inputs(self) -> dict[str, str]:
        """Return what the page depends on besides its parameters, each as a hash: data, code, packages, notebook."""
        return {**dict(self.common), "notebook": self.notebook.digest}

    @property
    def fingerprint(self) -> str:
        """Return a hash of all that the page depends on."""
        return hashlib.sha256(json.dumps([self.inputs, self.given], sort_keys=True).encode()).hexdigest()

    @property
    def given(self) -> dict[str, str]:
        """Return the parameters by name."""
        return dict(self.parameters)

    @property
    def lang(self) -> str:
        """Return the language of the page."""
        return self.given["lang"]

    @property
    def stem(self) -> str:
        """Return the page's name without language and ending; what is not the default stands in it. ASCII only."""
        extra = [self.given["period"].replace("/", "--")] if self.given["period"] else []
        extra += [self.given["compare"]] if self.given["compare"] != "previous_year" else []
        return "_".join([self.notebook.name, *(re.sub(r"[^A-Za-z0-9-]+", "-", part) for part in extra)])

    @property
    def page(self) -> str:
        """Return the page's address below the output folder."""
        return f"{self.area.slug}/{self.stem}.{self.lang}.html"


def notebooks(names: Sequence[str] = (), folder: Path | None = None) -> list[Notebook]:
    """Return the notebooks that are meant (`03`, `03_incident_trends`, a file), all of them by default."""
    folder = folder or paths.notebooks()
    files = {file.stem: file for file in sorted(folder.glob("[0-9]*.ipynb"))}
    if not files:
        raise ParameterError(vocabulary.both("no_notebooks", folder=folder.name))
    chosen = [files[_which(name, list(files))] for name in names] or files.values()
    return [_read_notebook(file) for file in chosen]


def _which(name: str, known: list[str]) -> str:
    asked = Path(name).name.removesuffix(".ipynb")
    fitting = [one for one in known if one == asked or one.split("_")[0] == asked or one.partition("_")[2] == asked]
    if len(fitting) != 1:
        likely = "、".join(difflib.get_close_matches(asked, known, 3, cutoff=0.3) or known)
        raise ParameterError(vocabulary.both("notebook_unknown", name=asked[:60], likely=likely))
    return fitting[0]


def _read_notebook(path: Path) -> Notebook:
    text = path.read_text(encoding="utf-8")
    content = json.loads(text)
    titles = {lang: title_of(content, lang) or path.stem for lang in vocabulary.LANGS}
    stated = stated_by(content)
    digest = hashlib.sha256(text.encode()).hexdigest()
    of_areas = {"levels": tuple(stated.get("levels", LEVELS)), "public": tuple(stated.get("public", ()))}
    return Notebook(path, titles, digest=digest, **{**stated, **of_areas})


def stated_by(content: dict) -> dict[str, Any]:
    """Return what a notebook says of itself in its call of `check_parameters`, read without running it."""
    for cell in content["cells"]:
        if cell["cell_type"] == "code" and "check_parameters" in (source := source_of(cell)):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check_parameters":
                    return {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg in STATED}
    return {}


def plan(
    wanted: Sequence[Notebook],
    area: str | None = None,
    langs: Sequence[str] = (),
    *,
    period: str = "",
    compare: str = "previous_year",
    audience: str = "internal",
) -> list[Report]:
    """Return the reports to make, the district first; by default that in both languages and the streets in Chinese."""
    made = []
    summary = store.build()
    common = tuple(_inputs(summary).items())
    for place in _places(area):
        for notebook in wanted:
            if place.level in notebook.levels_for(audience):
                for lang in langs or (vocabulary.LANGS if place.level == "district" else ("zh",)):
                    given = {"area": place.address, "period": period, "compare": compare}
                    given |= {"lang": lang, "audience": audience}
                    made.append(Report(notebook, place, tuple(given.items()), common))
    if not made:
        words = {"notebook": "、".join(notebook.name for notebook in wanted), "audience": audience}
        reasons = dict.fromkeys(reason_why_not(notebook.why_not) for notebook in wanted)
        asked = (area or "district, streets")[:60]
        raise ParameterError(vocabulary.both("area_not_for", **words, area=asked) + "".join(reasons))
    return made


def _inputs(summary: store.BuildSummary) -> dict[str, str]:
    """Return what every page depends on, each as a hash; an update of the package is none of the data."""
    delivered = sorted([delivery["file"], delivery["sha256"]] for delivery in summary.deliveries)
    rules = [path for name in ("sources.yml", "vocabulary.yml") if (path := paths.raw() / name).is_file()]
    stated = {
        "data": [delivered, [digest_of(path) for path in rules], summary.refusal],
        "code": code_digest(),
        "packages": package_versions(),
    }
    return {name: hashlib.sha256(json.dumps(value).encode()).hexdigest() for name, value in stated.items()}


def _places(area: str | None) -> list[Area]:
    if area is not None and area not in SCOPES:
        return [check_area(area, LEVELS)]
    levels = SCOPES[area] if area else ("district", "street")
    # Of the communities that stood in the last month with data; older ones can still be asked for by name.
    register = loading.load_communities(period=f"{data_window().last_month:%Y-%m}")
    return sorted((a for a in areas(register) if a.level in levels), key=lambda a: LEVELS.index(a.level))


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a hash of the package: code, vocabulary, templates and fonts."""
    digest = hashlib.sha256()
    for file in sorted(paths.PACKAGE.rglob("*")):
        if file.suffix in CODE:
            digest.update(file.read_bytes())
    return digest.hexdigest()
