"""A small page for the tests of what goes with a page: its manifest, and blocks to fill in."""

from src.reports.page.content import Content
from src.reports.tables import table_of

MANIFEST = {
    "parameters": {"area": "布吉街道", "lang": "zh"}, "area_zh": "布吉街道", "area_en": "Buji Street",
    "as_of": "2021-10-05", "level": "street",
    "period_label": "2021年1—9月", "period": "2021-01-01/2021-09-30", "audience": "internal", "synthetic": True,
    "deliveries": [{"title": "项目台账", "file": "p.xlsx", "publisher": "测试", "received": "2021-10-05",
                    "sha256": "0"}],
    "code": {"commit": "abc", "changed": False},
}  # fmt: skip
OPENING = {"block": "headline", "title": "", "sentence": "", "figures": [], "findings": []}


def table(*arguments, **options):
    """Return a frame as the block that shows it as a table."""
    return {"block": "table", "table": table_of(*arguments, **options).as_json(), "svg": ""}


def page(*blocks, lang="zh", opening=OPENING, **manifest):
    """Return what a page says that holds some blocks."""
    stated = {**MANIFEST, **manifest, "parameters": {"area": "布吉街道", "lang": lang}}
    return Content("下一步做什么", stated, {**OPENING, **opening}, list(blocks))
