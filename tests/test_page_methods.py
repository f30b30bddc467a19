"""The methods pages: published beside the reports, and captions that lead to them."""

import pytest
from matplotlib import pyplot as plt

from src.analysis.charts import style
from src.reports import outputs
from src.reports.describe import Words
from src.reports.html import paragraph
from src.reports.page import methods
from src.reports.run import index

TEXT = "# 方法\n\n## 变化（`period_change`、`area_changes`）\n\n公式 <b>x</b>。\n"


@pytest.fixture
def docs(tmp_path, monkeypatch):
    (tmp_path / "methods.zh.md").write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(methods, "source", lambda lang: tmp_path / f"methods.{lang}.md")
    for kept in (methods.anchors, methods.body_of):
        kept.cache_clear()
    yield
    for kept in (methods.anchors, methods.body_of):
        kept.cache_clear()


def test_each_function_of_a_heading_is_an_anchor(docs):
    assert methods.anchors("zh") == {"period_change": "变化", "area_changes": "变化"}
    assert methods.anchors("en") == {}


def test_a_caption_leads_to_its_method_where_that_is_explained(docs):
    linked = ' <a href="../methods.zh.html#area_changes">方法说明：变化</a>'
    assert methods.method_link("area_changes", "zh") == linked
    assert methods.method_link("funnel", "zh") == methods.method_link("area_changes", "en") == ""
    assert paragraph("caption", "口径。", linked) == f'<p class="caption">口径。{linked}</p>'


def test_the_pages_are_published_for_the_languages_that_have_one(docs, tmp_path):
    index.publish_methods(tmp_path)
    page = (tmp_path / "methods.zh.html").read_text(encoding="utf-8")
    assert '<h2 id="period_change"><span id="area_changes"></span>' in page
    assert "<title>方法</title>" in page
    assert "<b>x</b>" not in page
    assert not (tmp_path / "methods.en.html").exists()


def test_a_chart_says_which_function_it_draws(monkeypatch):
    shown = []
    monkeypatch.setattr(outputs, "display_block", lambda *_, **block: shown.append(block))
    others = plt.get_fignums()
    ax = style.axes()
    outputs.show(ax, words=Words("题", caption="口径。", alt="说明这幅图画的是什么内容", method="funnel"))
    assert (shown[0]["method"], shown[0]["caption"]) == ("funnel", "口径。")
    assert plt.get_fignums() == others
