"""From bytes to text: byte-order mark, else strict UTF-8, else a guess that is said aloud, else a question.

The guess looks at the lines that are not ASCII only. charset-normalizer names the encodings that fit; among these
and whatever else decodes without error, the one wins whose text is made of everyday characters: the first levels of
GB 2312, Big5 and JIS X 0208 hold these in use every day, while a wrong reading scatters into the rare ones. A
few cells may be regular in GBK and in Big5; then the one wins whose characters are the commonest (`common`). Of
charset-normalizer alone, `ÄÖÜ AG` came out as Japanese and two characters of GBK as Big5.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from scenarios.sources.collect import Collector, Refused
from scenarios.sources.common import share_of_common
from solver.problems import Problem, shorten

GUESSES = {"gb18030": "GBK, Chinese", "big5": "Big5, Chinese", "shift_jis": "Japanese", "cp1252": "Western European"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAMPLE = 200_000
_EVERYDAY_CP1252 = re.compile("[À-ÖØ-öø-ÿŒœŠšŽžŸ€–—‘’“”„…«»®©™°§£´·¡¿ªº]")


def decode(data: bytes, named: str | None, file: str, found: Collector) -> str:
    """Return the text of `data`, read with the encoding `named` or the one found.

    Raises
    ------
    Refused
        It cannot be read with that encoding, several would do, or it is no text at all.
    """
    if named is not None:
        try:
            encoding = codecs.lookup(named).name
            "".encode(encoding)
        except LookupError:
            raise Refused(
                Problem("unknown_encoding", f"there is no text encoding {shorten(named)!r}", file, column="encoding",
                        expected="utf-8, gb18030, big5, cp1252, utf-16 …")
            ) from None  # fmt: skip
        return _strictly(data, "utf-8-sig" if encoding == "utf-8" else encoding, file)
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data, encoding, file)
    _check_text(data, file)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = error
    lines = [line for line in data.splitlines() if not line.isascii()]
    broken = [line for line in lines if not _decodes(line, "utf-8")]
    if len(lines) > 1 and len(broken) * 10 <= len(lines):
        row = data.count(b"\n", 0, bad.start) + 1
        raise Refused(
            Problem("bad_encoding", f"{len(broken)} of {len(lines)} lines with special characters are not UTF-8,"
                    " the others are", file, row=row, value=shorten(broken[0].decode("utf-8", "replace")),
                    expected="one encoding", fix="mend that line, or export the file again as UTF-8")
        )  # fmt: skip
    encoding = _guess(lines, file)
    text = _strictly(data, encoding, file)
    sample = ", ".join(shorten(s, 30) for s in _samples(lines, encoding))
    found.add(
        Problem("guessed_encoding", f"is not UTF-8; read it as {encoding} ({GUESSES[encoding]}): {sample}", file,
                fix="set `encoding` if these look wrong", severity="note")
    )  # fmt: skip
    return text


def _strictly(data: bytes, encoding: str, file: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        line = data[data.rfind(b"\n", 0, error.start) + 1 : error.start + 40].split(b"\n")[0]
        raise Refused(
            Problem("bad_encoding", f"cannot be read as {encoding}", file, row=row,
                    value=shorten(line.decode(encoding, "replace")), fix="set `encoding` to the right one")
        ) from None  # fmt: skip


def _check_text(data: bytes, file: str) -> None:
    head = data[:100_000]
    control = sum(head.count(c) for c in range(32) if c not in b"\t\n\r\f\x1a\x1b\0")
    if control > len(head) // 50 + 2:
        raise Refused(Problem("binary_file", "is no text: it is full of control characters", file,
                              expected="a text file"))  # fmt: skip
    nul = head.count(0)
    if nul > len(head) // 5:
        at = {"utf-16-be": head[::2].count(0), "utf-16-le": head[1::2].count(0)}
        likely = max(at, key=lambda encoding: at[encoding])
        if at[likely] > nul * 0.9 and nul <= len(head) * 0.6:
            raise Refused(
                Problem("bad_encoding", "looks like UTF-16 without a byte-order mark", file,
                        fix=f"set encoding: {likely}")
            )  # fmt: skip
        raise Refused(Problem("binary_file", "is no text: it is full of zero bytes", file, expected="a text file"))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _guess(lines: list[bytes], file: str) -> str:
    sample, size = [], 0
    for line in lines:
        sample.append(line[:2000])
        size += len(sample[-1])
        if size > _SAMPLE:
            break
    fits = [e for e in GUESSES if all(_decodes(line, e) for line in lines)]
    scores = sorted(((_everyday(sample, e), e) for e in fits), reverse=True)
    if scores:
        (best, encoding), second = scores[0], scores[1][0] if len(scores) > 1 else 0.0
        shares = {e: share_of_common("".join(line.decode(e, "replace") for line in sample)) for _, e in scores}
        commonest = max(shares, key=lambda e: shares[e])
        stands_out = shares[commonest] - max((s for e, s in shares.items() if e != commonest), default=0.0) >= 0.6
        if best >= 0.6 and best - second >= 0.25 and not (stands_out and commonest != encoding):
            return encoding
        if stands_out and commonest in {"gb18030", "big5"} and next(s for s, e in scores if e == commonest) >= 0.8:
            return commonest
        named = from_bytes(b"\n".join(sample), cp_isolation=list(GUESSES))
        if best >= 0.8 and len(named) == 1 and named[0].encoding == encoding and not stands_out:
            return encoding
    readings = "; ".join(f"{e}: {', '.join(shorten(s, 20) for s in _samples(sample, e, 2))}" for _, e in scores)
    raise Refused(
        Problem("ambiguous_encoding", "is not UTF-8, and its encoding cannot be told", file, expected="UTF-8",
                fix=f"set `encoding` to the one that reads right: {readings}" if readings
                else "export it as UTF-8, or set `encoding`")
    )  # fmt: skip


def _everyday(lines: list[bytes], encoding: str) -> float:
    """Return the share (0-1) of the characters beyond ASCII that are in everyday use where `encoding` is."""
    total = good = runs = 0
    for line in lines:
        text = line.decode(encoding, "replace")
        special = [c for c in text if not c.isascii()]
        total += len(special)
        if encoding == "cp1252":
            runs += len(re.findall(r"[^\x00-\x7f]+", text))
            good += len(_EVERYDAY_CP1252.findall(text))
        else:
            good += sum(map(_FIRST_LEVEL[encoding], special))
    if not total:
        return 0.0
    if encoding == "cp1252":  # accents stand alone between plain letters
        return good / total * min(1.0, 2.5 * runs / total)
    return good / total


def _lead(char: str, encoding: str) -> tuple[int, int]:
    data = char.encode(encoding, "replace")
    return (data[0], data[1]) if len(data) == 2 else (0, 0)


def _gb(char: str) -> bool:
    lead, trail = _lead(char, "gb18030")
    return (0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3) and trail >= 0xA1


def _big5(char: str) -> bool:
    return 0xA1 <= _lead(char, "big5")[0] <= 0xC6


def _jis(char: str) -> bool:
    return 0x81 <= _lead(char, "shift_jis")[0] <= 0x97


_FIRST_LEVEL = {"gb18030": _gb, "big5": _big5, "shift_jis": _jis}


def _samples(lines: list[bytes], encoding: str, count: int = 4) -> list[str]:
    """Return a few cells with special characters, decoded."""
    cells: dict[str, None] = {}
    for line in lines[:200]:
        for cell in re.split(r"[,;\t|\"]", line.decode(encoding, "replace")):
            if cell.strip() and not cell.isascii():
                cells[cell.strip()] = None
        if len(cells) >= count:
            break
    return list(cells)[:count]
