"""JSON files read as data classes: what does not fit is refused with a sentence."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from pathlib import Path
from typing import Any


class ResultsRejected(ValueError):
    """A results file is missing, damaged or of another schema; ``str()`` says which and why."""


def shown(path: Path) -> str:
    """A results file as sentences name it: where the server keeps it is nobody's business."""
    return "/".join(path.parts[-3:])


def read_schema(path: Path, kind: type[Any], schema: int) -> Any:
    """The JSON file ``path`` as the data class ``kind``; ``ResultsRejected`` with a sentence."""
    return parse_schema(read_data(path), path, kind, schema)


def read_data(path: Path) -> bytes:
    """What is in a results file; ``ResultsRejected`` with a sentence."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ResultsRejected(f"{shown(path)} is missing.") from error
    except OSError as error:  # its text holds the whole path
        raise ResultsRejected(f"{shown(path)} is damaged: {error.strerror}.") from error


def parse_schema(data: bytes, path: Path, kind: type[Any], schema: int) -> Any:
    """``read_schema`` of what was read from ``path`` already."""
    try:
        raw = json.loads(data.decode(), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ResultsRejected(f"{shown(path)} is damaged: {error}.") from error
    found = raw.get("schema") if isinstance(raw, dict) else None
    if found != schema:
        raise ResultsRejected(
            f"{shown(path)} has schema {found!r}; this version reads schema {schema}."
        )
    try:
        return _build(kind, raw)
    except (TypeError, ValueError, OverflowError) as error:
        raise ResultsRejected(f"{shown(path)} does not fit the schema: {error}.") from error


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    """The types of a data class's fields: as there are few such classes, all are kept."""
    return typing.get_type_hints(kind)


def _build(kind: Any, value: Any) -> Any:
    """``value`` from JSON as ``kind``: a data class, or a dict, tuple or optional of such."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]  # a class can be hashed
        needed = {f.name for f in dataclasses.fields(kind) if f.default is f.default_factory}
        if not isinstance(value, dict) or needed - value.keys():
            missing = sorted(needed - value.keys()) if isinstance(value, dict) else "everything"
            raise ValueError(f"{getattr(kind, '__name__', kind)} lacks {missing}")
        return kind(**{k: _build(hints[k], v) for k, v in value.items() if k in hints})  # type: ignore[operator]
    if origin is types.UnionType:
        return None if value is None else _build(arguments[0], value)
    if origin is dict:
        if not isinstance(value, dict):
            raise ValueError(f"{value!r} is not a table")
        return {key: _build(arguments[1], item) for key, item in value.items()}
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{value!r} is not a list")
        return tuple(_build(arguments[0], item) for item in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{value!r} is not a {kind.__name__}")
    return value
