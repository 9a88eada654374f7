"""Tables as files of comma-separated values (RFC 4180), as spreadsheets write and read them."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.errors import Rejected

MOST_ROWS = 20_000
MOST_COLUMNS = 30
MOST_CHARACTERS = 500  # of one cell
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# Where a spreadsheet would see a formula, and where we put an apostrophe already.  Where people
# write decimals with commas, it begins a new cell at each semicolon, whatever we put between cells.
_FORMULA = re.compile(r"(?:^|(?<=;))(?='*[=+\-@\t\r＝＋－＠])")  # noqa: RUF001 # wide ones count too
_ESCAPED = re.compile(r"(?:^|(?<=;))'(?='*[=+\-@\t\r＝＋－＠])")  # noqa: RUF001 # as above


class FileUnreadable(Rejected):
    """The file is no table in UTF-8."""

    type = "file-unreadable"
    title = "The file cannot be read"


class ColumnsWrong(Rejected):
    """The first line does not name the columns.  Carries `missing` and `unknown`."""

    type = "file-columns"
    title = "The file's columns are not right"


class FileTooLong(Rejected):
    """More rows than one file may have.  Carries `most`."""

    type = "file-too-long"
    title = "The file has too many rows"


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the line it begins in, its cells by column, and why it cannot be read, if so."""

    line: int
    cells: dict[str, str]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a kind of file.  Of each group in `needed` at least one is there."""

    known: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]


def read(body: bytes, columns: Columns) -> list[Row]:
    """Return the rows of a file; empty ones are left out.  Commas or semicolons.

    Raises FileUnreadable, ColumnsWrong or FileTooLong.
    """
    text = _text(body)
    head = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    if head.count(delimiter) >= MOST_COLUMNS:
        raise ColumnsWrong(f"The first line names more than {MOST_COLUMNS} columns.")
    found: list[Row] = []
    names: list[str] = []
    for line, cells in _records(text, delimiter):
        if not any(cells):
            continue
        if not names:
            names = _named(cells, columns)
        elif len(found) == MOST_ROWS:
            raise FileTooLong(
                f"Split the file: at most {MOST_ROWS:,} rows at once.", most=MOST_ROWS
            )
        else:
            found.append(_row(line, cells, names))
    if not names:
        raise FileUnreadable("The file is empty.")
    if not found:
        raise FileUnreadable("The file has a first line with columns, and no rows below it.")
    return found


def lines(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as text that spreadsheets open without running anything in it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([escaped(cell) for cell in row] for row in rows)
    return text.getvalue()


def escaped(cell: str) -> str:
    """Return a cell with an apostrophe before what a spreadsheet would take for a formula."""
    return _FORMULA.sub("'", cell)


def unescaped(cell: str) -> str:
    """Return what `escaped` was given."""
    return _ESCAPED.sub("", cell)


def _text(body: bytes) -> str:
    if body.startswith(_UTF_16):
        raise FileUnreadable("The file is written in UTF-16. Save it as CSV in UTF-8.")
    try:
        text = body.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = body.count(b"\n", 0, wrong.start) + 1
        raise FileUnreadable(f"Line {line} is not UTF-8. Save the file as CSV in UTF-8.") from wrong
    if (at := text.find("\x00")) >= 0:
        line = text.count("\n", 0, at) + 1
        raise FileUnreadable(f"Line {line} holds characters that are not text.")
    return text


def _records(text: str, delimiter: str) -> Iterable[tuple[int, list[str]]]:
    """Yield each record with the line it begins in.  Raises FileUnreadable."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for record in reader:
            yield begins, [cell.strip() for cell in record]
            begins = reader.line_num + 1
    except csv.Error as wrong:
        raise FileUnreadable(
            f"The row that begins in line {begins} cannot be read: look for a quotation mark that "
            "is not closed, or is not doubled."
        ) from wrong


def _named(cells: list[str], columns: Columns) -> list[str]:
    """Return the columns as the first line names them.  Raises ColumnsWrong."""
    names = [cell.lower() for cell in cells]
    missing = [" or ".join(group) for group in columns.needed if not set(group) & set(names)]
    unknown = sorted({name[:50] for name in names if name not in columns.known})
    if missing or unknown:
        raise ColumnsWrong(
            _sentence("The first line lacks", missing) or _sentence("Not known here:", unknown),
            missing=missing,
            unknown=unknown,
        )
    if len(set(names)) < len(names):
        raise ColumnsWrong("The first line names a column twice.")
    return names


def _sentence(begins: str, names: list[str]) -> str:
    return f"{begins} {', '.join(names)}." if names else ""


def _row(line: int, cells: list[str], names: list[str]) -> Row:
    if len(cells) != len(names):
        told = f"This row has {len(cells):,} cells, the first line has {len(names)}."
        return Row(line, {}, told)
    if any(len(cell) > MOST_CHARACTERS for cell in cells):
        return Row(line, {}, f"A cell of this row is longer than {MOST_CHARACTERS} characters.")
    given = {name: unescaped(cell) for name, cell in zip(names, cells, strict=True) if cell}
    return Row(line, given)
