"""Uploads: streamed to disk, limited, saved under safe names, gone when the request ends."""

from __future__ import annotations

import threading
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from htealeaf import WSGI, Element, Files, Registry, Store, SuperStore, Upload
from htealeaf.components import button, div, field, form_for
from htealeaf.testing import Client, Page
from htealeaf.wire.codec import dumps

MiB = 2**20


class Desk:
    """An app that takes files, and what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[str, int, bytes]] = []
        self.streams: list[Any] = []
        self.runs = 0
        registry = Registry()
        with registry:
            self.app = WSGI(secret="a secret of these tests")
            SuperStore(self.app)
            self.store = Store({"n": 0, "note": ""}, name="store")

        @self.app.action
        def send(
            note: str,
            photo: Annotated[Upload | None, Files("image/*", ".pdf", max_size=100_000)],
            others: Annotated[list[Upload], Files(max_size=200_000, max_count=2)],
        ) -> None:
            self.runs += 1
            for file in [photo, *others]:
                if file is not None:
                    self.got.append((file.filename, file.size, file.read()))
                    self.streams.append(file.stream)
            self.store.increment("n")

        def home() -> Element:
            return div(form_for(send), button("x", onclick=self.store.do.increment("n")))

        self.app.route("/")(home)

    def call(
        self, page: Page, *files: tuple[str, str, bytes, str], plain: bool = False, **fields: str
    ) -> Any:
        """Send files, `(control, name, bytes, type)`, as a browser does."""
        form = page.soup.select_one("#send")
        assert form is not None
        url, _, offer = str(form["action"]).partition("?")
        parts: MultiDict[str, Any] = MultiDict()
        headers = {}
        if plain:
            for name, value in {"note": "", **fields}.items():
                parts.add(name, value)
            url = f"{url}?{offer}"
        else:
            entries: Any = [["note", fields.get("note", "")], *([file[0], {}] for file in files)]
            parts.add("ht-action", dumps([offer, entries]))
            headers = {
                **page.catch_up().headers,
                "HT-Verb": "offer",
                "HT-Id": fields.get("id", "1"),
            }
        for control, name, data, kind in files:
            part = control if plain else "ht-file"
            parts.add(part, FileStorage(BytesIO(data), name, part, kind))
        boundary, body = encode_multipart(parts)
        return page.client.send(  # type: ignore[call-arg]
            "POST",
            url,
            headers={**headers, "Referer": f"http://localhost{page.url}"},
            data=body,
            content_type=f"multipart/form-data; boundary={boundary}",
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(params=[False, True], ids=["shim", "plain"])
def plain(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_small_and_large_files_come_whole(desk: Desk, plain: bool) -> None:
    page = Client(desk.app).open("/")
    large = bytes(range(256)) * 700 + b"\r\n--\r\n-"
    files = [
        ("photo", "a.png", b"\x89PNG\r\n", "image/png"),
        ("others", "b.bin", large, "application/octet-stream"),
        ("others", "c.txt", b"", "text/plain"),
    ]

    answer = desk.call(page, *files, plain=plain)

    assert answer.status_code == (303 if plain else 204)
    assert desk.got == [(name, len(data), data) for _, name, data, _ in files]
    assert all(stream.closed for stream in desk.streams)


@pytest.mark.parametrize(
    ("file", "status", "message"),
    [
        (("photo", "a.png", b"x" * 100_001, "image/png"), 413, "At most 100 kB, please."),
        (("photo", "a.txt", b"x", "text/plain"), 422, "Only image/*, .pdf, please."),
        (("others", "a", b"x" * 300_000, "text/plain"), 413, "At most 200 kB, please."),
    ],
)
def test_what_is_not_taken_is_told_at_its_field(
    desk: Desk, plain: bool, file: tuple[str, str, bytes, str], status: int, message: str
) -> None:
    """And nothing is done: not the function, not half of a file."""
    page = Client(desk.app).open("/")

    answer = desk.call(page, file, plain=plain, note="kept")

    assert answer.status_code == status
    assert message in answer.text
    assert 'ht-field="' + file[0] in answer.text
    assert (desk.runs, desk.store["n"]) == (0, 0)
    if plain:
        assert 'value="kept"' in answer.text


def test_an_ending_that_is_taken_may_have_any_type(desk: Desk, plain: bool) -> None:
    page = Client(desk.app).open("/")
    desk.call(page, ("photo", "A.PDF", b"x", "application/octet-stream"), plain=plain)
    assert desk.runs == 1


def test_more_files_than_are_taken(desk: Desk, plain: bool) -> None:
    page = Client(desk.app).open("/")
    answer = desk.call(page, *[("others", "a", b"x", "text/plain")] * 3, plain=plain)
    assert (answer.status_code, desk.runs) == (413, 0)
    assert "At most 2 files, please." in answer.text


def test_a_file_that_nobody_asked_for_is_not_kept(desk: Desk) -> None:
    page = Client(desk.app).open("/")
    desk.call(page, ("other", "a", b"x" * 1000, "text/plain"), plain=True)
    assert (desk.runs, desk.got) == (1, [])


def test_what_was_not_offered_is_refused_before_a_file_is_taken(desk: Desk, plain: bool) -> None:
    page = Client(desk.app).open("/")
    form = page.soup.select_one("#send")
    assert form is not None
    form["action"] = str(form["action"])[:-4] + "AAAA"
    answer = desk.call(page, ("photo", "a.png", b"x", "image/png"), plain=plain)
    assert (answer.status_code, desk.runs) == (403, 0)


def test_a_body_beyond_all_limits_is_not_read(desk: Desk, plain: bool) -> None:
    page = Client(desk.app).open("/")
    answer = desk.call(page, ("others", "a", b"x" * 2 * MiB, "text/plain"), plain=plain)
    assert (answer.status_code, desk.runs) == (413, 0)


def test_a_body_that_is_cut_off_is_none(desk: Desk) -> None:
    page = Client(desk.app).open("/")
    form = page.soup.select_one("#send")
    assert form is not None
    body = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n\r\nhalf'
    answer = page.client.send(  # type: ignore[call-arg]
        "POST",
        str(form["action"]),
        data=body,
        content_type="multipart/form-data; boundary=b",
    )
    assert (answer.status_code, desk.runs) == (400, 0)


def test_a_second_try_gets_the_answer_of_the_first(desk: Desk) -> None:
    page = Client(desk.app).open("/")
    for _ in range(2):
        answer = desk.call(page, ("photo", "a.png", b"x", "image/png"), id="same")
        assert answer.status_code == 204
    assert desk.runs == 1


def test_a_run_that_is_repeated_reads_the_file_again(desk: Desk) -> None:
    sizes: list[int] = []

    @desk.app.action(retry=True)
    def again(file: Upload) -> None:
        sizes.append(len(file.read()))
        n = desk.store["n"]
        if len(sizes) == 1:
            _elsewhere(desk)
        desk.store.replace("n", n + 1)

    desk.app.route("/again")(lambda: form_for(again))
    page = Client(desk.app).open("/again")
    page.upload("[name=file]", ("a.txt", b"12345"))
    page.submit("#again")
    assert sizes == [5, 5]


def _elsewhere(desk: Desk) -> None:
    thread = threading.Thread(target=lambda: desk.store.increment("n"))
    thread.start()
    thread.join()


# -- saving --------------------------------------------------------------------------------


def upload(name: str, data: bytes = b"data") -> Upload:
    return Upload(name, "text/plain", BytesIO(data), len(data))


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a b.txt", "a_b.txt"),
        (".htaccess", "htaccess"),
        ("ä.txt", "a.txt"),
        ("日本.txt", "file.txt"),
        ("..", "file"),
        ("", "file"),
        ("x" * 300 + ".txt", "x" * 116 + ".txt"),
        ("a\0.txt", "a.txt"),
    ],
)
def test_a_file_is_saved_under_a_safe_name(tmp_path: Path, filename: str, name: str) -> None:
    path = upload(filename).save_in(tmp_path / "new")
    assert path == tmp_path / "new" / name
    assert path.read_bytes() == b"data"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"mine")
    (tmp_path / "a-2.txt").symlink_to(tmp_path / "elsewhere")
    assert upload("a.txt").save_in(tmp_path).name == "a-3.txt"
    assert upload("a.txt").save_in(tmp_path, name="b.txt").name == "b.txt"
    assert (tmp_path / "a.txt").read_bytes() == b"mine"
    assert not (tmp_path / "elsewhere").exists()


def test_half_of_a_file_is_none(tmp_path: Path) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        Upload("a.txt", "text/plain", Broken(), 4).save_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


# -- without a browser ---------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def page(request: pytest.FixtureRequest, desk: Desk) -> Page:
    return Client(desk.app, scripts=request.param).open("/")


def test_a_page_uploads(page: Page, desk: Desk) -> None:
    page.fill("[name=note]", "hello")
    page.upload("[name=photo]", ("ä.png", b"\x89PNG"))
    page.upload("[name=others]", ("b.txt", b"b"), ("c.txt", b"c"))
    page.submit("#send")

    assert desk.got == [("ä.png", 4, b"\x89PNG"), ("b.txt", 1, b"b"), ("c.txt", 1, b"c")]
    page.submit("#send")  # the controls are empty again
    assert len(desk.got) == 3


def test_a_page_is_told_what_is_not_taken(page: Page, desk: Desk) -> None:
    page.upload("[name=photo]", ("a.txt", b"x"))
    page.submit("#send")
    assert page.errors == {"photo": "Only image/*, .pdf, please."}
    control = page.soup.select_one("[name=photo]")
    assert control is not None
    assert (control["accept"], control["aria-invalid"]) == ("image/*,.pdf", "true")


def test_a_field_alone_takes_files() -> None:
    assert 'accept=".csv"' in str(field("x", type=Annotated[Upload, Files(".csv")]))
