"""Files are there whole or not at all; names and cells from data do no harm."""

import csv
import datetime as dt
import errno
import io
import math
import os
import random
import signal
import stat
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scenarios import files
from scenarios.files import FilesError, csv_text, escape_cell, safe_name, write_all, write_whole
from tests.scenarios.storing import output, python

OLD = {"a.csv": "old a", "b.csv": "old b", "result.json": "old result"}
NEW = {"a.csv": "new a", "b.csv": b"new b", "result.json": "new 王"}


def content(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in sorted(folder.iterdir())}


def failing(monkeypatch: pytest.MonkeyPatch, function: str, code: int, after: int = 0) -> None:
    """Let a function of `os` fail from its call number `after` on; a failing write writes half first."""
    real, calls = getattr(os, function), []

    def fail(*arguments, **options):
        calls.append(1)
        if len(calls) <= after:
            return real(*arguments, **options)
        if function == "write":
            real(arguments[0], arguments[1][: len(arguments[1]) // 2])
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, function, fail)


class TestWriteWhole:
    def test_writes_text_and_bytes_and_makes_folders(self, tmp_path):
        write_whole(tmp_path / "x" / "y" / "a.txt", "Weiß 王\n")
        write_whole(tmp_path / "x" / "y" / "b.bin", b"\0\r\n")
        assert (tmp_path / "x" / "y" / "a.txt").read_bytes() == "Weiß 王\n".encode()
        assert (tmp_path / "x" / "y" / "b.bin").read_bytes() == b"\0\r\n"
        assert len(list((tmp_path / "x" / "y").iterdir())) == 2

    def test_keeps_the_permissions_of_the_file_it_replaces(self, tmp_path):
        path = tmp_path / "a"
        write_whole(path, "old")
        path.chmod(0o640)
        write_whole(path, "new")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert path.read_text() == "new"

    @pytest.mark.parametrize("function", ["write", "fsync", "replace", "open", "chmod"])
    @pytest.mark.parametrize(
        ("code", "cause"),
        [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "open in another program")],
    )
    def test_a_failure_keeps_the_old_file_and_leaves_nothing(self, tmp_path, monkeypatch, function, code, cause):
        path = tmp_path / "plan.csv"
        path.write_text("old")
        with monkeypatch.context() as patched:
            failing(patched, function, code)
            with pytest.raises(FilesError, match=cause) as caught:
                write_whole(path, "new and longer")
        assert str(path) in str(caught.value)
        assert content(tmp_path) == {"plan.csv": "old"}

    def test_a_new_file_that_fails_is_not_there(self, tmp_path, monkeypatch):
        with monkeypatch.context() as patched:
            failing(patched, "write", errno.ENOSPC)
            with pytest.raises(FilesError):
                write_whole(tmp_path / "a", "x" * 100)
        assert list(tmp_path.iterdir()) == []

    def test_an_interrupt_leaves_nothing(self, tmp_path, monkeypatch):
        def interrupt(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", interrupt)
            with pytest.raises(KeyboardInterrupt):
                write_whole(tmp_path / "a", "x")
        assert list(tmp_path.iterdir()) == []

    def test_short_writes_are_continued(self, tmp_path, monkeypatch):
        real = os.write
        monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:3]))
        write_whole(tmp_path / "a", "0123456789")
        assert (tmp_path / "a").read_text() == "0123456789"

    def test_says_what_is_in_the_way(self, tmp_path):
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").write_text("x")
        with pytest.raises(FilesError, match="a folder has this name"):
            write_whole(tmp_path / "folder", "x")
        with pytest.raises(FilesError, match=r"a folder|a file, not a folder|exists"):
            write_whole(tmp_path / "file" / "inside", "x")
        with pytest.raises(FilesError, match="name is too long"):
            write_whole(tmp_path / ("n" * 300), "x")
        with pytest.raises(FilesError, match="no Unicode"):
            write_whole(tmp_path / "a", "ab\ud800")
        assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]

    def test_read_only_folder(self, tmp_path):
        (tmp_path / "a").write_text("old")
        tmp_path.chmod(0o500)
        code = (
            "import sys; from pathlib import Path; from scenarios.files import *\n"
            "for name in ('a', 'b'):\n"
            "    try: write_whole(Path(sys.argv[1]) / name, 'new')\n"
            "    except FilesError as error: print(error)"
        )
        said = output(python(code, tmp_path, guarded=True)).splitlines()
        tmp_path.chmod(0o700)
        assert [str(tmp_path / n) in line and "no permission" in line for n, line in zip("ab", said, strict=True)]
        assert content(tmp_path) == {"a": "old"}

    def test_a_disk_that_takes_no_more(self, tmp_path):
        (tmp_path / "a").write_text("old")
        code = (
            "import resource, signal, sys; from pathlib import Path; from scenarios.files import *\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
            "try: write_whole(Path(sys.argv[1]) / 'a', 'x' * 100_000)\n"
            "except FilesError as error: print(error)"
        )
        assert "larger than this system allows" in output(python(code, tmp_path))
        assert content(tmp_path) == {"a": "old"}

    def test_kill_in_mid_write_leaves_the_old_or_the_new_file(self, tmp_path):
        path = tmp_path / "a"
        code = (
            "import sys; from pathlib import Path; from scenarios.files import write_whole\n"
            "path, n = Path(sys.argv[1]), 0\n"
            "while True:\n"
            "    n += 1; write_whole(path, f'{n:07}\\n' * 50_000); print(n, flush=True)"
        )
        chance = random.Random(1)
        for _ in range(8):
            process = python(code, path)
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            lines = path.read_text().split()
            assert len(lines) == 50_000
            assert len(set(lines)) == 1


