"""`report --help NOTEBOOK`: what a notebook asks, and its parameters with meaning, type and default."""

import ast
import json

from src.codebook import vocabulary
from src.reports.context.notebooks import notebooks, source_of, stated_by
from src.reports.context.parameters import CHOICES, reason_why_not


def described(name: str) -> str:
    """Return the parameters of a notebook in words, read from its own cell; raises `ParameterError`."""
    notebook = notebooks([name])[0]
    content = json.loads(notebook.path.read_text(encoding="utf-8"))
    lines = [notebook.name, *notebook.titles.values(), ""]
    for parameter, default in defaults(content).items():
        allowed = ", ".join(CHOICES.get(parameter, ()))
        lines.append(f"{parameter} ({type(default).__name__}, {default!r})")
        lines.append(f"    {vocabulary.both(f'help_{parameter}', allowed=allowed)}")
    levels = {"internal": notebook.levels, "public": notebook.public}
    for audience, found in levels.items():
        for lang in vocabulary.LANGS:
            told = vocabulary.enumerated((vocabulary.sentence(f"level_{level}", lang) for level in found), lang)
            lines.append(vocabulary.sentence("help_levels", lang, audience=audience, levels=told or "—"))
    if notebook.why_not:
        lines.append(reason_why_not(notebook.why_not).strip())
    if stated_by(content).get("despite_refusal"):
        lines.append(vocabulary.both("help_despite_refusal"))
    return "\n".join([*lines, "", vocabulary.both("help_papermill", path=notebook.path.name)])


def defaults(content: dict) -> dict[str, object]:
    """Return the parameters that a notebook's tagged cell assigns, with their values."""
    for cell in content["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            statements = ast.parse(source_of(cell)).body
            return {s.targets[0].id: ast.literal_eval(s.value) for s in statements if isinstance(s, ast.Assign)}
    return {}
