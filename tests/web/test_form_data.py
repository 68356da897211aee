"""Forms are counted before they are read, and give what a browser put into them."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.formparser import FormDataParser

from htealeaf.errors import BadRequest
from htealeaf.web import form_data as form_data_module
from htealeaf.web.form_data import FormData, form_data, form_stream
from htealeaf.web.limits import TooLarge, WrongMedia
from htealeaf.web.uploads import Files
from tests.web.requests import request

MULTIPART = "multipart/form-data; boundary=edge"
URLENCODED = "application/x-www-form-urlencoded"


def part(name: str, value: bytes = b"v", *, filename: str | None = None, more: str = "") -> bytes:
    named = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        named += f'; filename="{filename}"'
    return f"--edge\r\n{named}\r\n{more}\r\n".encode() + value + b"\r\n"


def multipart(*parts: bytes) -> FormData:
    return form_data(MULTIPART, b"".join(parts) + b"--edge--\r\n")


# -- what a browser sends ---------------------------------------------------------------------


def test_fields_and_files_in_their_order() -> None:
    found = multipart(
        part("a", b"1"),
        part("b", "é\r\n--edg".encode()),
        part("a", b""),
        part("f", b"\x00\xff\r\n", filename="a %22b%22.TXT", more="Content-Type: Text/Plain\r\n"),
        part("f", b"", filename="", more="Content-Type: application/octet-stream\r\n"),
    )

    assert [*found.fields.items(multi=True)] == [("a", "1"), ("a", ""), ("b", "é\r\n--edg")]
    one, none = found.files.getlist("f")
    assert (one.filename, one.media_type, one.read()) == ('a "b".TXT', "text/plain", b"\0\xff\r\n")
    assert (none.filename, none.size) == ("", 0)


def test_a_part_may_have_headers_only() -> None:
    body = b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n--edge--\r\n'

    assert [*form_data(MULTIPART, body).fields.items()] == [("a", "")]


_TEXT = st.text(st.characters(exclude_characters='"\r\n\\%', exclude_categories=["Cs"]), min_size=1)


@given(st.lists(st.tuples(_TEXT, st.binary(max_size=50)), max_size=5))
def test_fields_are_those_that_werkzeug_finds(pairs: list[tuple[str, bytes]]) -> None:
    pairs = [(name, value) for name, value in pairs if b"--edge" not in value]
    body = b"".join(part(name, value) for name, value in pairs) + b"--edge--\r\n"

    found = form_data(MULTIPART, body).fields

    parsed = FormDataParser().parse(BytesIO(body), "multipart/form-data", 0, {"boundary": "edge"})
    assert [*found.items(multi=True)] == [*parsed[1].items(multi=True)]


def test_headers_in_another_order_are_read_for_a_few_parts() -> None:
    other = (
        b"--edge\r\nContent-Type: text/plain\r\ncontent-disposition: form-data;name=a\r\n\r\nv\r\n"
    )

    assert multipart(*[other] * 50).fields.getlist("a") == ["v"] * 50
    with pytest.raises(BadRequest):
        multipart(*[other] * 51)


def test_what_is_no_form_has_no_fields() -> None:
    assert not form_data("application/json", b"a=1").fields
    assert not form_data(URLENCODED, b"").fields


# -- what nobody's browser sends ----------------------------------------------------------------


def test_a_form_has_so_many_fields_and_parts_at_most() -> None:
    assert len(form_data(URLENCODED, b"&".join([b"a=1"] * 5), 5).fields.getlist("a")) == 5
    with pytest.raises(TooLarge):
        form_data(URLENCODED, b"&".join([b"a=1"] * 6), 5)
    body = b"".join([part("a")] * 5)
    assert len(form_data(MULTIPART, body + b"--edge--", 5).fields.getlist("a")) == 5
    with pytest.raises(TooLarge):
        form_data(MULTIPART, body + part("a") + b"--edge--", 5)
    assert len(multipart(*[part("a")] * 1000).fields.getlist("a")) == 1000
    with pytest.raises(TooLarge):
        multipart(*[part("a")] * 1001)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MULTIPART, b""),
        (MULTIPART, b"nothing"),
        (MULTIPART, part("a")),
        (MULTIPART, part("a") + b"--edge"),
        (MULTIPART, b"--edge\r\n\r\nno headers\r\n--edge--"),
        (MULTIPART, b'--edge\r\nContent-Disposition: form-data; name="a"\r\n--edge--'),
        (MULTIPART, b"--edge\r\nContent-Disposition: form-data\r\n\r\nv\r\n--edge--"),
        (MULTIPART, b'--edge\r\nContent-Disposition: file; name="a"\r\n\r\nv\r\n--edge--'),
        (MULTIPART, b"--edgeX\r\nContent-Disposition: form-data\r\n\r\nv\r\n--edge--"),
        (MULTIPART, part("a" * 5000) + b"--edge--"),
        ("multipart/form-data", part("a") + b"--edge--"),
        ("multipart/form-data; boundary=", part("a") + b"--edge--"),
        ("multipart/form-data; boundary=" + "e" * 600, part("a") + b"--edge--"),
    ],
)
def test_what_is_malformed_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(BadRequest):
        form_data(content_type, body)


def test_a_field_in_another_charset_is_refused() -> None:
    more = "Content-Type: text/plain; charset=utf-16\r\n"

    with pytest.raises(WrongMedia):
        multipart(part("a", more=more))


def streamed(
    body: bytes, *, chunked: bool, files: Mapping[str, Files] | None = None, limit: int = 1000
) -> FormData:
    """Read *body* as an upload: from memory where its length is told, else piece by piece."""
    headers = {"Content-Type": MULTIPART}
    headers |= {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(body))}
    sent = request("POST", BytesIO(body), headers, ends=chunked)
    taken = files or {}
    return form_stream(
        sent, 2**20, 2**20, lambda data: lambda name, number: (name, taken.get(name)), limit
    )


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("header", ["x" * 100_000, '\\"' * 50_000, "; a=b" * 50_000])
def test_a_streamed_part_has_short_headers_too(header: str, chunked: bool) -> None:
    with pytest.raises(BadRequest, match="can't be read"):
        streamed(part(header) + b"--edge--\r\n", chunked=chunked)


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_is_the_same_from_memory_and_piece_by_piece(chunked: bool) -> None:
    body = b"".join(
        [
            part("a", b"1"),
            part("f", b"\x00\r\n--edg", filename="one.TXT", more="Content-Type: Text/Plain\r\n"),
            part("f", b"", filename=""),
            part("f", b"x" * 9, filename="large"),
            part("a", "é".encode()),
            part("other", b"taken by nobody", filename="x"),
            b"--edge--\r\n",
        ]
    )

    found = streamed(body, chunked=chunked, files={"f": Files(max_size=8, max_count=9)})

    assert [*found.fields.items(multi=True)] == [("a", "1"), ("a", "é")]
    told = [(f.filename, f.media_type, f.size) for _, f in found.files.items(multi=True)]
    assert told[0] == ("one.TXT", "text/plain", 8)
    assert told[1][::2] == ("", 0)
    assert [(name, size) for name, _, size in told[2:]] == [("large", 0), ("x", 0)]
    assert found.refused is not None
    assert [*found.refused.fields] == ["f"]


@pytest.mark.parametrize("chunked", [False, True])
def test_the_parts_of_an_upload_are_counted(chunked: bool) -> None:
    body = part("a") * 4 + b"--edge--\r\n"

    assert len(streamed(body, chunked=chunked, limit=4).fields.getlist("a")) == 4
    with pytest.raises(TooLarge):
        streamed(body, chunked=chunked, limit=3)
    with pytest.raises(BadRequest):
        streamed(body[:-9], chunked=chunked)


def test_an_upload_from_memory_is_not_taken_apart_piece_by_piece(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(form_data_module, "MultipartDecoder", None)

    streamed(part("a") + b"--edge--\r\n", chunked=False)
    with pytest.raises(TypeError):
        streamed(part("a") + b"--edge--\r\n", chunked=True)
