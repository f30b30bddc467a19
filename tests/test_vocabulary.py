"""The vocabulary is data: its schema names the line that is wrong, and a new word needs no code."""

import re
from string import Formatter

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from making import HEADER, PROJECTS, read, shown

from src.codebook import periods, vocabulary
from src.codebook.vocabulary import HERE, VocabularyError, fold, normal, read_vocabulary


@pytest.fixture(autouse=True)
def shipped_again():
    yield
    vocabulary.read_vocabulary()  # an overlay leaves its characters behind
    vocabulary.use()


def overlay(folder, text: str):
    path = folder / "vocabulary.yml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder, text: str) -> str:
    with pytest.raises(VocabularyError) as why:
        read_vocabulary(overlay(folder, text))
    return str(why.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("district: {zh: 甲, en: A}\ncodes:\n  field:\n    sport: {zh: 体育}\n", "line 4 (codes → field → sport)"),
        ("kinds:\n  x: {zh: 甲, en: A, group: dispute}\n", "line 2 (kinds → x)"),
        ("thresholds:\n  max_file_mb: many\n", "line 2 (thresholds → max_file_mb)"),
        ("thresholds:\n  delivery_minutes: -1\n", "line 2 (thresholds → delivery_minutes)"),
        ("thresholds: {delivery_minutes: 1e400}\n", "line 1 (thresholds → delivery_minutes)"),
        ("characters:\n  龍: 龙龙\n", "line 2 (characters → 龍)"),
        ("characters: {'': a}\n", "line 1 (characters)"),
        ("personal: {names: {surnames: ''}}\n", "line 1 (personal → names → surnames)"),
        ("marks:\n  total: 合计\n", "line 2 (marks → total)"),
        ("words: {}\n", "line 1"),
        ("marks:\n  total: [合计\n", "not valid YAML"),
        ("marks:\n  total: [a]\n  total: [b]\n", "line 3: “total”写了两次，请合并为一处。 'total' is given twice"),
        ("headers:\n  projects:\n    feild: [领域]\n", "line 3: projects has no column 'feild'"),
        ("codes:\n  field:\n    traffic: {also: [治安]}\n", "'治安' stands for both"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, said):
    message = refused(tmp_path, text)
    assert message.startswith("vocabulary")
    assert said in message


@pytest.mark.parametrize(
    ("text", "column", "cell", "name", "value"),
    [
        ("headers: {projects: {field: [攻坚方向]}}", 4, None, "攻坚方向", "environment"),
        ("codes: {field: {environment: {also: [美丽家园]}}}", 4, "美丽家园", None, "environment"),
        ("marks: {flag_true: [妥]}", 5, "妥", None, True),
        ("marks: {missing: [待定]}", 6, "待定", None, None),
        ("marks: {units: {budget_cny: {百元: 100}}}", 7, "120百元", None, 12000.0),
    ],
)
def test_a_word_is_added_without_code(tmp_path, text, column, cell, name, value):
    rows = [list(HEADER), list(PROJECTS[0])]
    rows[0][column] = name or rows[0][column]
    rows[1][column] = cell or rows[1][column]
    names = ["project_id", "title", "street", "community", "field", "residents_took_part", "residents_count"]
    names += ["budget_cny", "started_on"]
    (tmp_path / "sources.yml").write_text("- {files: a.csv, table: projects}", encoding="utf-8")
    try:
        before = read(tmp_path, rows, sources=tmp_path / "sources.yml")
    except ValueError:
        before = None
    assert before is None or len(before.quarantined) == 1
    overlay(tmp_path, text)
    reading = read(tmp_path, rows, sources=tmp_path / "sources.yml")
    assert shown(reading, names[column]) == [[value]]


def test_a_total_word_and_a_new_code_are_added_without_code(tmp_path):
    overlay(tmp_path, "marks: {total: [全部]}\ncodes: {field: {sport: {zh: 体育, en: Sport}}}\n")
    (tmp_path / "sources.yml").write_text("- {files: a.csv, table: projects}", encoding="utf-8")
    row = [*PROJECTS[0][:4], "体育", *PROJECTS[0][5:]]
    reading = read(tmp_path, [HEADER, row, ["全部", *[""] * 8]], sources=tmp_path / "sources.yml")
    assert shown(reading, "field") == [["sport"]]


def test_an_overlay_changes_the_digest_and_only_what_it_names(tmp_path):
    before = read_vocabulary()
    after = read_vocabulary(overlay(tmp_path, "district: {zh: 克拉科夫, en: Kraków}"))
    assert before.digest != after.digest == read_vocabulary(tmp_path / "vocabulary.yml").digest
    assert (after.codes, after.marks, after.sentences) == (before.codes, before.marks, before.sentences)
    assert before.digest == read_vocabulary().digest


def test_every_sentence_of_the_clean_up_fills_in_the_same_words_in_both_languages():
    for key, entry in yaml.safe_load((HERE / "sentences_clean.yml").read_text(encoding="utf-8")).items():
        named = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in entry.values()]
        assert named[0] == named[1], key


