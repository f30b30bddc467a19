"""The index of a site: the largest areas with their headline, a line for each place below."""

import re

from src.reports.run.index import index_html


def record(area: str, level: str, street: str | None, headline: str, **other: object) -> dict:
    titles = {"zh": "警情变化：是不是在下降", "en": "Incidents: do they fall?"}
    names = {"area_zh": area, "area_en": area.title(), "level": level, "street": street, "area": area}
    shown = {"lang": "zh", "stem": "03_x", "notebook": "03_x", "titles": titles, "headline": headline, "beside": []}
    made = {"status": "good", "made_at": "2021-11-05T06:00:00", "period_label": "2021年", "since": "", "reason": ""}
    return {**names, **shown, **made, **other}


SITE = {
    "district/03_x.zh.html": record("district", "district", None, "龙岗区下降28.4%。"),
    "buji/03_x.zh.html": record("buji", "street", "布吉街道", "布吉街道下降27.9%。", status="stale", reason="缺9月"),
    "longling/03_x.zh.html": record("longling", "community", "布吉街道", "龙岭社区由106宗降至71宗。"),
}


def entries(html: str) -> dict[str, str]:
    return dict(re.findall(r'<section class="area[^"]*" id="(\w+)">(.*?)</section>', html, re.S))


def test_the_district_opens_with_its_headline_and_a_place_is_one_line():
    found = entries(index_html(SITE, {}, {}))
    assert list(found) == ["district", "buji", "longling"]
    assert "龙岗区下降28.4%。" in found["district"]
    assert ">警情变化：是不是在下降</a>" in found["district"]
    for place in ("buji", "longling"):
        assert "下降27.9%" not in found[place] and "降至" not in found[place]
        assert ">警情变化</a>" in found[place]


def test_a_page_that_is_not_up_to_date_says_why_on_the_line_of_its_place():
    assert "缺9月" in entries(index_html(SITE, {}, {}))["buji"]


def test_places_open_with_their_headlines_where_there_is_nothing_larger():
    streets = {page: its for page, its in SITE.items() if its["level"] == "street"}
    assert "布吉街道下降27.9%。" in entries(index_html(streets, {}, {}))["buji"]
