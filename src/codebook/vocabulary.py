"""The project's words, kept as data: what a header, a code, a mark or a sentence is called, in both languages.

Each `.yml` file of this folder is one part of the vocabulary; `sentences_*.yml` make up the part `sentences`.
A city adds to it or replaces entries with a `vocabulary.yml` beside its `sources.yml`.
"""

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from src.codebook import paths, reader
from src.codebook.messages import formattable
from src.codebook.reader import VocabularyError

HERE = Path(__file__).resolve().parent / "data"
PLACES = ("street", "community")
LANGS = ("zh", "en")
ELSEWHERE = {"zh": "全区", "en": "The whole area"}  # what another district is called that does not name itself
PLAIN = re.compile("[^¹²³⁰⁴-⁹₀-₉①-⒛⓪]+")
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
WIDTH = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20} | INVISIBLE
)  # ＡＢ１２ → AB12


def normal(text: str) -> str:
    """Return a text with full-width digits, letters and signs as plain ones, and no invisible characters.

    What marks a note stays: 12¹ is no 121.
    """
    if text.isascii():
        return text
    return PLAIN.sub(lambda part: unicodedata.normalize("NFKC", part[0]), text).translate(INVISIBLE)


def fold(text: str) -> str:
    """Return how a word is compared: full-width folded, simplified by `characters.yml`, no space, no case."""
    folded = "".join(normal(text).split()).casefold()
    return folded if folded.isascii() else folded.translate(_simplified)


def any_of(words: Iterable[str]) -> str:
    """Return the pattern of any of some words, the longest first; of none it finds nothing."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)"


class Vocabulary(SimpleNamespace):
    """All parts of the vocabulary; see the `.yml` file of the same name for what each holds.

    `digest` is a hash that changes whenever a word, a mapping or a threshold does. `told_in_part`: the page lacks what
    may not be told of its roll-ups, and calls them so.
    """

    told_in_part = False

    def entries(self, listname: str) -> dict:
        """Return the codes of a list (`field`, `group`, `kind`, `roll_up` …) with their labels."""
        parts = {"kind": self.kinds, "roll_up": self.roll_ups, "district": {"district": self.district}}
        return parts.get(listname) or (_places(listname) if listname in PLACES else self.codes[listname])

    @property
    def is_of_shipped_district(self) -> bool:
        """Return whether the words are of the district that the package comes with."""
        return self.district == _shipped()[0]["district"]

    @property
    def base_year(self) -> int | None:
        """Return the last year before those that are no fair base (`unusual_years`); nothing where there is none."""
        return min(map(int, self.calendar["unusual_years"]), default=1) - 1 or None

    def label(self, listname: str, code: str, lang: str = "zh") -> str:
        """Return what a code is called; a code that the list does not have is returned as it is."""
        entry = self.entries(listname).get(code) or self.codes.get(f"{listname}_on_pages", {}).get(code, {})
        name = entry.get(lang, code)
        in_part = listname == "roll_up" and entry and self.told_in_part
        return self.sentences["told_in_part"][lang].format(name=name) if in_part else name

    @cached_property
    def named(self) -> reader.Renamed:
        """Return what says a text with the city's own names of its levels."""
        return reader.Renamed(_shipped()[0]["names"], self.names)

    @cached_property
    def spellings(self) -> dict[str, dict[str, str]]:
        """Return, for each list, every spelling (folded) and its code."""
        lists = {**self.codes, "kind": self.kinds}
        return {name: _spellings(name, entries) for name, entries in lists.items()}

    @cached_property
    def folded_marks(self) -> dict[str, frozenset[str]]:
        """Return the lists of marks as cells are compared with them."""
        return {name: frozenset(map(fold, marks)) for name, marks in self.marks.items() if isinstance(marks, list)}

    def units_of(self, column: str) -> dict[str, float | None]:
        """Return the units (folded) of a column and their factors, each alone and behind a scale; "" is none."""
        units, scales = {"": 1} | self.marks["units"].get(column, {}), {"": 1} | self.marks["scales"]
        return {fold(scale + u): f and f * times for u, f in units.items() for scale, times in scales.items()}

    def numbered(self, names: str, first: int = 1) -> dict[str, int]:
        """Return what months or days of the week are called (folded), and their numbers."""
        return {
            fold(name): number for number, called in enumerate(self.marks[names].values(), first) for name in called
        }


