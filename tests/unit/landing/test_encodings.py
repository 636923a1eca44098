"""UTF-8 and GB18030 are told apart without being told."""

from __future__ import annotations

import pytest

from orchestration.landing.encodings import Decoder

CHINESE = "1,张伟,上海\n2,李娜,北京市朝阳区\n"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_text_is_read_in_either_encoding(encoding: str) -> None:
    data, bad = Decoder().to_utf8(CHINESE.encode(encoding))
    assert (data.decode(), bad) == (CHINESE, [])


def test_gb18030_is_found_after_a_long_ascii_beginning() -> None:
    decoder = Decoder()
    decoder.to_utf8(b"1,John,Paris\n" * 100)
    data, bad = decoder.to_utf8(CHINESE.encode("gb18030"))
    assert (data.decode(), bad) == (CHINESE, [])


def test_a_rare_character_of_four_bytes_survives() -> None:
    text = CHINESE * 3 + "3,\U00020000,㐂\n"
    data, bad = Decoder().to_utf8(text.encode("gb18030"))
    assert (data.decode(), bad) == (text, [])


@pytest.mark.parametrize(
    "broken", [b"caf\xe9,x\n", b"\xff\xfe,x\n", "张伟".encode()[:4] + b",x\n", b"Stra\xdfe,x\n"]
)
def test_a_broken_line_is_not_taken_for_chinese(broken: bytes) -> None:
    """German and French in Latin-1 decode as GB18030 now and then, but not to everyday characters."""
    data, bad = Decoder().to_utf8(b"1,a\n" + broken + b"2,b\n")
    assert bad == [1]
    assert data.count(b"\n") == 3


def test_one_broken_line_among_utf8_lines_costs_itself() -> None:
    _, bad = Decoder().to_utf8(CHINESE.encode() + b"\xd5\xc5\xce\xb0,x\n" + CHINESE.encode())
    assert bad == [2]


def test_a_broken_line_before_the_first_chinese_block_decides_nothing() -> None:
    decoder = Decoder()
    assert decoder.to_utf8(b"1,caf\xe9,x\n")[1] == [0]
    data, bad = decoder.to_utf8(CHINESE.encode("gb18030"))
    assert (data.decode(), bad) == (CHINESE, [])
