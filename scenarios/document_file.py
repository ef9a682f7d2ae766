"""A document read back from the file that a command's ``--json`` was written to, held against its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from solver.problems import InputError, Problem, shorten

#: Largest file that is read, bytes.
MOST_BYTES = 50_000_000


class Kept(BaseModel):
    """Part of a document; what is not named in it is kept as it is."""

    model_config = ConfigDict(extra="allow")


def read_document(path: Path, model: type[BaseModel], what: str, code: str, command: str) -> dict[str, Any]:
    """Return a document as plain data.

    Parameters
    ----------
    what, code : what the file should hold, in words, and the code of the problem where it does not.
    command : that prints such a document.

    Raises
    ------
    InputError
        The file cannot be read, or holds no such document.
    """

    def refuse(message: str) -> InputError:
        return InputError([Problem(code, message, str(path), expected=f"what {command} --json prints")])

    try:
        if path.stat().st_size > MOST_BYTES:
            raise refuse(f"the file is larger than {MOST_BYTES:,} bytes")
        return model.model_validate_json(path.read_bytes(), strict=False).model_dump()
    except OSError as error:
        raise refuse(f"the file cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise refuse(f"the file holds no {what}: {shorten(f'{where}: ' if where else '', 80)}{first['msg']}") from None
