"""YAML files whose errors name the line: words are text, no key stands twice, all is held against a JSON Schema.

Keys and values are read as they are written (`NO`, `on`, `1`, `2021-01-05`); only where the schema asks for a number
or for yes and no is a text taken as such.
"""

import contextlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

# Of the files that hold the sentences themselves, and so not among them.
SAID = {
    "not_utf8": "不是 UTF-8 编码，请另存为 UTF-8。 not UTF-8; save the file in that encoding.",
    "not_yaml": "不是有效的 YAML（{what}）。 not valid YAML ({what}).",
    "twice": "“{what}”写了两次，请合并为一处。 {what!r} is given twice; keep one of them.",
    "within_itself": "*{what} 指向自身，请把内容写出来。 *{what} stands within what it repeats; write it out.",
    "too_long": "引用（*…）展开后过长，请把内容写出来。 its aliases (*…) repeat too much; write the content out.",
    "too_deep": "嵌套超过{most}层，请核对括号与缩进。 nested deeper than {most}; check brackets and indents.",
    "no_text": "键必须是一个词，不能是列表或对照表。 a key must be a word, not a list or a mapping.",
    "no_merge": "<< 后面应是 *名称 或键值对照。 << needs a mapping, such as *name.",
}
MOST_VALUES = 200_000
DEEPEST = 50
YES, NO = ("true", "yes", "on"), ("false", "no", "off")


class VocabularyError(ValueError):
    """The vocabulary or `sources.yml` cannot be used; the message names file, line, entry and what would be right."""

    exit_code = 3


def read_yaml(path: Path) -> tuple[Any, yaml.Node | None]:
    """Return a YAML file's content, all of it text, and its nodes, which know their lines."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        anchors = _anchors(text, path)
        node = yaml.compose(text, yaml.CBaseLoader)
    except UnicodeDecodeError as error:
        raise _error(path, path.read_bytes()[: error.start].count(b"\n") + 1, "not_utf8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", error)
        raise _error(path, mark.line + 1 if mark else 1, "not_yaml", what=what) from None
    return (None if node is None else _Content(path, anchors).of(node)), node


def read_schema(path: Path) -> dict:
    """Return a JSON Schema that is kept as YAML, its numbers and truths as such."""
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


def _error(path: Path, line: int, key: str, **words: Any) -> VocabularyError:
    return VocabularyError(f"{path.name}, line {line}: {SAID[key].format(**words)}")


def _anchors(text: str, path: Path) -> dict[int, str]:
    """Return the anchors by where they stand; refuse brackets without end, since to compose them ends the process."""
    depth, anchors = 0, {}
    for event in yaml.parse(text, yaml.CBaseLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise _error(path, event.start_mark.line + 1, "too_deep", most=DEEPEST)
        anchors[event.start_mark.index] = getattr(event, "anchor", None)
    return anchors


class _Content:
    """Makes texts, lists and mappings of nodes; what an alias repeats is counted as often as it stands there."""

    def __init__(self, path: Path, anchors: dict[int, str]) -> None:
        self.path, self.anchors, self.values, self.within = path, anchors, 0, []

    def of(self, node: yaml.Node) -> Any:
        """Return the content of a node; raises `VocabularyError` with its line."""
        self.values += 1
        if isinstance(node, yaml.ScalarNode):
            return node.value
        if self.values > MOST_VALUES:
            raise self._error((self.within + [node] * 2)[1], "too_long")
        if node in self.within:
            raise self._error(node, "within_itself", what=self.anchors[node.start_mark.index])
        self.within.append(node)
        found = [self.of(item) for item in node.value] if isinstance(node, yaml.SequenceNode) else self._mapping(node)
        self.within.pop()
        return found

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(key, "no_text")
            if key.value in found:
                raise self._error(key, "twice", what=key.value)
            if key.value == "<<" and not key.style:
                several = self.of(value)
                for one in several if isinstance(several, list) else [several]:
                    if not isinstance(one, dict):
                        raise self._error(key, "no_merge")
                    merged = {**one, **merged}
            else:
                found[key.value] = self.of(value)
        return {**merged, **found}

    def _error(self, node: yaml.Node, key: str, **words: Any) -> VocabularyError:
        return _error(self.path, node.start_mark.line + 1, key, **words)


def typed(content: Any, schema: dict, whole: dict | None = None) -> Any:
    """Return content with numbers, and yes and no, in place of texts where a schema asks for nothing else."""
    whole = whole or schema
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(content, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        others = others if isinstance(others, dict) else {}
        return {name: typed(value, known.get(name, others), whole) for name, value in content.items()}
    if isinstance(content, list):
        return [typed(item, schema.get("items", {}), whole) for item in content]
    return _scalar(content, schema.get("type", ())) if isinstance(content, str) else content


def _scalar(text: str, types: str | list[str]) -> Any:
    """Return a text as the number or truth that is asked for; as it is where it is none of them."""
    types, folded = [types] if isinstance(types, str) else types, text.strip().casefold()
    if "string" in types:
        return text
    if "boolean" in types and folded in YES + NO:
        return folded in YES
    if "null" in types and folded in ("null", "~", ""):
        return None
    if {"number", "integer"}.intersection(types):
        with contextlib.suppress(ValueError):
            return float(text) if set("._eE") & set(text) else int(text)
    return text


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
            node = node.value[int(step)]
            line = node.start_mark.line + 1
    return line


@cache
def _validator(schema: str) -> Callable[[Any], Any]:
    """Return what validates against a schema: to compile one takes longer than to read a file of the vocabulary."""
    import fastjsonschema

    return fastjsonschema.compile({"$schema": "http://json-schema.org/draft-07/schema", **json.loads(schema)})


def check_against(schema: dict, content: Any, node: yaml.Node | None, path: Path) -> Any:
    """Return content typed as its JSON Schema says; raises `VocabularyError`, with the line, for what it forbids."""
    import fastjsonschema

    try:
        content = typed(content, schema)
        _validator(json.dumps(schema))(content)
        return content
    except fastjsonschema.JsonSchemaValueException as error:
        steps = error.path[1:]
        where = f" ({' → '.join(map(str, steps))})" if steps else ""
        message = error.message.removeprefix(error.name).strip()
        raise VocabularyError(f"{path.name}, line {line_of(node, steps)}{where}: {message}.") from None
