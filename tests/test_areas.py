import pytest

from src.analysis.areas import AreaError, area_among, areas, areas_by_name
from src.ingest.cleaning.places import packaged_register

REGISTER = packaged_register()
KNOWN = areas_by_name(REGISTER)


def address(text: str) -> str:
    return area_among(text, KNOWN).address


@pytest.mark.parametrize("text", ["district", "龙岗区", "全区", "龍崗區", "Longgang District", " DISTRICT "])
def test_the_district(text):
    assert area_among(text, KNOWN).level == "district"


@pytest.mark.parametrize("text", ["布吉街道", "布吉", "Buji", "buji street", "布吉街道办", "BUJI"])
def test_a_street(text):
    if text == "布吉街道办":
        with pytest.raises(AreaError, match="布吉街道"):
            address(text)
    else:
        assert address(text) == "布吉街道"


@pytest.mark.parametrize(
    "text",
    ["布吉街道/龙岭社区", "布吉/龙岭", "龙岭社区", "龍嶺社區", "Longling", "Buji/Longling", "buji-longling",
     "Longling Community, Buji Street", "布吉街道龙岭社区"],
)  # fmt: skip
def test_a_community(text):
    assert address(text) == "布吉街道/龙岭社区"


def test_a_street_and_its_community_of_one_name():
    assert address("平湖") == "平湖街道"
    assert address("平湖社区") == "平湖街道/平湖社区"


def test_an_ambiguous_name_lists_both():
    for text in ("凤凰社区", "Fenghuang"):
        with pytest.raises(AreaError) as why:
            address(text)
        assert "布吉街道/凤凰社区" in str(why.value)
        assert "平湖街道/凤凰社区" in str(why.value)
    assert address("平湖墟社区") == "平湖街道/凤凰社区"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("布极街道", "布吉街道"), ("鹅公领社区", "鹅公岭社区"), ("Bujji", "布吉街道"),
        ("横岗街道/六联社区", "坪地街道/六联社区"),
    ],
)  # fmt: skip
def test_an_unknown_name_says_what_may_be_meant(text, meant):
    with pytest.raises(AreaError) as why:
        address(text)
    assert text in str(why.value)
    assert meant in str(why.value)


@pytest.mark.parametrize("text", ["", "火星", "../../etc", "/"])
def test_nonsense_is_refused(text):
    with pytest.raises(AreaError):
        address(text)


def test_every_area_is_there_once_and_found_by_its_address_label_and_slug():
    found = areas(REGISTER)
    places = REGISTER[["street", "community"]].drop_duplicates()
    assert [sum(area.level == level for area in found) for level in ("district", "street", "community")] == [
        1,
        11,
        len(places),
    ]
    assert len({area.slug for area in found}) == len({area.address for area in found}) == len(found)
    for area in found:
        assert area.slug.isascii()
        assert "/" not in area.slug
        for text in (area.address, area.slug, area.label("zh"), area.label("en")):
            if not (area.level == "community" and text == area.label("en") and "Fenghuang" in text):
                assert area_among(text, KNOWN).address == area.address


def test_a_register_without_english_names_has_slugs_of_its_own():
    plain = REGISTER[["street", "community"]].head(3)
    assert [area.slug for area in areas(plain)][:2] == ["district", "area-1"]
    assert area_among("良安田", areas_by_name(plain)).community == "良安田社区"