@cache
def _places(level: str) -> dict[str, dict[str, str]]:
    """Return the streets or communities with what they are called in English."""
    with (HERE / "places.csv").open(encoding="utf-8", newline="") as rows:
        return _called(list(csv.DictReader(rows)), level)


def call_places(register: list[dict[str, Any]]) -> None:
    """Call streets and communities in English as the register in use does, the rest as the packaged one.

    A register that has no street of the shipped district is of another one: what has no name is the whole area.
    """
    _places.cache_clear()
    words, streets = current(), {row["street"] for row in register}
    if words.is_of_shipped_district and streets and not streets & _places("street").keys():
        vars(words).update(reader.elsewhere(vars(words)), district=ELSEWHERE)
    for level in PLACES:
        _places(level).update(_called(register, level))


def _called(register: list[dict[str, Any]], level: str) -> dict[str, dict[str, str]]:
    """Return what places are called; communities seen as one since they were redrawn, by those that stand today."""
    english = {row[level]: name for row in register if isinstance(name := row.get(f"{level}_en"), str) and name}
    standing: dict[str, list[str]] = {}
    for row in register if level == "community" else ():
        cluster, ended = row.get("comparable_cluster"), row.get("valid_to")
        if isinstance(cluster, str) and cluster and (not ended or ended != ended):  # NaT is not itself
            standing.setdefault(cluster, []).append(row[level])
    seen_as_one = {cluster: members for cluster, members in standing.items() if english.keys() >= set(members)}
    english |= {cluster: " + ".join(map(english.get, members)) for cluster, members in seen_as_one.items()}
    return {place: {"zh": place, "en": name} for place, name in english.items()}


def _spellings(listname: str, entries: dict) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, entry in entries.items():
        for spelling in (code, entry["zh"], entry["en"], *entry.get("also", [])):
            if found.setdefault(fold(spelling), code) != code:
                raise VocabularyError(
                    f"vocabulary: {spelling!r} stands for both {found[fold(spelling)]} and {code} in {listname}."
                )
    return found


@cache
def _shipped() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parts of the shipped vocabulary, and the schema of all of them."""
    parts: dict[str, Any] = {"sentences": {}}
    schema = reader.read_schema(HERE / "schema.yml")
    for path in sorted(HERE.glob("*.yml")):
        if path.stem != "schema":
            content, node = reader.read_yaml(path)
            part = "sentences" if path.stem.startswith("sentences") else path.stem
            content = reader.check_against(
                {"$defs": schema["$defs"], **schema["properties"][part]}, content, node, path
            )
            if twice := sorted(parts["sentences"].keys() & content) if part == "sentences" else []:
                raise VocabularyError(f"{path.name}: {twice[0]!r} stands in another file of sentences too.")
            parts[part] = {**parts[part], **content} if part == "sentences" else content
    return parts, schema


def read_vocabulary(own: Path | None = None) -> Vocabulary:
    """Return the vocabulary, with a city's own `vocabulary.yml` laid over it; raises `VocabularyError`."""
    parts, schema = _shipped()
    if own is not None and own.is_file():
        content, node = reader.read_yaml(own)
        known, parts = parts["headers"], reader.check_against(schema, reader.overlaid(parts, content or {}), node, own)
        _refuse_unknown_columns(known, parts["headers"], node, own)
        _refuse_unknown_values(parts["sentences"], node, own)
        _refuse_unknown_zone(parts["calendar"]["zone"], node, own)
        named = reader.Renamed(_shipped()[0]["names"], parts["names"])
        sentences = parts["sentences"].items()
        parts["sentences"] = {k: {lang: named(text, lang) for lang, text in entry.items()} for k, entry in sentences}
    vocabulary = Vocabulary(**parts, digest=hashlib.sha256(repr(parts).encode()).hexdigest())
    _simplified.clear()
    _simplified.update(str.maketrans(vocabulary.characters))
    assert vocabulary.spellings  # raises where one spelling stands for two codes
    return vocabulary


