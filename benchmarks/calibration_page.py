"""docs/calibration.md, and its short table on the methods pages, from the rates of `benchmarks.calibration`."""

import re

import pandas as pd

from src.codebook import paths

HEADINGS = "| sentence | world | % said | ± se | draws | promise |\n|---|---|---|---|---|---|"
TITLES = {
    "false": "How often a sentence is false",
    "finds": "What a sentence finds",
    "covers": "What an interval holds",
}


def page(table: pd.DataFrame) -> str:
    """Return docs/calibration.md."""
    parts = []
    for holds, rows in table.groupby("holds", sort=False):
        lines = [f"## {TITLES[holds]}\n", HEADINGS]
        lines += [
            f"| {row.sentence} | {row.world} | {100 * row.rate:.1f} | {100 * row.error:.1f} | {row.draws} | "
            f"{'' if row.promise != row.promise else f'≤ {100 * row.promise:.0f}'} |"
            for row in rows.itertuples()
        ]
        parts.append("\n".join(lines))
    return HEAD + "\n\n".join(parts) + "\n"


HEAD = """# How often the sentences are false

Made by `./run bench calibration` on the functions that pages call (`benchmarks/calibration.py`,
`benchmarks/worlds.py`), seeded. Four years of monthly counts: the district 1,500 a month, 11 streets 150, 24 kinds
60, 111 communities 15 on average, uneven; effects: 110 communities of 11 streets over three years. In no world does
anything special happen but what a row plants. A rate is per page and family: the share of drawn worlds in which even
one such sentence stands; ± is its Monte Carlo standard error. Where no promise stands, none is made: months that hang
together, years that wander and trends are what the second level is for, and seasons that drift make more months
special. Each question is seeded by itself, so that it gives the same alone and among all. Effects are estimated from 40
communities with a project on: with some 12 their intervals held 82.5 and 75.0 % (± 6), with some 22 67.5 and 90.0 %,
in 40 draws each that were made to choose that threshold. For the word effect the months before and another outcome have
to show nothing; each shows something by chance in 5 %, so that even a large effect is called so in some 90 % at most.

"""
SHORT = {
    "unlike earlier years": (
        "不同于往年（全区、街道、种类、社区）",
        "unlike earlier years (district, streets, kinds, communities)",
    ),
    "a special month": ("四年里有特殊月份", "a special month in four years"),
    "days of the week": ("一周各天有差别", "days of the week differ"),
    "hot spots": ("热点有转移", "hot spots moved"),
    "any cell": ("项目明显少于或多于需求", "fewer or more projects than demand"),
    "any of": ("明显高于或低于其他地方", "clearly above or below other areas"),
    "the word effect": ("项目成效", "the word effect"),
}
SECTION = {
    "zh": (
        "### 这些说法错的时候有多少",
        "在模拟的“什么特别的事都没有”的世界里，各页仍会说出这些话的比例（%）；全部世界和误差见仓库中的 "
        "`docs/calibration.md`。",
        "| 说法 | 各世界平均 | 最差的世界 | 承诺 |",
    ),
    "en": (
        "### How often these sentences are false",
        "How often pages say so (%) in drawn worlds where nothing special happens; every world with its error is in "
        "`docs/calibration.md` of the repository.",
        "| sentence | mean of worlds | worst world | promise |",
    ),
}


def short(table: pd.DataFrame, lang: str) -> str:
    """Return the section of the methods page: of each sentence the mean and the worst world that has a promise."""
    heading, lead, head = SECTION[lang]
    lines = [heading, "", lead, "", head, "|---|---|---|---|"]
    false = table[table["holds"].eq("false") & table["promise"].notna()]
    for start, names in SHORT.items():
        rows = false[false["sentence"].str.startswith(start)]
        mean, worst, promise = 100 * rows["rate"].mean(), 100 * rows["rate"].max(), 100 * rows["promise"].max()
        lines.append(f"| {names[lang == 'en']} | {mean:.1f} | {worst:.1f} | ≤ {promise:.0f} |")
    return "\n".join(lines) + "\n\n"


def write(table: pd.DataFrame) -> None:
    """Write docs/calibration.md, and the section of the methods pages anew."""
    docs = paths.ROOT / "docs"
    (docs / "calibration.md").write_text(page(table), encoding="utf-8")
    for lang, (heading, *_) in SECTION.items():
        methods = docs / f"methods.{lang}.md"
        old = methods.read_text(encoding="utf-8")
        text = re.sub(rf"^{heading}\n.*?(?=^#)", "", old, flags=re.DOTALL | re.MULTILINE)
        before = text.index("\n### ", text.index("`change_verdicts`")) + 1
        methods.write_text(text[:before] + short(table, lang) + text[before:], encoding="utf-8")
