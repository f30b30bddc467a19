"""What stands beside a page on request: a Word briefing of it, a printed PDF. Publishing the page anew deletes them."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from src.analysis import vocabulary
from src.analysis.folders import replace_file
from src.analysis.report.records import OtherForm

SUFFIXES = (".docx", ".pdf")


def beside(page: Path) -> list[str]:
    """Return the names of the files that stand beside a page."""
    return [file.name for suffix in SUFFIXES if (file := page.with_suffix(suffix)).is_file()]


def make_beside(pages: Iterable[Path], suffix: str, write: Callable[[Path, Path], object]) -> int:
    """Have the file of a kind written for each page that has none; return for how many that could not be done."""
    failed = 0
    for page in pages:
        file = page.with_suffix(suffix)
        if page.is_file() and not file.is_file():
            try:
                replace_file(file, lambda path, page=page: write(page, path))
            except (OtherForm, subprocess.SubprocessError) as error:
                cause = error if isinstance(error, OtherForm) else vocabulary.both("beside_program_failed")
                print(vocabulary.both("beside_failed", file=file, cause=cause), file=sys.stderr)
                failed += 1
    return failed
