"""Text of strangers on a terminal: it is shown, not obeyed."""

import io
import json
from contextlib import redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli_show import complain, print_json, print_table
from api.plain_text import one_line, plain, visible

ANY = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("停车场 a-1", "停车场 a-1"),
        ("\x1b[2J\x1b]0;x\x07", "\ufffd[2J\ufffd]0;x\ufffd"),
        ("\x9b31m", "\ufffd31m"),
        ("a\u202efdp", "a\ufffdfdp"),
        ("\udcd0x", "\ufffdx"),
        ("\ud83d\ude00", "\U0001f600"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_what_is_no_text_becomes_a_mark(text, shown):
    assert visible(text) == shown


@given(ANY)
def test_any_text_can_be_shown_on_one_line(text):
    shown = one_line(text)
    shown.encode()
    assert not set(shown) & set(map(chr, [*range(32), *range(127, 160), 0x2028, 0x2029]))
    assert one_line(shown) == shown


def test_values_keep_their_shape():
    assert plain({"a": ("\x1b", 1, None, True), 2: {"x"}}) == {"a": ["\ufffd", 1, None, True], "2": ["x"]}


def test_tables_and_complaints_obey_no_escape(capsys):
    print_table([("note", "left")], [("\x1b[31mred\nnext",)])
    complain("no file \x1b]0;owned\x07")
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert "\ufffd[31mred next" in told.out


@given(ANY)
def test_json_for_a_terminal_says_any_text_and_commands_nothing(text):
    out = io.StringIO()
    with redirect_stdout(out):
        print_json({"note": text})
    out.getvalue().encode()
    assert json.loads(out.getvalue()) == {"note": text}
    assert not set(out.getvalue()) & set(map(chr, [27, *range(127, 160), 0x202E]))