class TestWriteAll:
    def test_a_new_folder(self, tmp_path):
        paths = write_all(tmp_path / "x" / "out", NEW)
        assert paths == [tmp_path / "x" / "out" / n for n in NEW]
        assert content(tmp_path / "x" / "out") == {"a.csv": "new a", "b.csv": "new b", "result.json": "new 王"}
        assert [p.name for p in (tmp_path / "x").iterdir()] == ["out"]

    def test_a_folder_with_files(self, tmp_path):
        write_all(tmp_path, OLD | {"mine.txt": "mine"})
        write_all(tmp_path, NEW)
        assert content(tmp_path) == {"a.csv": "new a", "b.csv": "new b", "mine.txt": "mine", "result.json": "new 王"}

    @pytest.mark.parametrize("there", [True, False])
    @pytest.mark.parametrize("after", range(3))
    @pytest.mark.parametrize("function", ["write", "fsync", "open"])
    def test_all_or_none_when_writing_fails(self, tmp_path, monkeypatch, function, after, there):
        folder = tmp_path / "out"
        if there:
            write_all(folder, OLD)
        with monkeypatch.context() as patched:
            failing(patched, function, errno.ENOSPC, after)
            with pytest.raises(FilesError, match="disk is full"):
                write_all(folder, NEW)
        assert [p.name for p in tmp_path.iterdir()] == (["out"] if there else [])
        assert not there or content(folder) == OLD

    @pytest.mark.parametrize("links", [True, False])
    @pytest.mark.parametrize("after", range(3))
    def test_all_or_none_when_one_is_locked(self, tmp_path, monkeypatch, after, links):
        old = {n: t for n, t in OLD.items() if n != "b.csv"}  # one of the three is new
        write_all(tmp_path, old)
        real = os.replace

        def locked(source, target):
            if Path(target).name == list(NEW)[after] and Path(source).read_text().startswith("new"):
                raise PermissionError(errno.EACCES, "locked")
            real(source, target)

        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", locked)
            if not links:
                failing(patched, "link", errno.EPERM)
            with pytest.raises(FilesError, match="open in another program") as caught:
                write_all(tmp_path, NEW)
        assert str(tmp_path / list(NEW)[after]) in str(caught.value)
        assert content(tmp_path) == old

    def test_killed_between_renames_every_file_is_whole_and_the_last_is_old(self, tmp_path):
        write_all(tmp_path, OLD)
        code = (
            "import os, sys; from pathlib import Path; from scenarios.files import write_all\n"
            "real, calls = os.replace, []\n"
            "def replace(a, b):\n"
            "    calls.append(1); len(calls) > 1 and os.kill(os.getpid(), 9); real(a, b)\n"
            "os.replace = replace\n"
            "write_all(Path(sys.argv[1]), {'a.csv': 'new a', 'result.json': 'new'})"
        )
        process = python(code, tmp_path)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert {n: t for n, t in content(tmp_path).items() if n in OLD} == OLD | {"a.csv": "new a"}

    def test_a_new_folder_is_never_seen_half(self, tmp_path):
        code = (
            "import os, sys; from pathlib import Path; from scenarios.files import write_all\n"
            "real, calls = os.fsync, []\n"
            "def fsync(handle):\n"
            "    calls.append(1); len(calls) > 1 and os.kill(os.getpid(), 9); real(handle)\n"
            "os.fsync = fsync\n"
            "write_all(Path(sys.argv[1]) / 'out', {'a.csv': 'a', 'b.csv': 'b', 'c.csv': 'c'})"
        )
        process = python(code, tmp_path)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("name", ["", ".", "..", "../a", "/etc/a", "a/b", "a\\b", "a\0b", "C:a"])
    def test_names_that_lead_elsewhere_are_refused(self, tmp_path, name):
        with pytest.raises(ValueError, match="no plain file name"):
            write_all(tmp_path / "out", {"fine": "x", name: "x"})
        assert list(tmp_path.iterdir()) == []

    def test_a_link_is_replaced_and_not_followed(self, tmp_path):
        outside = tmp_path / "outside"
        outside.write_text("secret")
        folder = tmp_path / "out"
        folder.mkdir()
        (folder / "a").symlink_to(outside)
        write_all(folder, {"a": "new"})
        assert outside.read_text() == "secret"
        assert not (folder / "a").is_symlink()
        assert (folder / "a").read_text() == "new"

    def test_a_folder_or_a_file_in_the_way(self, tmp_path):
        (tmp_path / "out" / "b.csv").mkdir(parents=True)
        with pytest.raises(FilesError, match=r"b\.csv: a folder has this name"):
            write_all(tmp_path / "out", NEW)
        assert [p.name for p in (tmp_path / "out").iterdir()] == ["b.csv"]
        (tmp_path / "file").write_text("x")
        with pytest.raises(FilesError, match="file"):
            write_all(tmp_path / "file", NEW)
        assert (tmp_path / "file").read_text() == "x"


