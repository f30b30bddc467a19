"""Notebooks 03 to 05 where something is lacking: they run, and say what they lack instead of failing."""

import re

import pytest
from notebook_case import check, watched
from test_other_cities import DISTRICTS, PROJECTS, REGISTER, THEFTS

from src.analysis import loading
from src.codebook import paths
from src.reports.parameters import ParameterError

NAMES = ("03_incident_trends", "04_programme_effect", "05_where_next")


@pytest.fixture
def notebook(monkeypatch):
    return watched(monkeypatch)


@pytest.fixture
def city(request, tmp_path, monkeypatch):
    """Put the deliveries of another city in force: projects alone (Kraków), incidents without population (Taipei)."""
    examples = re.findall(r"```yaml\n(.*?)```", (paths.ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[-3:]
    loose = "max_quarantined_pct: 50\n  "
    files = {
        "krakow": {"districts.csv": DISTRICTS, "projects.csv": PROJECTS,
                   "sources.yml": examples[0].replace("received", f"{loose}received")},
        "taipei": {"register.csv": REGISTER, "bicycle.csv": THEFTS.encode("cp950"),
                   "sources.yml": examples[1].replace("key", f"{loose}key"), "vocabulary.yml": examples[2]},
    }[request.param]  # fmt: skip
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, content in files.items():
        (raw / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setenv("ANALYSIS_DATA", str(tmp_path))
    return request.param


LACKING = {
    ("krakow", "03_incident_trends"): (
        "没有可以比较的刑事治安警情或信访记录",
        "no police reports or petitions on record",
    ),
    ("krakow", "04_programme_effect"): ("没有警情数据", "no incidents on record"),
    ("krakow", "05_where_next"): ("没有警情、信访等数据", "no incidents on record"),
    ("taipei", "03_incident_trends"): ("登记册没有人口数", "register states no population"),
    ("taipei", "04_programme_effect"): ("没有收到项目台账", "No project register was delivered"),
    ("taipei", "05_where_next"): ("没有写明社区、领域，不比较需求与项目", "projects are not compared with demand"),
}


@pytest.mark.filterwarnings("ignore:Glyph")  # names in characters that the font at hand may lack
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("city", ["krakow", "taipei"], indirect=True)
def test_another_city_is_told_what_it_lacks(notebook, city, lang):
    for name in NAMES:
        shown = notebook(name, lang=lang)
        assert shown.texts[-1].startswith("{")  # provenance: it ran to its end
        assert LACKING[city, name][lang == "en"] in "\n".join(shown.texts)
        check_words(shown)


def check_words(shown):
    said = "\n".join(text for text in [*shown.texts, shown.opening] if not text.startswith("{"))
    assert not re.search(r"由0[宗件]增至\d{3}|应有0\.0个|(?<!\d)0个公布数|出处：。", said)


@pytest.fixture
def projects(on_sample, monkeypatch):
    """Return a function that leaves only some projects of the sample."""
    projects, whole = loading.load_projects(), loading._whole

    def leave(which):
        rows = which(projects).reset_index(drop=True)
        monkeypatch.setattr(loading, "_whole", lambda of, table: rows if table == "projects" else whole(of, table))

    return leave


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_district_without_projects_says_so(notebook, projects, lang):
    projects(lambda whole: whole.iloc[:0])
    for name, said in (("04_programme_effect", "04"), ("05_where_next", "05")):
        shown = notebook(name, lang=lang, area="district")
        check_words(shown)
        assert {"zh": "全区没有登记的治理项目", "en": "no governance project on the register"}[lang] in shown.opening, (
            said
        )
    assert "每万人" in shown.opening or "per 10,000" in shown.opening  # demand is told all the same


def test_projects_of_one_street_are_too_few_to_compare(notebook, projects):
    projects(lambda whole: whole[whole["street"].eq("坪地街道")])
    effect = notebook("04_programme_effect", lang="zh")
    assert "不作估计" in effect.opening
    assert [method for method, _, _ in effect] == []
    next_ = notebook("05_where_next", lang="zh")
    check(next_)
    assert "坪地街道" not in next_.opening.split("\n")[1]  # not where the projects are


@pytest.mark.parametrize("compare", ["2017", "2022", "2021"])
def test_a_year_without_data_is_refused_in_one_sentence(on_sample, notebook, compare):
    with pytest.raises(ParameterError) as refused:
        notebook("03_incident_trends", compare=compare, period="2021-01/2021-09")
    assert f"参数 compare：{compare}年没有可以对比的数据" in str(refused.value)
    assert "数据为2018至2021年" in str(refused.value)


@pytest.mark.parametrize("compare", ["2018", "2019", "2020"])
def test_each_year_of_the_data_may_be_compared_with(on_sample, notebook, compare):
    shown = notebook("03_incident_trends", compare=compare, period="2021-01/2021-09", lang="zh")
    check(shown)
    assert f"较{compare}年同期下降" in shown.opening


def test_years_before_the_data_take_no_part_in_a_mean(on_sample, notebook):
    shown = notebook("03_incident_trends", compare="three_year_mean", period="2020", lang="zh")
    assert "前2年同期平均（2018—2019年）" in shown.opening
    none = notebook("03_incident_trends", compare="previous_year", period="2018", lang="zh")
    assert "无对比期数据，不作比较" in none.opening
    check_words(none)
