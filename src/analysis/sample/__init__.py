"""The synthetic sample: a drawn district (`world`) and how its offices deliver it (`deliveries`)."""

from pathlib import Path


def draw_world(variant: str = "effect", seed: int | None = None, scale: float = 1.0):
    """Draw the synthetic district in the shape of the clean tables; see `world`."""
    from src.analysis.sample.world import draw_world as draw

    return draw(variant, seed, scale)


def write_sample(to: str | Path, variant: str = "effect", seed: int | None = None, scale: float = 1.0) -> list[Path]:
    """Write the synthetic deliveries and their sources.yml into a folder; see `deliveries`."""
    from src.analysis.sample.deliveries import write_sample as write

    return write(to, variant, seed, scale)
