"""What is different since a page was last made: its headline numbers, and what they depend on."""

from typing import Any

# What a page depends on, in the order in which a change is told.
INPUTS = ("data", "notebook", "code", "packages")


def what_changed(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return the headline numbers then and now and the inputs that differ; nothing for a page made the first time."""
    if not before.get("made_at") or not before.get("inputs"):
        return {}
    then = {name: value for name, value, _ in before.get("figures", [])}
    figures = [{"name": name, "then": then[name], "now": value} for name, value, _ in now["figures"] if name in then]
    because = [name for name in INPUTS if before["inputs"].get(name) != now["inputs"][name]]
    if before["period_label"] != now["period_label"]:
        because.append("period")
    return {"since": before["made_at"], "figures": figures, "because": because, "period": before["period_label"]}
