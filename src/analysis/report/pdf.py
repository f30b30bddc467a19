"""Pages as PDF, printed by Chromium as a browser's own print would; there is no second layout to keep."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from src.analysis import vocabulary

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-pdf-header-footer",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def chromium() -> str | None:
    """Return the browser's program, if one is installed."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def print_pages(pages: Sequence[Path]) -> None:
    """Print pages beside themselves as PDF, those that have changed since they were last printed."""
    program = chromium()
    if program is None:
        print(vocabulary.both("pdf_no_chromium"), file=sys.stderr)
        return
    for page in pages:
        printed = page.with_suffix(".pdf")
        if page.is_file() and not (printed.is_file() and printed.stat().st_mtime >= page.stat().st_mtime):
            print_page(program, page, printed)


def print_page(program: str, page: Path, printed: Path) -> None:
    """Print one page; the PDF is moved into place when it is whole."""
    with tempfile.TemporaryDirectory() as profile:
        beside = printed.with_name(f".{printed.name}")
        command = (program, *QUIET, f"--user-data-dir={profile}", f"--print-to-pdf={beside}", page.as_uri())
        subprocess.run(command, capture_output=True, timeout=120, check=True)
        beside.replace(printed)
