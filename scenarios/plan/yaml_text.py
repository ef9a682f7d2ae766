"""Plan files are YAML, read safely: no tags, no duplicate keys, no alias bombs, and the line of every key is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from solver.problems import InputError, Problem, shorten

MAX_BYTES = 4_000_000
"""Largest plan file, in bytes."""
MAX_NODES = 200_000
"""Most values a plan may hold, aliases counted as often as they are used."""


@dataclass(frozen=True)
class Document:
    """A YAML mapping as plain data, with the 1-based line of each key by its path (``rules.moves.share``)."""

    file: str
    data: dict[str, Any]
    lines: dict[str, int]


def read_document(path: Path) -> Document:
    """Read a plan file.

    Raises
    ------
    InputError
        The file is missing, too large, not UTF-8, not YAML, holds a key twice, or is no mapping.
    """

    def refuse(code: str, message: str, row: int | None = None, **more: str) -> InputError:
        return InputError([Problem(code, message, file=path.name, row=row, **more)])  # type: ignore[arg-type]

    try:
        size = path.stat().st_size
        if path.is_dir():
            plans = sorted(p.name for p in path.iterdir() if p.suffix in {".yaml", ".yml"})
            fix = f"did you mean {path / plans[0]}?" if plans else ""
            raise refuse("not_a_file", f"{path} is a folder", expected="a plan file, e.g. plan.yaml", fix=fix)
        if size > MAX_BYTES:
            raise refuse("too_large", f"the plan has {size:,} bytes", expected=f"at most {MAX_BYTES:,}")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*.y*ml"))[:5] if path.parent.is_dir() else []
        hint = f"in that folder: {', '.join(near)}" if near else "fairbook init DIR --example writes one to start from"
        raise refuse("no_such_file", f"there is no plan file {path}", fix=hint) from None
    except UnicodeDecodeError as error:
        raise refuse("bad_encoding", f"the plan is not UTF-8 (byte {error.start})", expected="UTF-8 text") from None
    except (OSError, ValueError) as error:
        raise refuse("unreadable", f"cannot read {str(path)!r}: {error}") from None
    return parse_document(text, path.name)


def _mend(text: str, error: yaml.MarkedYAMLError) -> str:
    """Say what most often makes such a line no YAML; empty where nothing is known."""
    lines, mark = text.splitlines(), error.problem_mark
    line = lines[mark.line] if mark is not None and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "the line begins with a tab: indent with spaces"
    opened = error.context_mark
    if opened is not None and error.context and "flow" in error.context:
        return f"close the bracket that row {opened.line + 1} opens: {shorten(lines[opened.line].strip())}"
    if opened is not None and error.context and "quoted" in error.context:
        return f"close the quotation mark that row {opened.line + 1} opens"
    if "mapping values are not allowed" in (error.problem or ""):
        return "text with a colon in it needs quotation marks, and each key a line of its own"
    return ""


def parse_document(text: str, file: str = "plan") -> Document:
    """Read YAML text; errors as `read_document`."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else None
        message = f"not YAML: {error.problem or error.context}"
        raise InputError([Problem("bad_yaml", message, file=file, row=row, fix=_mend(text, error))]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError([Problem("bad_yaml", f"not YAML: {str(error).splitlines()[0]}", file=file)]) from None
    if not isinstance(root, yaml.MappingNode):
        raise InputError(
            [
                Problem(
                    "bad_yaml",
                    "the plan is no mapping of keys",
                    file=file,
                    expected="period:, data:, rules:, objectives:",
                )
            ]
        )
    builder = _Builder(file)
    data = builder.build(root, "")
    if builder.problems:
        raise InputError(builder.problems)
    return Document(file, data, builder.lines)


class _Builder:
    """Plain data from nodes; a walk of our own because the library's takes the last of two equal keys."""

    def __init__(self, file: str):
        self.file = file
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self._seen = 0
        self._scalars = yaml.SafeLoader("")

    def _refuse(self, code: str, message: str, node: yaml.Node, path: str) -> None:
        self.problems.append(Problem(code, message, file=self.file, row=node.start_mark.line + 1, column=path))

    def build(self, node: yaml.Node, path: str, depth: int = 0) -> Any:
        self._seen += 1
        if self._seen > MAX_NODES or depth > 50:
            if not self.problems or self.problems[-1].code != "too_large":
                self._refuse("too_large", f"the plan holds more than {MAX_NODES:,} values or nests too deep", node, "")
            return None
        if not node.tag.startswith(_STANDARD) or node.tag.removeprefix(_STANDARD) not in _TAGS:
            self._refuse("bad_tag", f"the tag {node.tag} is not allowed", node, path)
            return None
        if isinstance(node, yaml.MappingNode):
            result: dict[str, Any] = {}
            for key_node, value_node in node.value:
                if not isinstance(key_node, yaml.ScalarNode):
                    self._refuse("bad_key", "a key must be a word", key_node, path)
                    continue
                key = key_node.value  # as written: yes and 2026 are names here, not values
                where = f"{path}.{key}" if path else key
                if key in result:
                    self._refuse(
                        "duplicate_key",
                        f"{key!r} stands twice (first on line {self.lines[where]})",
                        key_node,
                        where,
                    )
                    continue
                self.lines.setdefault(where, key_node.start_mark.line + 1)
                result[key] = self.build(value_node, where, depth + 1)
            return result
        if isinstance(node, yaml.SequenceNode):
            return [self.build(n, f"{path}[{k}]", depth + 1) for k, n in enumerate(node.value)]
        try:
            return self._scalars.construct_object(node)
        except (ValueError, yaml.YAMLError) as error:
            self._refuse("bad_value", f"cannot read {node.value!r}: {error}", node, path)
            return None


_STANDARD = "tag:yaml.org,2002:"
_TAGS = {"map", "seq", "str", "int", "float", "bool", "null", "timestamp"}


def parse_value(text: str) -> Any:
    """Read one value as it would stand in a plan: ``0.05``, ``true``, ``[a, b]``, ``{kind: pin}``."""
    return parse_document(f"value: {text}", "--set").data["value"]
