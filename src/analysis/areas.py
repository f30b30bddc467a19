"""The areas that reports are made for: the district, its streets, their communities, and what people call them."""

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

from src.codebook import vocabulary
from src.ingest.cleaning.places import Places

__all__ = ["AreaError"]


class AreaError(ValueError):
    """An area that the register does not have; the message says what would be right."""

    exit_code = 2


@dataclass(frozen=True)
class Area:
    """A district, street or community; `slug` is its name in addresses, plain ASCII."""

    level: str
    street: str | None
    community: str | None
    label_zh: str
    label_en: str
    slug: str

    def label(self, lang: str) -> str:
        """Return its name in a language."""
        return self.label_zh if lang == "zh" else self.label_en

    @property
    def address(self) -> str:
        """How a parameter names it without doubt: `district`, 布吉街道, 布吉街道/龙岭社区."""
        return "/".join(filter(None, (self.street, self.community))) or "district"


def areas(communities: pd.DataFrame) -> list[Area]:
    """Return every area of a register in its official order: the district, each street, each of its communities."""
    district = vocabulary.current().district
    found = [Area("district", None, None, district["zh"], district["en"], "district")]
    for street, rows in _stated(communities).groupby("street", sort=False):
        english = rows["street_en"].iloc[0] or street
        slug = _slug(english) or f"area-{len(found)}"
        found.append(Area("street", street, None, street, f"{english} Street", slug))
        for row in rows.drop_duplicates("community").to_dict("records"):
            name = row["community_en"] or row["community"]
            tail = _slug(name) or row["community_code"] or str(len(found))
            label = f"{name} Community, {english} Street"
            found.append(
                Area("community", street, row["community"], street + row["community"], label, f"{slug}-{tail}")
            )
    return found


def area_among(text: str, known: dict[str, list[Area]]) -> Area:
    """Return the area that a person means out of `areas_by_name`: `district`, 布吉街道, 布吉街道/龙岭社区, aliases.

    Raises `AreaError` with what would be right: the likely names, or both places where two streets have the name.
    """
    asked = _asked(text)
    found = known.get(asked, [])
    if len(found) == 1:
        return found[0]
    if found:
        options = [area.address for area in found]
        raise AreaError(vocabulary.both("area_ambiguous", value=text, options=options))
    close = [asked.rpartition("/")[2], *difflib.get_close_matches(asked, known, 3, cutoff=0.5)]  # of another street
    likely = list(dict.fromkeys(area.address for name in close for area in known.get(name, ())))[:4]
    raise AreaError(vocabulary.both("area_unknown", value=text, likely=likely or "district"))


def _asked(text: str) -> str:
    return vocabulary.fold(str(text)).replace(",", "/")


def areas_by_name(communities: pd.DataFrame) -> dict[str, list[Area]]:
    """Return which areas each name may mean."""
    place = Places(communities)
    known: dict[str, list[Area]] = defaultdict(list)
    rows = {(r["street"], r["community"]): r for r in _stated(communities).to_dict("records")}
    for area in areas(communities):
        names = {area.slug, area.label_zh, area.label_en, area.address}
        if area.level == "district":
            names |= {"全区"}
        elif area.level == "street":
            names |= {place.street_stem(vocabulary.fold(area.street)), area.label_en.removesuffix(" Street")}
        else:
            names |= _community_names(rows[area.street, area.community], place)
        for name in map(_asked, names):
            if area not in known[name]:
                known[name].append(area)
    # 平湖 is a street and a community of it: the bare name means the larger one, 平湖社区 the smaller.
    return {name: [a for a in found if a.level == "street"] or found for name, found in known.items()}


def _community_names(row: dict[str, str], place: Places) -> set[str]:
    stem = place.stem(vocabulary.fold(row["community"]))
    own = {row["community"], stem, row["community_en"], row["community_code"], *row["aliases"].split(";")} - {""}
    streets = {row["street"], place.street_stem(vocabulary.fold(row["street"])), row["street_en"]} - {""}
    return own | {f"{street}/{name}" for street in streets for name in own}


def _stated(communities: pd.DataFrame) -> pd.DataFrame:
    """Return the names of a register as text, nothing where it states none."""
    names = ["street", "street_en", "community", "community_en", "community_code", "aliases"]
    return communities.reindex(columns=names).astype("str").fillna("")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("'", "")).strip("-")
