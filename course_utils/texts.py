"""A user's own texts: from a list, a text file, or a column of a CSV file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from course_utils import arguments


def read_texts(source: str | Path | Iterable[str], column: str | None = None, encoding: str = "utf-8") -> list[str]:
    """Texts from a list of strings, or from a file: ``.txt`` with one text a line, or ``.csv`` with a header.

    Blank texts are left out; all others are kept in order.

    Args:
        source: strings, or the path of a file.
        column: of a CSV file; may be left out if it has only one.
        encoding: of the file; a byte order mark is fine.

    Raises:
        TypeError: ``source`` is neither a path nor a list of strings, or ``column`` or ``encoding`` is no text.
        ValueError: no such file, not a .txt or .csv file, not in this encoding, no such column, not a table, or no text in it.

    >>> read_texts(["Tea or coffee?", "", "The ferry leaves at dawn."])
    ['Tea or coffee?', 'The ferry leaves at dawn.']
    """
    column = column if column is None else arguments.text(column, "column")
    arguments.text(encoding, "encoding")
    if isinstance(source, (str, Path)):
        arguments.path(source, "source")
        name, texts = str(source), _from_file(Path(source), column, encoding)
    elif column is not None:
        raise ValueError("column goes with a CSV file. Of a table in memory pass the column itself: table[column].")
    else:
        name, texts = "The list", arguments.texts(source, "source")
    texts = [text.strip() for text in texts if text.strip()]
    if not texts:
        raise ValueError(f"source: {name} holds no text.")
    return texts


def _from_file(path: Path, column: str | None, encoding: str) -> list[str]:
    given = arguments.shown(str(path))
    if path.suffix.lower() not in (".txt", ".csv"):
        raise ValueError(f"source: {given} is not the path of a .txt or .csv file. Single texts are passed as a list: [text].")
    try:
        content = path.read_bytes().decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except OSError:
        raise ValueError(f"source: {path} cannot be opened. Is the path right? Relative paths begin at {Path.cwd()}.") from None
    except (LookupError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise ValueError(
                f"{path} is not in {encoding} (byte {error.start} cannot be read). Save it as UTF-8, or name its "
                'encoding: read_texts(..., encoding="cp1252").'
            ) from None
        raise ValueError(
            f"There is no encoding {arguments.shown(encoding)} of text. Common ones: utf-8, cp1252, latin-1, utf-16."
        ) from None
    if "\x00" in content:
        raise ValueError(f"{path} holds NUL characters: it is no text file, or in another encoding (utf-16?).")
    if path.suffix.lower() == ".txt":
        if column is not None:
            raise ValueError("column goes with a CSV file; a .txt file has one text a line.")
        return content.splitlines()
    return _column(path, content, column)


def _column(path: Path, content: str, column: str | None) -> list[str]:
    import io

    import pandas as pd

    if not content.strip():
        raise ValueError(f"{path} holds no text.")
    try:
        table = pd.read_csv(io.StringIO(content), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{path} cannot be read as a comma-separated table: {error}") from None
    names = [str(name) for name in table.columns]
    table.columns = names
    if column is None and len(names) == 1:
        column = names[0]
    if column is None:
        raise ValueError(f"{path} has several columns: name one of {', '.join(names)}.")
    if column not in names:
        one = " Is it separated by something else than commas?" if len(names) == 1 else ""
        raise ValueError(f"{path} has no column {column!r}. It has {', '.join(names)}.{one}")
    return table[column].tolist()
