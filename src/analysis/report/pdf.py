"""Pages as PDF, printed by Chromium as a browser's own print would; there is no second layout to keep."""

import shutil
import subprocess
import tempfile
from pathlib import Path

SECONDS = 120  # a page takes 1 or 2
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-pdf-header-footer",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def chromium() -> str | None:
    """Return the browser's program, if one is installed."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def print_page(page: Path, to: Path) -> None:
    """Print one page; raises `subprocess.SubprocessError` where the browser fails or hangs."""
    with tempfile.TemporaryDirectory() as profile:
        command = (chromium(), *QUIET, f"--user-data-dir={profile}", f"--print-to-pdf={to}", page.as_uri())
        subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
    if not to.read_bytes().startswith(b"%PDF"):  # it may end well and have printed nothing
        raise subprocess.SubprocessError
