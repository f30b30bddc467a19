"""What offices write for a place → the register's street and community, by the packaged register; never a guess."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import as_csv, as_xlsx, read, shown

from src.codebook import vocabulary
from src.ingest.batch import CellError, explained
from src.ingest.cleaning.places import Places, packaged_register

REGISTER = packaged_register()
PLACES = Places(REGISTER)
EGONGLING = ("平湖街道", "鹅公岭社区")
BEFORE, AFTER = dt.date(2021, 3, 5), dt.date(2023, 3, 5)


def place(street="", community="", address="", day=BEFORE):
    return PLACES.resolve(street, community, address, day)


def refused(*asked, **more) -> CellError:
    with pytest.raises(CellError) as why:
        place(*asked, **more)
    return why.value


@pytest.mark.parametrize(
    "street", ["平湖街道", "平湖", "平湖街道办事处", "平湖街道办", "平湖街办", "龙岗区平湖街道", "", "Pinghu"]
)
@pytest.mark.parametrize(
    "community",
    ["鹅公岭社区", "鹅公岭", "鹅公岭居委会", "鹅公岭社区居委会", "鹅公岭社区工作站", "鵝公嶺社區", " 鹅公岭 社区 ",
     "Egongling",
     "440307003006", "平湖街道鹅公岭社区", "平湖街道办鹅公岭", "龙岗区平湖街道鹅公岭社区",
     "平湖街道-鹅公岭社区"],
)  # fmt: skip
def test_names_with_and_without_what_may_stand_around_them(street, community):
    assert place(street, community) == EGONGLING


def test_street_and_community_in_one_cell_of_either_column():
    assert place("平湖街道鹅公岭社区", "") == EGONGLING
    assert place("", "深圳市龙岗区平湖街道鹅公岭社区") == EGONGLING


def test_both_cells_say_the_same_of_the_place():
    """A community in the street's cell, or a street in the community's, was passed over."""
    assert place("平湖街道（原平湖镇）", "鹅公岭") == place("平湖街道鹅公岭社区", "鹅公岭社区") == EGONGLING
    for street, community in (("平湖街道鹅公岭社区", "凤凰社区"), ("布吉街道", "平湖街道凤凰社区")):
        assert refused(street, community).code == "contradiction"
    assert refused("平湖街道、布吉街道", "鹅公岭社区").code == "unknown_community"


def test_a_street_alone_and_nothing_at_all():
    assert place("平湖街道") == ("平湖街道", None)
    assert place("平湖街道", "不详") == ("平湖街道", None)
    assert place() == place("未知", "——") == (None, None)


def test_known_aliases_and_codes():
    assert place("", "平湖墟社区") == ("平湖街道", "凤凰社区")


def test_communities_of_one_name_are_told_apart_by_their_street():
    assert place("布吉街道", "凤凰社区") == ("布吉街道", "凤凰社区")
    assert place("平湖街道", "凤凰社区") == ("平湖街道", "凤凰社区")
    assert place("", "平湖街道凤凰社区") == ("平湖街道", "凤凰社区")
    why = refused("", "凤凰社区")
    assert why.code == "ambiguous"
    assert {"布吉街道凤凰社区", "平湖街道凤凰社区"} <= set(why.words["right"])


def test_what_a_reason_lists_is_joined_as_its_language_does():
    why = refused("", "凤凰社区")
    told = explained(why.code, **why.words)
    assert told["reason_zh"].endswith("平湖街道凤凰社区、布吉街道凤凰社区")
    assert told["reason"].endswith("平湖街道凤凰社区, 布吉街道凤凰社区")


@pytest.mark.parametrize(
    ("street", "community", "reason", "words"),
    [
        ("布吉街道", "鹅公岭社区", "contradiction", {"right": ["平湖街道"]}),
        ("布吉街道", "平湖街道鹅公岭社区", "contradiction", {"right": ["平湖街道"]}),
        ("平湖街道", "鹅公领社区", "unknown_community", {"likely": ["鹅公岭社区"]}),
        ("平湖街道", "阿斯顿", "unknown_community", {"likely": ["—"]}),
        ("平胡街道", "鹅公岭社区", "unknown_street", {"likely": ["平湖街道"]}),
        ("平湖街道", "王小明", "unknown_community", {"likely": ["—"]}),
    ],
)
def test_what_contradicts_or_is_unknown_is_set_aside_with_the_likely_name(street, community, reason, words):
    why = refused(street, community)
    assert why.code == reason
    assert words.items() <= why.words.items()


def test_a_street_and_a_community_of_one_name():
    assert place("平湖", "平湖") == ("平湖街道", "平湖社区")
    assert place("", "平湖社区") == ("平湖街道", "平湖社区")
    assert place("平湖") == ("平湖街道", None)


@pytest.mark.parametrize(
    ("former", "community", "today"),
    [("布吉街道", "水径社区", "吉华街道"), ("横岗街道", "安良社区", "园山街道"), ("龙岗街道", "同乐社区", "宝龙街道")],
)
def test_streets_before_the_split_resolve_by_their_community(former, community, today):
    assert place(former, community) == place(today, community) == (today, community)
    assert refused("坪地街道", community).code == "contradiction"


def test_the_register_knows_the_streets_before_the_split():
    assert {"布吉街道", "横岗街道", "龙岗街道"} <= set(REGISTER["former_street"])


def test_communities_that_were_split_go_by_the_day_of_the_record():
    assert place("横岗街道", "六约社区", day=BEFORE) == ("横岗街道", "六约社区")
    assert place("横岗街道", "六约北社区", day=AFTER) == ("横岗街道", "六约北社区")
    assert refused("横岗街道", "六约社区", day=AFTER).code == "not_standing"
    assert refused("横岗街道", "六约北社区", day=BEFORE).code == "not_standing"
    assert place("横岗街道", "六约社区", day=None) == ("横岗街道", "六约社区")
    cluster = REGISTER.set_index("community")["comparable_cluster"]
    assert len(set(cluster[["六约社区", "红棉社区", "六约北社区", "六约南社区", "塘坑社区"]])) == 1
    assert cluster["志盛社区"] == cluster["华侨新村社区"] != ""


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("深圳市龙岗区平湖街道鹅公岭社区东深公路12号", EGONGLING),
        ("龙岗区鹅公岭社区某花园3栋", EGONGLING),
        ("平湖街道富安大道88号", ("平湖街道", None)),
        ("龙岗区平湖街道凤凰社区新园路", ("平湖街道", "凤凰社区")),
        ("深圳市龙岗区某路1号", (None, None)),
        ("不详", (None, None)),
    ],
)
def test_a_place_inside_an_address(address, found):
    assert place(address=address) == found


@pytest.mark.parametrize(
    ("address", "reason"),
    [("布吉街道鹅公岭社区", "contradiction"), ("凤凰社区某花园", "ambiguous"), ("东莞市塘厦镇", "no_place_in_address"),
     ("某花园3栋", "no_place_in_address")],
)  # fmt: skip
def test_an_address_that_says_too_little_or_two_things(address, reason):
    assert refused(address=address).code == reason


def test_columns_of_their_own_go_before_an_address():
    assert place("平湖街道", "鹅公岭社区", "布吉街道某路") == EGONGLING


def test_another_citys_register():
    places = Places(pd.DataFrame({"street": ["Podgórze", "Nowa Huta"], "community": ["Podgórze", "Nowa Huta"]}))
    assert places.resolve("podgórze", "") == ("Podgórze", None)
    assert places.resolve("", "NOWA HUTA") == ("Nowa Huta", "Nowa Huta")


def test_every_official_name_of_the_register_is_itself():
    for row in REGISTER.to_dict("records"):
        day = dt.date(2023, 1, 1) if row["valid_from"] else dt.date(2021, 1, 1)
        assert place(row["street"], row["community"], day=day) == (row["street"], row["community"])


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=20))
def test_any_text_is_a_place_of_the_register_or_refused(street, community, address):
    known = set(zip(REGISTER["street"], REGISTER["community"], strict=True)) | {(s, None) for s in REGISTER["street"]}
    try:
        assert place(street, community, address) in known | {(None, None)}
    except CellError as why:
        assert why.code


@pytest.mark.parametrize(
    ("street", "community"),
    [
        ("", "平湖街道（鹅公岭社区）"),
        ("平湖街道（鹅公岭社区）", ""),
        ("", "鹅公岭社区（平湖街道）"),
        ("平湖街道", "鹅公岭（平湖）"),
        ("", "平湖【鹅公岭】"),
        ("", "平湖-鹅公岭"),
        ("", "龙岗区平湖街道（鹅公岭）"),
        ("", "（平湖街道）鹅公岭社区"),
        ("", "[平湖]鹅公岭"),
        ("【平湖街道】", "（鹅公岭社区）"),
    ],
)
def test_a_place_in_brackets_or_behind_a_mark(street, community):
    assert place(street, community) == EGONGLING


@pytest.mark.parametrize("community", ["鹅公岭社区（布吉街道）", "平湖街道（鹅公领社区）", "鹅公岭社区（旧）"])
def test_brackets_that_contradict_or_name_no_place_are_set_aside(community):
    assert refused("", community).code in ("contradiction", "unknown_community")


WESTERN = Places(
    pd.DataFrame(
        [
            ("Nowa Huta", "Nowa Huta"),
            ("Stare Miasto", "Kazimierz"),
            ("Stare Miasto", "Stare Miasto"),
            ("Łęg", "Łęg"),
            ("Hill Top", "Hill"),
        ],
        columns=["street", "community"],
    )
)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("Nowa Huta", ("Nowa Huta", "Nowa Huta")),
        ("os. Górali 5,  NOWA  HUTA, Kraków", ("Nowa Huta", "Nowa Huta")),
        ("Stare Miasto 12", ("Stare Miasto", None)),  # the street, or its community of that name
        ("Józefa 3, Kazimierz", ("Stare Miasto", "Kazimierz")),
        ("Łęg-2", ("Łęg", "Łęg")),
        ("Hill Top", ("Hill Top", None)),
        ("The Hill, Hill Top", ("Hill Top", "Hill")),
        ("n/a", (None, None)),
    ],
)
def test_names_of_scripts_with_spaces_are_found_in_an_address_as_whole_words(address, found):
    assert WESTERN.resolve("", "", address) == found


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("Nowahutska 3", "no_place_in_address"),
        ("Kazimierza Wielkiego 3", "no_place_in_address"),
        ("Kazimierz, Hill", "ambiguous"),
        ("Hilltop", "no_place_in_address"),
    ],
)
def test_parts_of_words_and_several_places_are_not_taken(address, code):
    with pytest.raises(CellError) as why:
        WESTERN.resolve("", "", address)
    assert why.value.code == code


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("萬華區青年路1號", ("萬華區", None)),
        ("臺北市萬華區新忠里青年路1號", ("萬華區", "新忠里")),
        ("新忠里", ("萬華區", "新忠里")),
    ],
)
def test_names_without_a_known_ending_are_found_in_an_address(address, found):
    places = Places(pd.DataFrame([("萬華區", "新忠里"), ("萬華區", "日祥里")], columns=["street", "community"]))
    assert places.resolve("", "", address) == found


@pytest.mark.parametrize("address", ["大梅沙路1号", "大梅沙大道", "梅沙"])
def test_a_road_that_has_the_name_of_a_place_does_not_name_it(address):
    places = Places(pd.DataFrame([("大梅沙", "小梅沙")], columns=["street", "community"]))
    with pytest.raises(CellError) as why:
        places.resolve("", "", address)
    assert why.value.code == "no_place_in_address"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("福田区龙岭社区", None),
        ("东莞市塘厦镇龙岭社区", None),
        ("广东省惠州市龙岭社区", None),
        ("深圳市龙岗区龙岭社区", ("布吉街道", "龙岭社区")),
        ("布吉市场旁龙岭社区", ("布吉街道", "龙岭社区")),
        ("翠湖小区（龙岭社区）", ("布吉街道", "龙岭社区")),
        ("龙岗区政府旁布吉街道", ("布吉街道", None)),
    ],
)
def test_an_address_in_another_city_or_district_is_none_of_ours(address, found):
    if found:
        assert place(address=address) == found
    else:
        assert refused(address=address).code == "no_place_in_address"


def test_two_streets_or_communities_that_differ_by_their_endings_alone_are_two(tmp_path):
    """嘉義市 was taken for 嘉義縣, the last of the register that is called so without its ending."""
    own = "marks: {street_endings: [市, 縣], place_endings: [鎮, 市, 鄉], district_prefixes: []}"
    (tmp_path / "vocabulary.yml").write_text(own, encoding="utf-8")
    vocabulary.use(tmp_path)
    rows = [("嘉義市", "東區"), ("嘉義縣", "水上鄉"), ("彰化縣", "員林鎮"), ("彰化縣", "員林市")]
    places = Places(pd.DataFrame(rows, columns=["street", "community"]))
    for street in ("嘉義市", "嘉義縣"):
        assert places.resolve(street, "") == places.resolve("", "", f"{street}中正路1號") == (street, None)
    assert places.resolve("嘉義市", "東區") == ("嘉義市", "東區")
    assert places.resolve("彰化縣", "員林市") == ("彰化縣", "員林市")
    for asked in (("嘉義", ""), ("彰化縣", "員林")):
        with pytest.raises(CellError, match=r"unknown_street|ambiguous"):
            places.resolve(*asked)


COUNTS = ["街道", "社区", "月份", "警情类别", "警情种类", "数量"]


def counts(*rows: tuple) -> list[list]:
    return [COUNTS, *([*place, f"2021-0{n}", "刑事警情", "盗窃", str(n)] for n, place in enumerate(rows, 1))]


@pytest.mark.parametrize("form", [as_csv, as_xlsx])
def test_a_place_that_is_written_once_is_that_of_the_lines_below(tmp_path, form):
    rows = counts(("坪地街道", "坪东社区"), ("", ""), ("", ""), ("横岗街道", "六约社区"), ("", ""), ("", ""))
    reading = read(tmp_path, form(rows), table="incidents")
    assert shown(reading, "street", "community") == [["坪地街道", "坪东社区"]] * 3 + [["横岗街道", "六约社区"]] * 3
    assert ["was filled into 4 of the lines below (line 3, 4, 6, 7)" in said for said in reading.warnings] == [True]


def test_a_place_that_is_written_once_heads_the_months_of_a_wide_table(tmp_path):
    rows = [
        ["街道", "警情种类", "1月", "2月"],
        ["坪地街道", "盗窃", "", "6"],
        ["", "抢劫", "1", "2"],
        ["", "抢夺", "", "3"],
    ]
    source = {"constants": {"group": "criminal"}, "periods": {"year": 2021}}
    reading = read(tmp_path, rows, table="incidents", sources=source)
    assert shown(reading, "street", "incident_count") == [["坪地街道", n] for n in (6, 1, 2, 3)]


@pytest.mark.parametrize(
    "rows",
    [
        [("坪地街道", ""), ("", ""), ("横岗街道", ""), ("横岗街道", ""), ("", ""), ("", "")],  # it comes again
        [("", ""), ("坪地街道", ""), ("", ""), ("横岗街道", ""), ("", "")],  # none heads the first
        [("坪地街道", ""), ("横岗街道", ""), ("布吉街道", ""), ("", "")],  # few are empty
        [("坪地街道", "坪东社区"), ("坪地街道", ""), ("横岗街道", ""), ("横岗街道", "")],  # the street is all they say
    ],
)
def test_a_place_that_is_left_open_stays_so(tmp_path, rows):
    reading = read(tmp_path, counts(*rows), table="incidents")
    assert shown(reading, "street", "community") == [[street or None, community or None] for street, community in rows]
    assert reading.warnings == []


def test_a_line_that_names_its_place_itself_takes_no_street_from_above(tmp_path):
    rows = counts(("坪地街道", ""), ("", "布吉街道凤凰社区"), ("", "龙岭社区"), ("", ""))
    reading = read(tmp_path, rows, table="incidents")
    assert shown(reading, "street", "community") == [
        ["坪地街道", None], ["布吉街道", "凤凰社区"], ["布吉街道", "龙岭社区"], ["坪地街道", None],
    ]  # fmt: skip
    assert ["1 of the lines below (line 5)" in said for said in reading.warnings] == [True]
