"""Where the folders are. `ANALYSIS_DATA` moves data/ elsewhere, `ANALYSIS_REPORTS` moves reports/."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parents[1]


def data() -> Path:
    """Return the data folder; raises `RuntimeError` where the package was copied out of its repository."""
    if stated := os.environ.get("ANALYSIS_DATA"):
        return Path(stated).expanduser().resolve()
    if not (ROOT / "pyproject.toml").is_file():
        raise RuntimeError(
            f"No repository around {PACKAGE}: install it editable (pip install -e .) from a checkout, "
            "or set ANALYSIS_DATA to the folder that holds raw/ and processed/."
        )
    return ROOT / "data"


def raw() -> Path:
    """Return the deliveries in use: data/raw where it has a sources.yml, else the synthetic sample."""
    own = data() / "raw"
    return own if (own / "sources.yml").is_file() else (ROOT / "data" / "raw" / "sample")


def processed() -> Path:
    """Return the folder that the build writes the clean tables to."""
    return data() / "processed"


def quarantine(processed_folder: Path | None = None) -> Path:
    """Return the folder of rejected rows, beside the processed tables."""
    return (processed_folder or processed()).parent / "quarantine"


def notebooks() -> Path:
    """Return the folder of the notebooks."""
    return ROOT / "notebooks"


def reports(audience: str = "internal") -> Path:
    """Return the folder that reports are published in; what is for the public lies beside what is not."""
    stated = os.environ.get("ANALYSIS_REPORTS")
    folder = Path(stated).expanduser().resolve() if stated else ROOT / "reports"
    return folder if audience == "internal" else folder.with_name(f"{folder.name}-{audience}")
