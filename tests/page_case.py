"""A small page for the tests of what goes with a page: its manifest, and a body to fill in."""

import html
import json

MANIFEST = {
    "parameters": {"area": "布吉街道", "lang": "zh"}, "area_zh": "布吉街道", "area_en": "Buji Street",
    "as_of": "2021-10-05",
    "period_label": "2021年1—9月", "period": "2021-01-01/2021-09-30", "audience": "internal", "synthetic": True,
    "deliveries": [{"title": "项目台账", "file": "p.xlsx", "publisher": "测试", "received": "2021-10-05"}],
    "code": {"commit": "abc", "changed": False},
}  # fmt: skip


def page(*parts, lang="zh", **manifest):
    stated = html.escape(json.dumps({**MANIFEST, **manifest, "parameters": {"area": "布吉街道", "lang": lang}}))
    body = "".join(parts)
    return (
        f'<html><body><h1>下一步做什么</h1><main>{body}</main><template id="manifest">{stated}</template></body></html>'
    )