def test_kinds_roll_ups_and_headers_name_what_there_is():
    words = vocabulary.current()
    for kind in words.kinds.values():
        assert set(kind.get("groups", [kind.get("group")])) <= set(words.codes["group"])
        assert kind["field"] in words.codes["field"]
    for roll_up in words.roll_ups.values():
        assert set(roll_up["groups"]) <= set(words.codes["group"])
        assert set(roll_up.get("kinds", [])) | set(roll_up.get("without_kinds", [])) <= set(words.kinds)
    for table, entry in words.tables.items():
        for column in entry["columns"].values():
            kind, _, listname = column["type"].partition(" ")
            assert not listname or words.entries(listname), (table, kind)
        assert {name for group in entry["at_least"] for name in group} <= set(words.headers[table])


def test_each_file_is_checked_by_the_schema():
    schema = yaml.safe_load((HERE / "schema.yml").read_text(encoding="utf-8"))
    parts = {"sentences" if p.stem.startswith("sentences") else p.stem for p in HERE.glob("*.yml")} - {"schema"}
    assert parts == set(schema["properties"])


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("参与人数\n（人）", "参与人数(人)"),
        (" ＡＢ１２ ", "ab12"),
        ("龍崗區", "龙岗区"),
        ("\ufeff项目\u200b编号", "项目编号"),
        ("㎡", "m2"),
    ],
)
def test_how_words_are_compared(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text):
    once = fold(text)
    assert fold(once) == once or not once.isascii()
    assert normal(normal(text)) == normal(text)


@pytest.mark.parametrize("file", sorted(HERE.glob("*.yml")), ids=lambda file: file.name)
def test_any_reader_of_yaml_reads_the_same(file):
    text = file.read_text("utf-8")
    assert yaml.load(text, yaml.SafeLoader) == yaml.load(text, yaml.CSafeLoader)


def test_a_shipped_kind_is_given_one_group_and_another_several(tmp_path):
    words = read_vocabulary(
        overlay(
            tmp_path,
            "kinds:\n  robbery: {group: public_security}\n  noise: {groups: [environment, dispute]}\n"
            "  theft: {also: [Larceny]}\n",
        )
    )
    assert (words.kinds["robbery"]["group"], "groups" in words.kinds["robbery"]) == ("public_security", False)
    assert (words.kinds["noise"]["groups"], "group" in words.kinds["noise"]) == (["environment", "dispute"], False)
    assert words.kinds["theft"]["groups"] == ["criminal", "public_security"]
    assert read_vocabulary().kinds["robbery"]["groups"] == ["criminal", "public_security"]
    assert "line 1 (kinds → theft)" in refused(tmp_path, "kinds: {theft: {group: criminal, groups: [criminal]}}\n")


