"""What stands beside a page: its charts, on request a Word briefing, a printed PDF. Publishing it anew deletes them."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from src.codebook import vocabulary
from src.ingest.folders import replace_file

SUFFIXES = (".docx", ".pdf", ".zip")
PRINT_SECONDS = 120  # a page takes 1 or 2
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-pdf-header-footer",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def beside(page: Path) -> list[str]:
    """Return the names of the files that stand beside a page."""
    return [file.name for suffix in SUFFIXES if (file := page.with_suffix(suffix)).is_file()]


def print_pages(pages: Iterable[Path]) -> int:
    """Print each page that has no PDF beside it, where there is a browser; return how many it could not print."""
    if chromium() is None:
        print(vocabulary.both("pdf_no_chromium"), file=sys.stderr)
        return 0
    failed = 0
    for page in pages:
        file = page.with_suffix(".pdf")
        if page.is_file() and not file.is_file():
            try:
                replace_file(file, lambda path, page=page: print_page(page, path))
            except subprocess.SubprocessError:
                cause = vocabulary.both("beside_program_failed")
                print(vocabulary.both("beside_failed", file=file, cause=cause), file=sys.stderr)
                failed += 1
    return failed


def chromium() -> str | None:
    """Return the program of the browser that prints pages, if one is installed: there is no second layout to keep."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def print_page(page: Path, to: Path) -> None:
    """Print one page; raises `subprocess.SubprocessError` where the browser fails or hangs."""
    with tempfile.TemporaryDirectory() as profile:
        command = (chromium(), *QUIET, f"--user-data-dir={profile}", f"--print-to-pdf={to}", page.as_uri())
        subprocess.run(command, capture_output=True, timeout=PRINT_SECONDS, check=True)
    if not to.read_bytes().startswith(b"%PDF"):  # it may end well and have printed nothing
        raise subprocess.SubprocessError
