"""What offices write for a place → street and community of the register; never a guess."""

import datetime as dt
import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import pandas as pd

from src.codebook import vocabulary
from src.ingest.batch import CellError

PACKAGED = vocabulary.HERE / "places.csv"
SPACED = re.compile(r"[^\W\d_\u2e80-\u9fff\uac00-\ud7af]")  # a letter of a script that sets spaces between words
BETWEEN = "-/、,·"
IN_BRACKETS = re.compile(r"([^(\[〔【]*)[(\[〔【]([^)\]〕】]+)[)\]〕】](.*)")
LEAST_WHOLE = 3  # characters of a name without an ending that an address may name: shorter ones are in other words


@dataclass(frozen=True)
class Community:
    """One community in one period of the register."""

    street: str
    name: str
    former_street: str
    first: dt.date | None
    last: dt.date | None

    def stood_on(self, day: dt.date | None) -> bool:
        """Return whether the register had it on a day; a record without a day fits any period."""
        return day is None or ((self.first is None or day >= self.first) and (self.last is None or day <= self.last))


class Places:
    """The register, asked by name: streets, former streets, communities with their other names."""

    def __init__(self, register: pd.DataFrame) -> None:
        words = vocabulary.current().marks
        fold, self.suffixes = vocabulary.fold, tuple(words["place_endings"])
        self.street_endings = [*map(fold, words["street_endings"])]
        self.stem, self.street_stem = (_without_ending(words[name]) for name in ("place_endings", "street_endings"))
        self.prefixes = tuple(map(fold, words["district_prefixes"]))
        self.missing = {fold(mark) for mark in (*words["missing"], *words["place_missing"])}
        self.others = re.compile(rf"[\u4e00-\u9fff]{{2,5}}?(?:{vocabulary.any_of(words['other_endings'])})")
        self.no_others = tuple(map(fold, words["no_others"]))
        self.road = f"(?!{vocabulary.any_of(words['road_endings'])})"
        self.exact = {fold(street): street for street in register["street"].dropna()}  # 嘉義市 is not 嘉義縣
        self.streets: dict[str, str] = {}
        self.former: dict[str, str] = {}
        self.communities: dict[str, list[Community]] = defaultdict(list)
        # What an address may name: streets, communities, and both as words of scripts that set spaces.
        self.street_names: dict[str, str] = {}
        self.written: dict[str, set[Community]] = defaultdict(set)
        self.by_word: dict[str, set[Community | str]] = defaultdict(set)
        for row in register.astype(object).where(register.notna(), None).to_dict("records"):
            self._enter(row)
        stems = Counter(map(self.street_stem, self.exact))
        for stem in (stem for stem, count in stems.items() if count > 1):
            del self.streets[stem]
        self.street_names |= {name: street for name, street in self.exact.items() if name in self.street_names}
        names = (*self.street_names, *(s + end for s in self.former for end in self.street_endings))
        self.heads = tuple(name for name in names if name.endswith(tuple(self.street_endings)))
        self.words = re.compile(rf"(?<!\w)(?:{vocabulary.any_of(self.by_word)})(?!\w)")
        distinct = {c for named in self.communities.values() for c in named}
        self.sizes = Counter(c.street for c in distinct)
        self.changes = sorted(d + dt.timedelta(n) for c in distinct for d, n in ((c.first, 0), (c.last, 1)) if d)

    def _enter(self, row: dict) -> None:
        fold = vocabulary.fold
        first, last = _day(row.get("valid_from")), _day(row.get("valid_to"))
        community = Community(row["street"], row["community"], row.get("former_street") or "", first, last)
        for name in filter(None, (row["street"], row.get("street_en"))):
            stem = self.street_stem(fold(name))
            self.streets[stem] = row["street"]
            self.street_names |= {stem + ending: row["street"] for ending in self.street_endings}
            if SPACED.search(name):
                self.by_word[_spaced(name)].add(row["street"])
            elif fold(name) == stem and len(name) >= LEAST_WHOLE:
                self.street_names[stem] = row["street"]
        if community.former_street:
            self.former[self.street_stem(fold(community.former_street))] = community.former_street
        names = (row.get(column) for column in ("community", "community_en", "community_code"))
        for name in map(str, filter(None, (*names, *str(row.get("aliases") or "").split(";")))):
            named = self.communities[self.stem(fold(name))]
            if community not in named:
                named.append(community)
            is_whole = not self.suffixes or (name == row["community"] and len(name) >= LEAST_WHOLE)
            if SPACED.search(name):
                self.by_word[_spaced(name)].add(community)
            elif is_whole or name.endswith(self.suffixes):
                self.written[fold(name)].add(community)

    def resolve(
        self, street_text: str, community_text: str, address: str = "", day: dt.date | None = None
    ) -> tuple[str | None, str | None]:
        """Return the official (street, community), each None where the delivery states none; raises `CellError`."""
        streets, communities = self._split(street_text, community_text)
        if not any(streets + communities) and address:
            return self._in_address(address, day)
        found = {self._place(one, other, street_text, day) for one in streets for other in communities}
        if len(found) > 1:
            right = sorted(f"{street}{community}" for street, community in found)
            raise CellError("contradiction", column="community", street=street_text, right=right)
        return found.pop()

    def knows(self, community_text: str) -> bool:
        """Return whether a community's cell names its place without a street beside it."""
        try:
            return self.resolve("", community_text)[0] is not None
        except CellError:
            return False

    def _place(
        self, street_part: str, community_part: str, street_text: str, day: dt.date | None
    ) -> tuple[str | None, str | None]:
        streets = self._streets_named(street_part)
        if not community_part:
            if streets and not streets[0]:
                raise CellError("former_street", street=street_text)
            return (streets[0] if streets else None), None
        named = self.communities.get(community_part) or self.communities.get(self.stem(community_part), [])
        if not named:
            likely = self._nearest(community_part, self._community_names(streets)) or ["—"]
            raise CellError("unknown_community", column="community", likely=likely)
        standing = [c for c in named if c.stood_on(day)]
        if not standing:
            raise CellError("not_standing", column="community", ended=str(named[0].last or named[0].first))
        former = self.former.get(self.street_stem(street_part), "-")  # as it was before the split
        fitting = [c for c in standing if not streets or c.street in streets or c.former_street == former]
        fitting = [c for c in fitting if vocabulary.fold(c.name) == community_part] or fitting
        if not fitting:
            right = sorted({c.street for c in standing})
            raise CellError("contradiction", column="community", street=street_text or streets[0], right=right)
        if len({(c.street, c.name) for c in fitting}) > 1:
            raise CellError("ambiguous", column="community", right=[f"{c.street}{c.name}" for c in fitting])
        return fitting[0].street, fitting[0].name

    def _split(self, street_text: str, community_text: str) -> tuple[list[str], list[str]]:
        """Return folded streets and communities, one or two of each: a cell may hold both (布吉街道龙岭社区).

        Beside a community, what stands in brackets behind a street and is none is a remark (布吉街道（原布吉镇）).
        """
        street, community = self._bare(street_text), self._bare(community_text)
        (first, beside), (second, rest) = self._two_in(street), self._two_in(community)
        streets = [*filter(None, (first or street, second))] or [""]
        if community and IN_BRACKETS.fullmatch(street) and self.stem(beside) not in self.communities:
            beside = ""
        return streets, [*filter(None, (beside, rest or community))] or [""]

    def _two_in(self, cell: str) -> tuple[str, str]:
        """Return street and community of a cell that has both: 布吉街道龙岭社区, 布吉街道(龙岭社区), 龙岭社区(布吉)."""
        match = IN_BRACKETS.fullmatch(cell)
        parts = [part for part in match.groups() if part] if match else []
        if len(parts) == 2 and self.stem(cell) not in self.communities:
            first, second = parts
            if self._leading_street(second) == second and not self._leading_street(first):
                return second, first
            cell = f"{first}-{second}"
        head = self._leading_street(cell)
        return (head, cell[len(head) :].lstrip(BETWEEN)) if head and len(head) < len(cell) else self._before_mark(cell)

    def _before_mark(self, cell: str) -> tuple[str, str]:
        """Return a street by its bare name and the community behind a mark (Camden-Mill Hill), if a cell is so."""
        for mark in BETWEEN:
            head, found, rest = cell.partition(mark)
            if found and rest and self.street_stem(head) in self.streets and self.stem(cell) not in self.communities:
                return head, rest
        return "", ""

    def _bare(self, text: str) -> str:
        folded = vocabulary.fold(text)
        if (match := IN_BRACKETS.fullmatch(folded)) and not (match[1] or match[3]):
            folded = match[2]
        if folded in self.missing:
            return ""
        for rest in self._behind_prefixes(folded):
            if self._leading_street(rest) or self.stem(rest) in self.communities:
                folded = rest
        return folded

    def _behind_prefixes(self, folded: str) -> Iterator[str]:
        """Yield a text without the names of province, city and district that it begins with, one after another."""
        while prefix := max((prefix for prefix in self.prefixes if folded.startswith(prefix)), key=len, default=""):
            yield (folded := folded.removeprefix(prefix))

    def _leading_street(self, folded: str) -> str:
        """Return the street that a cell begins with, ending included; a bare name counts only as the whole cell."""
        if folded.startswith(self.heads):
            return next(head for head in self.heads if folded.startswith(head))
        return folded if self.street_stem(folded) in self.streets else ""

    def _streets_named(self, part: str) -> list[str]:
        """Return today's street of a name; [""] for a name that only streets before the split had."""
        if not part:
            return []
        stem = self.street_stem(part)
        if part in self.exact or stem in self.streets:
            return [self.exact.get(part) or self.streets[stem]]
        if stem in self.former:
            return [""]
        raise CellError("unknown_street", column="street", likely=self._nearest(stem, self.streets.values()) or ["—"])

    def _community_names(self, streets: list[str]) -> set[str]:
        return {c.name for found in self.communities.values() for c in found if not streets or c.street in streets}

    def likely(self, text: str, column: str) -> str:
        """Return the street or community (`column`) whose name is most like a text, nothing where none is."""
        names = self._community_names([]) if column == "community" else self.streets.values()
        return next(iter(self._nearest(vocabulary.fold(text), names)), "")

    def _nearest(self, folded: str, names: Iterable[str]) -> list[str]:
        by_stem = {self.stem(self.street_stem(vocabulary.fold(name))): name for name in names}
        close = difflib.get_close_matches(self.stem(self.street_stem(folded)), by_stem, 2, cutoff=0.5)
        return [by_stem[name] for name in close]

    def _stands_in(self, folded: str, name: str) -> bool:
        """Return whether an address has a name; where it has no ending, not as part of a road's (平湖大道)."""
        if name not in folded:
            return False
        bare = self.stem(self.street_stem(name)) == name
        return not bare or bool(re.search(re.escape(name) + self.road, folded))

    def _is_elsewhere(self, folded: str) -> bool:
        """Return whether an address begins with another city or district (福田区…), and no street of ours follows."""
        *_, rest = folded, *self._behind_prefixes(folded)
        ours = (*self.heads, *self.street_names)
        if not (head := self.others.match(rest)) or rest.startswith(ours) or rest[head.end() :].startswith(ours):
            return False
        around = rest[max(head.end() - 3, 0) : head.end() + 2]
        return not any(word in around for word in self.no_others)

    def _is_street_too(self, community: Community, streets: set[str]) -> bool:
        """Return whether a name may as well mean the community's street, which has others: the street is sure."""
        same = vocabulary.fold(community.name) == vocabulary.fold(community.street)
        return same and community.street in streets and self.sizes[community.street] > 1

    def _in_address(self, address: str, day: dt.date | None) -> tuple[str | None, str | None]:
        """Return the place that an address names in full; several different ones, or none, are not understood."""
        folded = vocabulary.fold(address)
        if folded in self.missing:
            return None, None
        if self._is_elsewhere(folded):
            raise CellError("no_place_in_address", column="address")
        named = {place for name in self.words.findall(_spaced(address)) for place in self.by_word[name]}
        streets = {place for place in named if isinstance(place, str)}
        streets |= {street for name, street in self.street_names.items() if self._stands_in(folded, name)}
        names = [name for name in self.written if self._stands_in(folded, name)]
        longest = [name for name in names if not any(name in other for other in names if name != other)]
        found = {c for name in longest for c in self.written[name]} | {c for c in named if isinstance(c, Community)}
        written = [c for c in found if c.stood_on(day) and not self._is_street_too(c, streets)]
        communities = {c for c in written if not streets or c.street in streets}
        if written and not communities:
            right = sorted({c.street for c in written})
            raise CellError("contradiction", column="address", street=sorted(streets), right=right)
        if len(communities) == 1:
            found = communities.pop()
            return found.street, found.name
        if len(communities) > 1 and not streets:
            right = sorted(f"{c.street}{c.name}" for c in communities)
            raise CellError("ambiguous", column="address", right=right)
        if len(streets) == 1:
            return streets.pop(), None
        if not streets and folded.startswith(self.prefixes):
            return None, None  # in the district, by its own words, and no more said
        raise CellError("no_place_in_address", column="address")


def _spaced(text: str) -> str:
    """Return a text as words of scripts that set spaces are compared: without case, one space between."""
    return " ".join(vocabulary.normal(text).casefold().split())


def _without_ending(endings: Iterable[str]) -> Callable[[str], str]:
    """Return what drops the longest ending of a folded name; a name that is nothing but an ending stays."""
    return partial(re.compile(rf"(?<=.)(?:{vocabulary.any_of(map(vocabulary.fold, endings))})$").sub, "")


def _day(value: object) -> dt.date | None:
    return pd.Timestamp(value).date() if value else None


def packaged_register() -> pd.DataFrame:
    """Return the place register of Longgang District that comes with the package."""
    return pd.read_csv(PACKAGED, dtype="str", keep_default_na=False)
