"""The charts of a page to be used elsewhere: each as SVG of its own and its data as CSV, in one archive."""

import io
import zipfile

from src.reports.page.content import Content
from src.reports.pictures import standalone
from src.reports.tables import Table

EPOCH = (1980, 1, 1, 0, 0, 0)


def archive(files: dict[str, bytes]) -> bytes:
    """Return a zip of files by name; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def figures_bytes(content: Content) -> bytes:
    """Return the charts of a page as an archive, each file called as its chart is linked; nothing without charts."""
    files = {}
    for block in content.blocks:
        if block["block"] == "figure" and block["svg"]:
            files[f"{block['name']}.svg"] = standalone(block["svg"]).encode()
            if block["table"]:
                files[f"{block['name']}.csv"] = Table.read(block["table"]).csv()
    return archive(files) if files else b""
