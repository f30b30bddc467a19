"""One number with its interval, and the questions that every estimate has to answer first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A number with the limits between which such a number moves by itself; `p` where a test goes with it."""

    estimate: float
    lower: float
    upper: float
    p: float | None = None
    n: float | None = None
    note: str = ""


def whole_count(name: str, value: float) -> int:
    """Return a count; raises `ValueError` naming it where it is negative or not whole."""
    if value != value or value < 0 or value != int(value):
        raise ValueError(f"{name}: {value!r} is not a count; right would be a whole number, 0 or above.")
    return int(value)


def level(confidence: float) -> float:
    """Return the share left out by an interval; raises `ValueError` for what is not between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: {confidence!r} is not possible; right would lie between 0 and 1, such as 0.95.")
    return 1 - confidence
