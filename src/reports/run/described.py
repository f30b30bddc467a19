"""`report --help NOTEBOOK`: what a notebook asks, and its parameters with meaning, type and default."""

from src.codebook import vocabulary
from src.reports.context.notebooks import notebooks
from src.reports.parameters import CHOICES, reason_why_not


def described(name: str) -> str:
    """Return the parameters of a notebook in words, read from its own cell; raises `ParameterError`."""
    notebook = notebooks([name])[0]
    lines = [notebook.name, *notebook.titles.values(), ""]
    for parameter, default in notebook.defaults.items():
        allowed = ", ".join(CHOICES.get(parameter, ()))
        lines.append(f"{parameter} ({type(default).__name__}, {default!r})")
        about = "own" if parameter in notebook.own else parameter
        lines.append(f"    {vocabulary.both(f'help_{about}', allowed=allowed, name=parameter)}")
    levels = {"internal": notebook.levels, "public": notebook.public}
    for audience, found in levels.items():
        for lang in vocabulary.LANGS:
            levels = vocabulary.enumerated((vocabulary.sentence(f"level_{level}", lang) for level in found), lang)
            lines.append(vocabulary.sentence("help_levels", lang, audience=audience, levels=levels or "—"))
    if notebook.why_not:
        lines.append(reason_why_not(notebook.why_not).strip())
    if notebook.despite_refusal:
        lines.append(vocabulary.both("help_despite_refusal"))
    return "\n".join([*lines, "", vocabulary.both("help_papermill", path=notebook.path.name)])
