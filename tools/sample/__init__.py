"""The synthetic sample: a drawn district (`world`) and how its offices deliver it (`deliveries`)."""