def _refuse_unknown_columns(known: dict, headers: dict, node: yaml.Node, path: Path) -> None:
    """Refuse headers of a column or table that there is not: they would be matched and then lost."""
    for table, columns in headers.items():
        for column in columns if isinstance(columns, dict) else ():
            if column not in known.get(table, {}):
                line = reader.line_of(node, ["headers", table, column])
                raise VocabularyError(f"{path.name}, line {line}: {table} has no column {column!r}.")


def _refuse_unknown_values(sentences: dict, node: yaml.Node, path: Path) -> None:
    """Refuse a sentence that speaks of a value that the shipped one is not given, or cannot be filled in at all."""
    for key, shipped in _shipped()[0]["sentences"].items():
        for lang, text in sentences[key].items():
            if text != shipped[lang]:
                try:
                    unknown = _values(text) - _values(shipped["zh"] + shipped["en"])
                except ValueError as error:
                    unknown = [str(error)]
                for name in unknown:
                    line = reader.line_of(node, ["sentences", key, lang])
                    raise VocabularyError(f"{path.name}, line {line}: the sentence {key!r} has no value {name!r}.")


def _refuse_unknown_zone(zone: str, node: yaml.Node, path: Path) -> None:
    try:
        ZoneInfo(zone or "UTC")
    except (OSError, ValueError, KeyError):
        line = reader.line_of(node, ["calendar", "zone"])
        raise VocabularyError(f"{path.name}, line {line}: {zone!r} is no time zone.") from None


def _values(text: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(text) if name is not None}


_simplified: dict[int, str] = {}
_in_force: tuple[tuple[Path, int], Vocabulary] | None = None


def use(folder: Path | None = None) -> Vocabulary:
    """Put a folder's vocabulary in force: the shipped one with the folder's `vocabulary.yml` laid over it."""
    global _in_force
    own = (folder or paths.raw()) / "vocabulary.yml"
    stamp = (own, own.stat().st_mtime_ns if own.is_file() else 0)
    if _in_force is None or _in_force[0] != stamp:
        _in_force = (stamp, read_vocabulary(own))
    return _in_force[1]


def folder() -> Path:
    """Return the folder whose vocabulary is in force."""
    current()
    return _in_force[0][0].parent


def current() -> Vocabulary:
    """Return the vocabulary in force; on first use that of the deliveries in use."""
    return _in_force[1] if _in_force else use()


def label(listname: str, code: str, lang: str = "zh") -> str:
    """Return what a code of a list is called in a language."""
    return current().label(listname, code, lang)


def stated(given: Mapping[str, Any], name: str, lang: str) -> str:
    """Return what data say under a name in a language: the English under `NAME_en`, the Chinese where there is none."""
    english = given.get(f"{name}_en")
    return english if lang == "en" and isinstance(english, str) and english else given[name]


def threshold(name: str) -> float:
    """Return one of the numbers that decide (`thresholds.yml`)."""
    return current().thresholds[name]


def case_of(message: str, *cases: str) -> str:
    """Return the key of a case of a message: `title`, `few` of `starts` is `starts.title.few`; without one, it."""
    return ".".join(filter(None, (message, *cases)))


def sentence(message: str, lang: str = "zh", case: str = "", **values: Any) -> str:
    """Return a message of the vocabulary, or a `case` of it, with its values as its language has them."""
    sentences = current().sentences
    return sentences[case_of(message, case)][lang].format(**formattable(values, sentences["between"][lang]))


def both(message: str, case: str = "", **values: Any) -> str:
    """Return a message in Chinese and then in English, for messages whose reader is not known."""
    return " ".join(sentence(message, lang, case, **values) for lang in LANGS)


def enumerated(items: Iterable[str], lang: str, between: str = "between") -> str:
    """Return texts as one; `between` names what stands between them: an enumeration, or `statements`."""
    return sentence(between, lang).join(items)
