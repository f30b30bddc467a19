"""YAML files whose errors name the line: words are text, no key stands twice, all is held against a JSON Schema.

Keys and values are read as they are written (`NO`, `on`, `1`, `2021-01-05`); only where the schema asks for a number
or for yes and no is a text taken as such. A city's own words are laid over those shipped.
"""

import contextlib
import difflib
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

# Of the files that hold the sentences themselves, and so not among them.
MESSAGES = {
    "not_utf8": "不是 UTF-8 编码，请另存为 UTF-8。 not UTF-8; save the file in that encoding.",
    "not_yaml": "不是有效的 YAML（{what}）。 not valid YAML ({what}).",
    "twice": "“{what}”写了两次，请合并为一处。 {what!r} is given twice; keep one of them.",
    "alias": "不支持引用（*{what}），请把内容写出来。 *{what} refers to another place; write its content out.",
    "too_deep": "嵌套超过{most}层，请核对括号与缩进。 nested deeper than {most}; check brackets and indents.",
    "no_text": "键必须是一个词，不能是列表或对照表。 a key must be a word, not a list or a mapping.",
    "unknown": "没有“{what}”这个键；可用：{known}。 unknown key {what!r}; right would be one of {known}.",
    "unknown_like": "没有“{what}”这个键；是不是“{likely}”？ unknown key {what!r}; did you mean {likely!r}?",
}
DEEPEST = 50
# What an entry may state in one of several ways: where a city states one, those shipped do not stay beside it.
INSTEAD = {"kinds": {"group", "groups"}, "roll_ups": {"groups", "kinds", "without_kinds"}}
YES, NO = ("true", "yes", "on"), ("false", "no", "off")


class VocabularyError(ValueError):
    """The vocabulary or `sources.yml` cannot be used; the message names file, line, entry and what would be right."""

    exit_code = 3


def read_yaml(path: Path) -> tuple[Any, yaml.Node | None]:
    """Return a YAML file's content, all of it text, and its nodes, which know their lines."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        _refuse_aliases_and_depth(text, path)
        node = yaml.compose(text, yaml.CBaseLoader)
    except UnicodeDecodeError as error:
        raise _error(path, path.read_bytes()[: error.start].count(b"\n") + 1, "not_utf8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", error)
        raise _error(path, mark.line + 1 if mark else 1, "not_yaml", what=what) from None
    return (None if node is None else _content(node, path)), node


def read_schema(path: Path) -> dict:
    """Return a JSON Schema that is kept as YAML, its numbers and truths as such."""
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


def _error(path: Path, line: int, key: str, **words: Any) -> VocabularyError:
    return VocabularyError(f"{path.name}, line {line}: {MESSAGES[key].format(**words)}")


def _refuse_aliases_and_depth(text: str, path: Path) -> None:
    """Refuse what grows when it is read: aliases, and brackets without end, which no composer survives."""
    depth = 0
    for event in yaml.parse(text, yaml.CBaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise _error(path, event.start_mark.line + 1, "alias", what=event.anchor)
        if depth > DEEPEST:
            raise _error(path, event.start_mark.line + 1, "too_deep", most=DEEPEST)


def _content(node: yaml.Node, path: Path) -> Any:
    """Return the texts, lists and mappings of a node; raises `VocabularyError` with the line of a key that is wrong."""
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_content(item, path) for item in node.value]
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _error(path, key.start_mark.line + 1, "no_text")
        if key.value in found:
            raise _error(path, key.start_mark.line + 1, "twice", what=key.value)
        found[key.value] = _content(value, path)
    return found


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
        steps, definition = error.path[1:], error.definition or {}
        if definition.get("additionalProperties") is False and isinstance(error.value, dict):
            _refuse_unknown(error.value, list(definition["properties"]), node, steps, path)
        where = f" ({' → '.join(map(str, steps))})" if steps else ""
        message = error.message.removeprefix(error.name).strip()
        raise VocabularyError(f"{path.name}, line {line_of(node, steps)}{where}: {message}.") from None


def _refuse_unknown(entry: dict, known: list[str], node: yaml.Node | None, steps: list, path: Path) -> None:
    """Raise for a key that a schema does not know, with the one that is most like it."""
    for name in entry.keys() - known:
        close = difflib.get_close_matches(name, known, 1)
        key = "unknown_like" if close else "unknown"
        words = {"what": name, "likely": "".join(close), "known": ", ".join(known)}
        raise _error(path, line_of(node, [*steps, name]), key, **words) from None


def overlaid(parts: dict, content: Any) -> Any:
    """Lay a city's words over those shipped; what a kind or a roll-up is made of is replaced, not added to."""
    if isinstance(content, dict) and content.get("district", parts["district"]) != parts["district"]:
        parts = elsewhere(parts)
    for part, instead in INSTEAD.items():
        entries = content.get(part) if isinstance(content, dict) else None
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict) and name in parts[part] and entry.keys() & instead:
                kept = {key: value for key, value in parts[part][name].items() if key not in instead}
                parts = {**parts, part: {**parts[part], name: kept}}
    if isinstance(content, dict):  # an empty mapping empties an entry, no whole part
        content = {part: its for part, its in content.items() if its != {} or part not in parts}
    return parts if content == {} else merged(parts, content)


def elsewhere(parts: dict) -> dict:
    """Return the words of another district: without the days and the places of the one shipped."""
    return {**parts, "calendar": {name: type(days)() for name, days in parts["calendar"].items()}, "tiles": {}}


class Renamed:
    """Says texts with a city's own names of its levels and its festival."""

    def __init__(self, shipped: dict, names: dict) -> None:
        english = {shipped[name][form]: own[form] for name, own in names.items() for form in ("en", "en_many")}
        english |= {_capital(word): _capital(own) for word, own in english.items()}
        self.words = {"zh": {shipped[name]["zh"]: own["zh"] for name, own in names.items()}, "en": english}
        self.patterns = {
            "zh": re.compile(rf"(?:{'|'.join(self.words['zh'])})(?!治理)"),
            "en": re.compile(rf"(?<![\w{{])(?:{'|'.join(english)})(?!\w| governance)"),
        }
        self.differs = names != shipped

    def __call__(self, text: str, lang: str) -> str:
        """Return a text with the names, but for what is in braces, and for community governance, which is no level."""
        return self.patterns[lang].sub(lambda word: self.words[lang][word[0]], text) if self.differs else text


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def merged(base: Any, over: Any) -> Any:
    """Lay one tree over another: mappings entry by entry, lists by adding what is new, the rest replaced.

    An empty list or mapping empties the one below it.
    """
    if isinstance(base, dict) and isinstance(over, dict) and over:
        return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}
    if isinstance(base, list) and isinstance(over, list) and over:
        return base + [item for item in over if item not in base]
    return over
