"""What a part of the settings may hold, from one definition: a msgspec struct.

The struct checks what is read, and its JSON Schema is what editors check by. msgspec names
the place of a fault, not the value, and in words of its own; here the same path is gone
through in the value and in the schema, so that an error says what was found and what the
field's description allows. Below a property that the schema calls `writeOnly`, and where a
text holds an address, the value may be a secret: then it is never shown.
"""

import re
from typing import Any, TypeVar

import msgspec

from indexer.errors import NOT_SHOWN, WrongValue

T = TypeVar("T")
Schema = dict[str, Any]
# What any terminal takes. $ alone would also stand before a newline at the end.
TEXT = r"^[^\x00-\x1f\x7f]+(?!\n)$"
_PLACE = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\[(\d+)\]|\.([^.\[]+)|\[\.\.\.\]")


def convert(value: Any, kind: type[T]) -> T:
    """The value as `kind`. Raises WrongValue with the place inside the value."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        fault = _wrong(value, kind, str(error))
    raise fault  # outside, since what msgspec says may repeat the value


def definitions(kind: Any) -> Schema:
    """JSON Schemas of all structs that `kind` is made of, by name."""
    return dict(msgspec.json.schema(kind)["$defs"])


def has_half_a_character(text: str) -> bool:
    """Whether a surrogate stands alone, which JSON can write and no file or database takes."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _wrong(value: Any, kind: Any, message: str) -> WrongValue:
    """What msgspec found wrong, in our words: it names the place, we the value."""
    found = _PLACE.fullmatch(message)
    path = (found["path"] if found else None) or ""
    schema = msgspec.json.schema(kind)
    value, leaf = _followed(value, schema, path)
    names = _properties(_resolved(leaf, schema, value))
    missing = re.search(r"missing required field `([^`]+)`", message)
    unknown = re.search(r"unknown field `(.*?)`(?: - at |$)", message, re.DOTALL)
    if missing:
        return WrongValue(None, _allowed(names.get(missing[1], {})), f"{path}.{missing[1]}")
    if unknown:
        return WrongValue(_shown(unknown[1], schema), f"one of {', '.join(names)}", path)
    return WrongValue(_shown(value, schema | leaf), _allowed(leaf), path)


def _followed(value: Any, schema: Schema, path: str) -> tuple[Any, Schema]:
    """The value at the path and the schema of it."""
    leaf = schema
    for step in _STEP.finditer(path):
        node = _resolved(leaf, schema, value)
        if step[1] is not None:
            # A list's own description also tells what is wrong with its items.
            value, leaf = value[int(step[1])], leaf | node.get("items", {})
        elif step[2] is not None:
            value, leaf = value.get(step[2]), _properties(node).get(step[2], {})
    return value, leaf


def _resolved(node: Schema, schema: Schema, value: Any) -> Schema:
    """The schema behind a reference; of a choice by tag, the one that the value names."""
    if "discriminator" in node and isinstance(value, dict):
        tag = value.get(node["discriminator"]["propertyName"])
        reference = node["discriminator"]["mapping"].get(tag) if isinstance(tag, str) else None
        node = {"$ref": reference} if reference else node
    if "$ref" in node:
        return dict(schema["$defs"][str(node["$ref"]).rsplit("/", 1)[-1]])
    return node


def _properties(node: Schema) -> Schema:
    """Fields by name; of a choice whose tag is none of it, the tag alone."""
    if "discriminator" in node:
        choice = node["discriminator"]
        return {choice["propertyName"]: {"description": f"one of {', '.join(choice['mapping'])}"}}
    return dict(node.get("properties", {}))


def _shown(value: Any, schema: Schema) -> Any:
    """The value; NOT_SHOWN where it may be or hold what only its owner should know."""
    if "'writeOnly': True" not in str(schema):
        return value
    is_address = isinstance(value, str) and "://" in value
    hidden = schema.get("writeOnly") or is_address or isinstance(value, dict | list)
    return NOT_SHOWN if hidden else value


def _allowed(leaf: Schema) -> str:
    return str(leaf.get("description", "another value"))
