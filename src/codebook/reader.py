"""YAML files whose errors name the line: read with their nodes, no key twice, held against a JSON Schema."""

from pathlib import Path
from typing import Any

import yaml


class VocabularyError(ValueError):
    """The vocabulary or `sources.yml` cannot be used; the message names file, line, entry and what would be right."""

    exit_code = 3


def read_yaml(path: Path) -> tuple[Any, yaml.Node | None]:
    """Return a YAML file's content and its nodes, which know their lines; a key given twice is an error."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        node = yaml.compose(text, yaml.CSafeLoader)
        _refuse_repeated_keys(node, path)
        return yaml.load(text, yaml.CSafeLoader), node  # the safe loader, in C
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise VocabularyError(f"{path.name}, line {line}: not UTF-8; save the file in that encoding.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise VocabularyError(f"{path.name}, line {line}: not valid YAML ({error.problem}).") from None


def _refuse_repeated_keys(node: yaml.Node | None, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                raise VocabularyError(f"{path.name}, line {key.start_mark.line + 1}: {key.value!r} is given twice.")
            seen.add(key.value)
            _refuse_repeated_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item, path)


def line_of(node: yaml.Node | None, steps: list) -> int:
    """Return the 1-based line on which the entry at `steps` stands, as far as the steps lead."""
    line = node.start_mark.line + 1 if node and node.start_mark else 1
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def check_against(schema: dict, content: Any, node: yaml.Node | None, path: Path) -> None:
    """Raise `VocabularyError` for the first entry that the JSON Schema does not allow, naming its line."""
    import fastjsonschema

    try:
        fastjsonschema.validate({"$schema": "http://json-schema.org/draft-07/schema", **schema}, content)
    except fastjsonschema.JsonSchemaValueException as error:
        steps = error.path[1:]
        where = f" ({' → '.join(map(str, steps))})" if steps else ""
        message = error.message.removeprefix(error.name).strip()
        raise VocabularyError(f"{path.name}, line {line_of(node, steps)}{where}: {message}.") from None