class TestSafeName:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("Ana Lindqvist", "Ana Lindqvist"),
            ("王伟", "王伟"),
            ("../../etc/passwd", "_._etc_passwd"),
            ("..", "_"),
            ("", "_"),
            ("  . ", "_"),
            ("a/b\\c:d", "a_b_c_d"),
            ("a\0b\nc", "a_b_c"),
            ("con", "_con"),
            ("COM1.txt", "_COM1.txt"),
            ("report. ", "report"),
            ("-rf", "_-rf"),
            ("invoice\u202egpj.exe", "invoice_gpj.exe"),
            ("x" * 500, "x" * 80),
        ],
    )
    def test_examples(self, text, name):
        assert safe_name(text) == name

    @given(st.text(max_size=200))
    @example("😀" * 100)
    @example("con" + " " * 90)
    @example("a" * 79 + ".b")
    @example("\ud800")
    def test_always_safe(self, text):
        name = safe_name(text)
        assert 1 <= len(name) <= 80
        assert len(name.encode()) <= 200
        assert not set(name) & set('<>:"/\\|?*\0')
        assert name.isprintable()
        assert ".." not in name
        assert name == name.strip(" .")
        assert name.partition(".")[0].strip().lower() not in files._RESERVED
        assert safe_name(name) == name


class TestCells:
    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
    def test_text_that_starts_a_formula_is_escaped(self, start):
        assert escape_cell(f"{start}1") == f"'{start}1"

    @pytest.mark.parametrize("value", [-1, -1.5, np.float64(-2), "a=1", "", " =1", None, True, "'=1", "1-2"])
    def test_all_else_is_left_alone(self, value):
        assert escape_cell(value) is value

    def test_csv(self):
        frame = pd.DataFrame(
            {
                "=name": ["王, Ltd", '=1+1"', None],
                "number": [1e-05, -100.0, math.nan],
                "big": [1e22, -0.0, 0.1 + 0.2],
                "day": pd.to_datetime(["2026-01-31", None, "2026-02-01 10:30"], format="mixed").astype("datetime64[s]"),
                "active": [True, False, True],
                "mixed": [{"cloud": 3, "german": 1}, ("a", "b"), pd.NA],
                "own": [-5, "-5", dt.date(2026, 1, 2)],
            }
        )
        assert csv_text(frame) == (
            "'=name,number,big,day,active,mixed,own\n"
            '"王, Ltd",0.00001,10000000000000000000000,2026-01-31,true,cloud:3;german:1,-5\n'
            '"\'=1+1""",-100,0,,false,a;b,\'-5\n'
            ",,0.30000000000000004,2026-02-01T10:30:00,true,,2026-01-02\n"
        )
        assert csv_text(frame[["own"]], escape=False) == "own\n-5\n-5\n2026-01-02\n"

    def test_csv_of_nothing(self):
        assert csv_text(pd.DataFrame({"a": [], "b": []})) == "a,b\n"
        assert csv_text(pd.DataFrame({"a": ["", None]})) == 'a\n""\n""\n'

    @given(st.lists(st.tuples(st.text(), st.text()), max_size=8))
    def test_csv_reads_back_and_no_cell_is_a_formula(self, rows):
        text = csv_text(pd.DataFrame({"a": [r[0] for r in rows], "b": [r[1] for r in rows]}, dtype="object"))
        found = list(csv.reader(io.StringIO(text, newline="")))
        assert found[1:] == [[str(escape_cell(a)), str(escape_cell(b))] for a, b in rows]
        assert not [c for row in found for c in row if c.startswith(("=", "+", "-", "@", "\t", "\r"))]

    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_numbers_keep_their_value_without_an_exponent(self, number):
        written = csv_text(pd.DataFrame({"n": [number]})).split()[1]
        assert float(written) == number
        assert "e" not in written
        assert not written.endswith(".0")


def test_importing_it_loads_nothing_heavy():
    loaded = output(python("import sys, scenarios.files; print(*sys.modules)")).split()
    assert not {"pandas", "numpy", "sqlalchemy", "alembic", "pyarrow"} & set(loaded)