def test_words_of_a_vocabulary_are_text(tmp_path):
    words = read_vocabulary(overlay(tmp_path, "kinds: {theft: {also: [NO, 12, on]}}\nmarks: {flag_true: [YES]}\n"))
    assert [words.spellings["kind"][word] for word in ("no", "12", "on")] == ["theft"] * 3
    assert "YES" in words.marks["flag_true"]


def test_an_empty_list_empties_the_shipped_one(tmp_path):
    words = read_vocabulary(overlay(tmp_path, "marks: {place_endings: [], note: [Source]}\n"))
    assert words.marks["place_endings"] == []
    assert {"Source", "注："} < set(words.marks["note"])


def test_a_city_names_its_levels_and_its_festival_in_every_sentence(tmp_path):
    own = "{street: {zh: 选区, en: ward, en_many: wards}, community: {zh: 邻里, en: estate, en_many: estates}, "
    own += "festival: {zh: 开斋节, en: Eid, en_many: Eids}}"
    words, shipped = read_vocabulary(overlay(tmp_path, f"names: {own}")), read_vocabulary()
    assert words.sentences["by.streets"] == {"zh": "选区", "en": "wards"}
    assert words.sentences["column.street"]["en"] == "Ward"
    assert words.sentences["index_title"] == shipped.sentences["index_title"]  # 社区治理: what it is about, no level
    english = re.compile(r"\b(streets?|communit(y|ies)(?! governance)|Spring Festival)\b", re.IGNORECASE)
    for key, entry in words.sentences.items():
        assert not re.search("街道|社区(?!治理)|春节", entry["zh"]), key
        assert not english.search(re.sub(r"{\w+", "", entry["en"])), key
        for lang in ("zh", "en"):
            placeholders = re.findall(r"{\w+", shipped.sentences[key][lang])
            assert re.findall(r"{\w+", entry[lang]) == placeholders, key


def test_what_a_roll_up_is_made_of_is_replaced(tmp_path):
    text = "roll_ups: {criminal_and_public_security: {zh: 噪声, groups: [environment], kinds: [noise], unit_zh: 件}}"
    rule = read_vocabulary(overlay(tmp_path, text)).roll_ups["criminal_and_public_security"]
    assert (rule["zh"], rule["groups"], rule["kinds"], rule["unit_zh"]) == ("噪声", ["environment"], ["noise"], "件")


@pytest.mark.parametrize("part", ["codes", "marks", "thresholds", "kinds", "names"])
def test_a_part_that_says_nothing_changes_nothing(tmp_path, part):
    """Without the words of a whole part every build ended in a traceback."""
    (tmp_path / "vocabulary.yml").write_text(f"{part}: {{}}", encoding="utf-8")
    own = read_vocabulary(tmp_path / "vocabulary.yml")
    assert getattr(own, part) == getattr(read_vocabulary(), part)


@pytest.mark.parametrize("text", ["共{nothing}宗", "共{n宗", "共{}宗"])
def test_a_sentence_of_ones_own_speaks_only_of_values_that_it_is_given(tmp_path, text):
    told = refused(tmp_path, f'sentences:\n  notify_more:\n    zh: "{text}"\n    en: "{{n}} more"\n')
    assert "line 3" in told and "notify_more" in told
    fine = overlay(tmp_path, 'sentences:\n  notify_more: {zh: "还有{n}条", en: "{n:,} more"}\n')
    assert read_vocabulary(fine).sentences["notify_more"]["zh"] == "还有{n}条"


def test_days_begin_in_the_zone_that_a_city_states(tmp_path, monkeypatch):
    overlay(tmp_path, "district: {zh: 波哥大, en: Bogotá}\ncalendar: {zone: America/Bogota}\n")
    monkeypatch.setattr(vocabulary, "_in_force", None)
    vocabulary.use(tmp_path)
    assert str(periods.zone()) == "America/Bogota"
    with pytest.raises(VocabularyError, match=r"vocabulary.yml, line 1: 'Mars' is no time zone"):
        read_vocabulary(overlay(tmp_path, "calendar: {zone: Mars}"))
