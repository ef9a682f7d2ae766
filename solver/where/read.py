"""Reads the text of a filter into its parts; the only place that says what may stand in one."""

from __future__ import annotations

import ast
import difflib
import re

from solver.problems import shorten
from solver.tables import clean_path
from solver.where.nodes import (
    USAGE,
    Arithmetic,
    Column,
    Compare,
    Condition,
    Constant,
    Group,
    Lower,
    Not,
    Test,
    Truth,
    Value,
    WhereError,
    named,
)

MAX_CHARACTERS = 2_000
MAX_NODES = 1_000
MAX_DEPTH = 100

_SIGN: dict[type[ast.AST], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_WIDE = {"，": ",", "（": "(", "）": ")", "＝": "==", "＞": ">", "＜": "<", "！": "!", "【": "[", "】": "]"}
_WIDE |= dict.fromkeys("“”‘’", "'")


class Reader:
    """Turns text into conditions. What stands in quotes and backticks is blanked out before `ast` sees it."""

    def __init__(self, text: str):
        self.text = text
        self.columns: set[str] = set()
        self.blank = self._blanked()
        lead = len(self.blank) - len(self.blank.lstrip())
        try:
            tree = ast.parse(self.blank.strip(), mode="eval")
        except SyntaxError as error:
            raise self._fail("this cannot be read" + self._hint(), at=lead + max((error.offset or 1) - 1, 0)) from None
        except (ValueError, MemoryError, RecursionError):
            raise self._fail(
                "this cannot be read: it is nested too deeply or holds a forbidden character", at=0
            ) from None
        self._lead = lead
        self._bytes = self.blank.strip().encode()
        if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
            raise WhereError(f"the filter has more than {MAX_NODES} parts; split it or add a column to the data")
        self.root = self._condition(tree.body, 0)

    def _blanked(self) -> str:
        out: list[str] = []
        at, after_string = 0, False
        while at < len(self.text):
            c = self.text[at]
            if c in "'\"`":
                end = self.text.find(c, at + 1)
                if end < 0:
                    raise self._fail(f"{c} is opened and never closed", at=at)
                if c == "`" and end == at + 1:
                    raise self._fail("there is no name between the backticks", at=at)
                if after_string or (at and re.match(r"\w", self.text[at - 1])):
                    raise self._fail("text begins right after something else; a comma or an operator is missing", at=at)
                inner = "_" * (end - at - 1)
                out.append(f"_{inner}_" if c == "`" else f"'{inner}'")
                at, after_string = end + 1, c != "`"
                continue
            if c in _WIDE:
                raise self._fail(f"{c!r} is a full-width character; write {_WIDE[c]}", at=at)
            if c in "#\\;" or (not c.isprintable() and c not in "\n\r\t"):
                raise self._fail(f"the character {shorten(c)!r} is not allowed outside quotes and backticks", at=at)
            after_string = after_string and c.isspace()
            out.append(" " if c.isspace() else c)
            at += 1
        return "".join(out)

    def _hint(self) -> str:
        if re.search(r"(?<![=!<>])=(?!=)", self.blank):
            return "; compare with =="
        if "<>" in self.blank:
            return "; unequal is !="
        if "&&" in self.blank or "||" in self.blank or re.search(r"\b(AND|OR|NOT|IN|LIKE)\b", self.blank):
            return "; join conditions with and, or, not, in (lower case)"
        return "; names with spaces or signs stand in `backticks`, text in 'quotes'"

    def _span(self, node: ast.AST) -> tuple[int, int]:
        def at(offset: int) -> int:
            return self._lead + len(self._bytes[:offset].decode())

        return at(getattr(node, "col_offset", 0)), at(getattr(node, "end_col_offset", 0))

    def _fail(self, message: str, node: ast.AST | None = None, at: int = 0) -> WhereError:
        start = self._span(node)[0] if node is not None else at
        return WhereError(f"{message} (character {start + 1}, at {shorten(self.text[start:] or 'the end', 30)!r})")

    def _condition(self, node: ast.expr, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise self._fail(f"the filter is nested more than {MAX_DEPTH} deep", node)
        if isinstance(node, ast.BoolOp):
            parts = tuple(self._condition(v, depth + 1) for v in node.values)
            return Group(isinstance(node.op, ast.And), parts)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
            pair = (self._condition(node.left, depth + 1), self._condition(node.right, depth + 1))
            return Group(isinstance(node.op, ast.BitAnd), pair)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
            return Not(self._condition(node.operand, depth + 1))
        if isinstance(node, ast.Compare):
            return self._compare(node, depth + 1)
        if isinstance(node, ast.Call) and self._function(node) != "lower":
            return self._test(node, depth + 1)
        if isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and isinstance(node.value, bool)):
            return Truth(self._value(node, depth + 1))
        if isinstance(node, ast.Tuple):
            raise self._fail("a comma is not allowed here; write 10,000 as 10000 and join conditions with and", node)
        value = self._value(node, depth + 1)
        raise self._fail(f"{named(value)} is a value, not a condition; compare it with something", node)

    def _compare(self, node: ast.Compare, depth: int) -> Condition:
        if any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
            if len(node.ops) > 1:
                raise self._fail("`in` cannot be chained; join conditions with and", node)
            return self._in(node, depth)
        if any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            raise self._fail("`is` is not allowed; use == or missing(column)", node)
        values = [self._value(v, depth) for v in (node.left, *node.comparators)]
        for source, value in zip((node.left, *node.comparators), values, strict=True):
            if isinstance(value, Constant) and value.value == "":
                raise self._fail("nothing equals empty text; use missing(column) or present(column)", source)
        pairs = [Compare(_SIGN[type(op)], a, b) for op, a, b in zip(node.ops, values, values[1:], strict=False)]
        return pairs[0] if len(pairs) == 1 else Group(True, tuple(pairs))

    def _in(self, node: ast.Compare, depth: int) -> Condition:
        entries = node.comparators[0]
        if not isinstance(entries, ast.List | ast.Tuple | ast.Set) or not entries.elts:
            raise self._fail(
                "after `in` comes a list such as ['a', 'b']; for a part of a text use contains(column, 'x')",
                entries,
            )
        left = self._value(node.left, depth)
        values = [self._value(e, depth) for e in entries.elts]
        for source, value in zip(entries.elts, values, strict=True):
            if not isinstance(value, Constant) or value.value == "":
                raise self._fail(
                    "a list holds numbers or non-empty texts only; for empty cells use missing(column)",
                    source,
                )
        absent = isinstance(node.ops[0], ast.NotIn)
        return Group(absent, tuple(Compare("!=" if absent else "==", left, v) for v in values))

    def _value(self, node: ast.expr, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise self._fail(f"the filter is nested more than {MAX_DEPTH} deep", node)
        start, end = self._span(node)
        if isinstance(node, ast.Name):
            name = self.text[start:end]
            if name.startswith("`"):
                name = name[1:-1]
            elif name in {"true", "false"}:
                return Constant(name == "true")
            elif name in {"null", "nan", "NaN", "NaT"}:
                raise self._fail(f"{name} is not allowed; use missing(column) or present(column)", node)
            self.columns.add(name)
            return Column(name)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                return Constant(self.text[start + 1 : end - 1])
            if isinstance(node.value, bool):
                return Constant(node.value)
            if isinstance(node.value, int | float) and abs(node.value) <= 1e300:
                return Constant(float(node.value))
            raise self._fail("this is not allowed; use numbers, 'text', true, false, or missing(column)", node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            of = self._value(node.operand, depth + 1)
            if isinstance(of, Constant) and isinstance(of.value, float):
                return Constant(-of.value if isinstance(node.op, ast.USub) else of.value)
            return Arithmetic("-" if isinstance(node.op, ast.USub) else "+", Constant(0.0), of)
        if isinstance(node, ast.BinOp) and type(node.op) in _SIGN:
            return Arithmetic(
                _SIGN[type(node.op)], self._value(node.left, depth + 1), self._value(node.right, depth + 1)
            )
        if isinstance(node, ast.Call) and self._function(node) == "lower":
            if len(node.args) != 1 or node.keywords:
                raise self._fail("write lower(column)", node)
            return Lower(self._value(node.args[0], depth + 1))
        if isinstance(node, ast.BinOp | ast.UnaryOp) and isinstance(node.op, ast.BitAnd | ast.BitOr | ast.Invert):
            raise self._fail(
                "& | ~ bind tighter than comparisons: write (a == 1) & (b == 2), or use and, or, not", node
            )
        if isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Call):
            raise self._fail("a condition cannot be a value; join conditions with and, or, not", node)
        raise self._fail(
            "this is not allowed; use columns, numbers, 'text', comparisons, in [...], and or not, + - * /, "
            + ", ".join(f"{name}()" for name in USAGE),
            node,
        )

    def _function(self, node: ast.Call) -> str:
        start, end = self._span(node.func)
        name = self.text[start:end]
        if not isinstance(node.func, ast.Name) or name not in USAGE:
            near = difflib.get_close_matches(name, USAGE, n=1)
            hint = f"; did you mean {USAGE[near[0]]}?" if near else f"; the functions are {', '.join(USAGE)}"
            raise self._fail(f"there is no function {shorten(name)!r}{hint}", node)
        return name

    def _test(self, node: ast.Call, depth: int) -> Test:
        function = self._function(node)
        most = {"missing": 1, "present": 1, "has": 3}.get(function, 2)
        if node.keywords or not min(most, 2) <= len(node.args) <= most:
            raise self._fail(f"write {USAGE[function]}", node)
        of = self._value(node.args[0], depth)
        if not isinstance(of, Column) and not (
            isinstance(of, Lower) and function in {"contains", "startswith", "endswith"}
        ):
            raise self._fail(f"write {USAGE[function]}, with a column first", node)
        rest = [self._value(a, depth) for a in node.args[1:]]
        values = [v.value if isinstance(v, Constant) else None for v in rest]
        if values and (not isinstance(values[0], str) or not values[0].strip()):
            raise self._fail(f"write {USAGE[function]}, with a text that is not empty", node)
        level = values[1] if len(values) > 1 else 0.0
        if len(values) > 1 and (isinstance(level, bool) or level not in {1.0, 2.0, 3.0, 4.0, 5.0}):
            raise self._fail(f"write {USAGE[function]}", node)
        text = str(values[0]) if values else ""
        if function == "under":
            text = clean_path(text)
            if not text:
                raise self._fail(f"write {USAGE[function]}, with a path that is not empty", node)
        return Test(function, of, text, int(level) if isinstance(level, float) else 0)
