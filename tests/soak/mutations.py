"""Ways in which a text file (CSV, JSON Lines) goes wrong, each with the rows that it leaves alone.

A mutation takes a random generator and a `Draft` and changes the draft. Rows whose lines it touches leave
`Draft.untouched`; a mutation after which even good rows may be refused with their file empties it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from orchestration.landing.contracts import SCHEMAS, required_columns

LINE_BYTES = 1 << 20


@dataclass
class Draft:
    """A file that is being made.

    Attributes:
        extract: whose rows it holds.
        form: "csv" or "jsonl".
        columns: header, in order.
        rows: values by column, all text.
        lines: the file's lines without line feed; those of a CSV begin with the header.
        untouched: positions of rows that must be accepted.
        end: line feed.
        prefix: bytes before the first line.
        cut: bytes that are kept, None for all.
    """

    extract: str
    form: str
    columns: list[str]
    rows: list[dict[str, Any]]
    lines: list[bytes]
    untouched: set[int]
    end: bytes = b"\n"
    prefix: bytes = b""
    cut: int | None = None

    @property
    def offset(self) -> int:
        """Index of the first row among the lines."""
        return 1 if self.form == "csv" else 0

    def touch(self, rng: Random, *, most: int = 4) -> list[int]:
        """Choose rows to break; return the indexes of their lines."""
        chosen = rng.sample(range(len(self.rows)), min(len(self.rows), rng.randint(1, most)))
        self.untouched -= set(chosen)
        return [row + self.offset for row in chosen]

    def data(self) -> bytes:
        """Return the file."""
        whole = self.prefix + self.end.join(self.lines) + (self.end if self.lines else b"")
        return whole if self.cut is None else whole[: self.cut]

    def render(self) -> None:
        """Write the rows as lines, in the order of `columns`."""
        self.lines = [*([_csv_line(self.columns)] if self.form == "csv" else [])]
        self.lines += [self.line(row) for row in self.rows]

    def line(self, row: dict[str, Any]) -> bytes:
        """Return one row as it stands in the file."""
        if self.form == "csv":
            return _csv_line([row.get(name, "") for name in self.columns])
        return json.dumps(
            {name: row[name] for name in self.columns if name in row}, ensure_ascii=False
        ).encode()


def draft(*, extract: str, form: str, rows: list[dict[str, Any]]) -> Draft:
    """Return a file without fault."""
    made = Draft(extract, form, list(rows[0]), rows, [], set(range(len(rows))))
    made.render()
    return made


def _csv_line(values: list[Any]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(values)
    return buffer.getvalue().encode()


def nothing(rng: Random, made: Draft) -> None:
    """Leave the file as it is."""


def bytes_flipped(rng: Random, made: Draft) -> None:
    for index in made.touch(rng):
        line = bytearray(made.lines[index])
        for _ in range(rng.randint(1, 8)):
            line[rng.randrange(len(line))] = rng.randrange(256)
        made.lines[index] = bytes(line)


def bytes_inserted(rng: Random, made: Draft) -> None:
    for index in made.touch(rng):
        at, line = rng.randint(0, len(made.lines[index])), made.lines[index]
        made.lines[index] = line[:at] + rng.randbytes(rng.randint(1, 12)) + line[at:]


def bytes_deleted(rng: Random, made: Draft) -> None:
    for index in made.touch(rng):
        line = made.lines[index]
        at = rng.randrange(len(line))
        made.lines[index] = line[:at] + line[at + rng.randint(1, 10) :]


def cut_off(rng: Random, made: Draft) -> None:
    """Only rows whose line is whole are left; a cut in the header leaves none."""
    made.cut = rng.randint(0, len(made.data()))
    whole = made.data().count(made.end) - made.offset
    made.untouched = {row for row in made.untouched if row < whole}


def bytes_anywhere(rng: Random, made: Draft) -> None:
    """Break the header too: what is left depends on luck."""
    data = bytearray(made.data())
    for _ in range(rng.randint(1, 30)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    made.lines, made.untouched = bytes(data).split(b"\n"), set()


def separators_changed(rng: Random, made: Draft) -> None:
    for index in made.touch(rng):
        made.lines[index] = made.lines[index].replace(b",", rng.choice([b";", b"\t", b"|", b",,", b""]))


def separators_changed_everywhere(rng: Random, made: Draft) -> None:
    mark = rng.choice([b";", b"\t", b"|"])
    made.lines, made.untouched = [line.replace(b",", mark) for line in made.lines], set()


def quotes_broken(rng: Random, made: Draft) -> None:
    for index in made.touch(rng):
        line = made.lines[index]
        at = rng.choice([0, len(line), rng.randint(0, len(line)), line.find(b",") + 1])
        made.lines[index] = line[:at] + b'"' * rng.choice([1, 1, 1, 2, 3]) + line[at:]


def text_over_lines(rng: Random, made: Draft) -> None:
    """A quoted line feed is honest in CSV; which rows it becomes must not harm the others."""
    for index in made.touch(rng):
        line = made.lines[index]
        at = line.find(b",") + 1
        made.lines[index] = line[:at] + b'"a\nb' + rng.choice([b'"', b"", b"\n\n"]) + line[at:]


def nul_bytes(rng: Random, made: Draft) -> None:
    for index in made.touch(rng):
        at, line = rng.randint(0, len(made.lines[index])), made.lines[index]
        made.lines[index] = line[:at] + b"\0" * rng.randint(1, 3) + line[at:]


def foreign_bytes(rng: Random, made: Draft) -> None:
    """Latin-1 or cut characters in some lines of a UTF-8 file."""
    made.prefix = b"\xef\xbb\xbf" if rng.random() < 0.3 else b""
    for index in made.touch(rng):
        at, line = rng.randint(0, len(made.lines[index])), made.lines[index]
        made.lines[index] = (
            line[:at] + rng.choice([b"caf\xe9", b"\xff\xfe", b"\xe5\x95", b"\xc0\x80"]) + line[at:]
        )


def byte_order_mark(rng: Random, made: Draft) -> None:
    made.prefix = b"\xef\xbb\xbf"


def gb18030(rng: Random, made: Draft) -> None:
    made.lines = [line.decode().encode("gb18030") for line in made.lines]


def latin_1(rng: Random, made: Draft) -> None:
    """No encoding that is read: lines beyond ASCII go, the others stay."""
    lines = [line.decode().encode("latin-1", "replace").replace(b"?", b"\xe9") for line in made.lines]
    made.untouched = {row for row in made.untouched if lines[row + made.offset].isascii()}
    made.lines = lines


def utf_16(rng: Random, made: Draft) -> None:
    data = made.data().decode().encode(rng.choice(["utf-16", "utf-16-le", "utf-16-be"]))
    made.lines, made.untouched = [data], set()


def line_ends(rng: Random, made: Draft) -> None:
    made.end = rng.choice([b"\r\n", b"\n\n", b"\n \n", b"\r"])
    if made.end in (b"\r", b"\n \n"):
        made.untouched = set()


def blank_lines(rng: Random, made: Draft) -> None:
    for _ in range(rng.randint(1, 5)):
        made.lines.insert(rng.randint(made.offset, len(made.lines)), rng.choice([b"", b"", b"\r"]))


def huge_line(rng: Random, made: Draft) -> None:
    (index,) = made.touch(rng, most=1)
    line, filler = made.lines[index], rng.choice([b"x", b'"', b",", b"{", "长".encode()])
    at = rng.randint(0, len(line))
    made.lines[index] = line[:at] + filler * (LINE_BYTES * rng.randint(1, 3) // len(filler) + 1) + line[at:]


def long_honest_text(rng: Random, made: Draft) -> None:
    """Half of the longest line that is allowed."""
    text = [
        name for name in made.columns if name in ("name", "message", "text", "search_term", "coupon_code")
    ]
    if text:
        made.rows[0][text[0]] = "长" * (LINE_BYTES // 6)
        made.render()


def values_out_of_range(rng: Random, made: Draft) -> None:
    wrong = [
        "1e999",
        "-5",
        "9" * 40,
        "NaN",
        "0x10",
        "١٢",
        "1,234.5",
        "inf",
        "9223372036854775808",
        "--1",
        "1e-400",
    ]
    _put(rng, made, wrong, kinds=("Decimal", "Int32", "Int16", "Int64"))


def dates_out_of_range(rng: Random, made: Draft) -> None:
    wrong = [
        "9999-99-99", "0000-00-00 00:00:00", "2026-02-30 10:00", "275760-09-13", "-1", "1e10", "20260501",
        "2026-05-01T10:00:00+99:99", "262143-12-31 23:59:59", "-262144-01-01", "2026-05-01 25:00:00", "Z", "+",
        "0001-01-01", "2026年13月1日", "9999-12-31T23:59:59.999999999Z",
    ]  # fmt: skip
    _put(rng, made, wrong, kinds=("Datetime", "Date"))


def formula_cells(rng: Random, made: Draft) -> None:
    _put(rng, made, ["=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3", "\t=1"], kinds=("String",))


def odd_characters(rng: Random, made: Draft) -> None:
    odd = [
        "\u202e\u2066",
        "\U0001f600" * 50,
        "\ufeff",
        "\u2028",
        "\x1b[31m",
        "\x85",
        "e\u0301" * 100,
        "\x7f\x01",
    ]
    _put(rng, made, odd, kinds=("String",))


def _put(rng: Random, made: Draft, values: list[str], *, kinds: tuple[str, ...]) -> None:
    types = SCHEMAS[made.extract].columns()
    fit = [name for name in made.columns if type(types[name]).__name__ in kinds]
    for index in made.touch(rng) if fit else []:
        row = dict(made.rows[index - made.offset])
        for name in rng.sample(fit, rng.randint(1, len(fit))):
            row[name] = rng.choice(values)
        made.lines[index] = made.line(row)


def fields_missing_or_more(rng: Random, made: Draft) -> None:
    for index in made.touch(rng):
        line = made.lines[index]
        made.lines[index] = rng.choice(
            [line + b",1,2", line.rsplit(b",", 1)[0], line.split(b",")[0], b"," * 500]
        )


def lines_repeated(rng: Random, made: Draft) -> None:
    for index in rng.sample(range(made.offset, len(made.lines)), min(3, len(made.rows))):
        made.lines.append(made.lines[index])


def column_dropped(rng: Random, made: Draft) -> None:
    name = rng.choice(made.columns)
    made.columns.remove(name)
    for row in made.rows:
        del row[name]
    if name in required_columns(made.extract):
        made.untouched = set()
    made.render()


def column_renamed(rng: Random, made: Draft) -> None:
    old = rng.choice(made.columns)
    new = rng.choice(
        ["", " ", "a/b~c", "名", old.upper(), f" {old} ", "x" * 70_000, "select", "_file_hash", '"', "0"]
    )
    _rename(made, old, new)
    if new.strip().lower() != old and old in required_columns(made.extract):
        made.untouched = set()
    if new == '"':
        made.untouched = set()


def _rename(made: Draft, old: str, new: str) -> None:
    made.columns[made.columns.index(old)] = new
    for row in made.rows:
        row[new] = row.pop(old)
    made.render()


def column_twice(rng: Random, made: Draft) -> None:
    """One name twice, perhaps in other letters: a CSV is refused, a key of JSON counts once."""
    name = rng.choice(made.columns)
    made.columns.append(rng.choice([name, name.upper()]))
    made.untouched = set()
    for row in made.rows:
        row.setdefault(made.columns[-1], row[name])
    made.render()


def columns_added(rng: Random, made: Draft) -> None:
    for number in range(rng.choice([1, 3, 300])):
        made.columns.insert(rng.randint(0, len(made.columns)), f"new_{number}")
        for row in made.rows:
            row[f"new_{number}"] = "x,y" if number % 2 else ""
    made.render()


def columns_shuffled(rng: Random, made: Draft) -> None:
    rng.shuffle(made.columns)
    made.render()


def header_only(rng: Random, made: Draft) -> None:
    made.lines, made.untouched = made.lines[: made.offset], set()


def header_missing(rng: Random, made: Draft) -> None:
    if made.form == "csv":
        made.lines, made.untouched = made.lines[1:], set()


def empty(rng: Random, made: Draft) -> None:
    made.lines, made.untouched = rng.choice([[], [b""], [b"", b"", b""], [b" "], [b"\r"]]), set()


def garbage(rng: Random, made: Draft) -> None:
    made.untouched = set()
    made.lines = [rng.randbytes(rng.randint(1, 5000))]
    made.prefix = rng.choice([b"", b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"\xff\xfe", b"%PDF", b"<html>"])


def json_broken(rng: Random, made: Draft) -> None:
    odd = [
        b"[1,2]", b"7", b"null", b'"text"', b"{", b"}", b"{}", b"{]", b'{"a":', b"\xe2\x80\xa8", b"{'a': 1}", b"NaN",
        b'{"platform": NaN}', b"[" * 20_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b"{}{}", b'{"a": 01}', b"//x",
    ]  # fmt: skip
    for index in made.touch(rng):
        made.lines[index] = rng.choice(odd)


def json_nested(rng: Random, made: Draft) -> None:
    """Values of other kinds under known names, and keys that read like paths."""
    odd: list[Any] = [
        {},
        [],
        {"a": {"b": [1, None]}},
        [[[1]]],
        True,
        10**30,
        1.5e300,
        None,
        "\ud800x",
        "a\0b",
        -0.0,
    ]
    for index in made.touch(rng):
        row = dict(made.rows[index - made.offset])
        for name in rng.sample(made.columns, rng.randint(1, len(made.columns))):
            row[name] = rng.choice(odd)
        row |= {
            rng.choice(["a/b", "~0", "", "$.x", "*", "a\0", "\ud800", "k" * 9000, "Platform"]): rng.choice(
                odd
            )
        }
        made.lines[index] = json.dumps(row).encode()


def json_array(rng: Random, made: Draft) -> None:
    made.lines, made.untouched = [b"[" + b",\n".join(made.lines) + b"]"], set()


def json_keys_differ(rng: Random, made: Draft) -> None:
    """Each line may lack optional keys or bring its own."""
    needed = required_columns(made.extract)
    made.rows = [
        {name: value for name, value in row.items() if name in needed or rng.random() < 0.5}
        for row in made.rows
    ]
    made.lines = [json.dumps(row | {f"n{i % 40}": i}).encode() for i, row in enumerate(made.rows)]


Mutation = Callable[[Random, Draft], None]
ANY_TEXT: list[Mutation] = [
    nothing, bytes_flipped, bytes_inserted, bytes_deleted, cut_off, bytes_anywhere, nul_bytes, foreign_bytes,
    byte_order_mark, gb18030, latin_1, utf_16, line_ends, blank_lines, huge_line, long_honest_text, values_out_of_range,
    dates_out_of_range, formula_cells, odd_characters, lines_repeated, column_dropped, column_renamed, column_twice,
    columns_added, columns_shuffled, header_only, empty, garbage,
]  # fmt: skip
CSV_ONLY: list[Mutation] = [
    separators_changed, separators_changed_everywhere, quotes_broken, text_over_lines, fields_missing_or_more,
    header_missing,
]  # fmt: skip
JSON_ONLY: list[Mutation] = [json_broken, json_nested, json_array, json_keys_differ]
