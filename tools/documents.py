"""What the documentation takes from the code: the data dictionary, and the README's chart in both languages."""

from collections.abc import Iterator
from pathlib import Path

from src.codebook import paths, tables, vocabulary

SOURCE_TEXT = {
    "source_file": ("交付文件", "Delivered file"),
    "source_sheet": ("工作表；文本文件为空", "Sheet; empty for text"),
    "source_line": ("物理行号，从1开始", "Physical line, counted from 1"),
}


def write_documents() -> Iterator[Path]:
    """Write each document below the repository and yield its path; the chart shows the data in use."""
    described = paths.ROOT / "data" / "README.md"
    described.write_text(dictionary(), encoding="utf-8", newline="\n")
    yield described
    for lang in vocabulary.LANGS:
        chart = paths.ROOT / "docs" / f"trend.{lang}.png"
        chart.write_bytes(trend(lang))
        yield chart


def dictionary() -> str:
    """Return the data dictionary (data/README.md) as Markdown, in both languages."""
    parts = [vocabulary.sentence("dictionary_top", "zh"), "", vocabulary.sentence("dictionary_top", "en"), ""]
    for table in tables.table_names():
        row = vocabulary.current().tables[table]["row"]
        keys = ", ".join(f"`{name}`" for name in tables.key(table))
        parts += [f"## {table}", "", f"{row['zh']} {row['en']}", "", f"主键 Key: {keys}", ""]
        parts += ["| 列 Column | 类型 Type | 单位 Unit | 含义 Meaning | 可取值 Allowed values | 空值 Missing means |"]
        parts += ["|---|---|---|---|---|---|"]
        parts += [_dictionary_line(column) for column in tables.columns(table).values()]
        parts += [
            f"| `{name}` | {dtype} | | {SOURCE_TEXT[name][0]}。{SOURCE_TEXT[name][1]}. | | |"
            for name, dtype in tables.SOURCE.items()
        ]
        parts.append("")
    return "\n".join(parts)


def _dictionary_line(column: tables.Column) -> str:
    def two(entry: dict | None) -> str:
        return f"{entry['zh']} / {entry['en']}" if entry else ""

    entries = vocabulary.current().entries(column.listname) if column.listname else {}
    allowed = "<br>".join(f"`{code}` {entry['zh']} / {entry['en']}" for code, entry in entries.items())
    missing = "不允许为空 / never missing" if column.required else two(column.text.get("missing"))
    meaning = f"{column.text['zh']}。{column.text['en']}."
    kind = f"{column.type} → `{column.dtype}`"
    return f"| `{column.name}` | {kind} | {two(column.text.get('unit'))} | {meaning} | {allowed} | {missing} |"


def trend(lang: str) -> bytes:
    """Return the chart that the README shows: headline reports of the last year by month, beside the years before."""
    import matplotlib.pyplot as plt

    from src.analysis.charts.style import wrap
    from src.analysis.charts.trends import plot_monthly_counts
    from src.analysis.loading import load_incidents
    from src.analysis.stats.counts import HEADLINE, monthly_counts, roll_up_mask
    from src.ingest.store import build
    from src.reports import describe
    from src.reports.pictures import png

    incidents = load_incidents()
    name = vocabulary.label("roll_up", HEADLINE, lang)
    if build().synthetic:
        name = vocabulary.sentence("synthetic_name", lang, name=name)
    monthly = monthly_counts(incidents[roll_up_mask(incidents, HEADLINE)])
    ax = plot_monthly_counts(monthly, lang=lang)
    ax.set_title(wrap(describe.monthly(monthly, lang, name).title, 30))
    drawn, _ = png(ax.figure)
    plt.close(ax.figure)
    return drawn
