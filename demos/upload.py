"""Files from your computer into one archive: watch them arrive, and watch it being packed.

Shows: uploads with progress, several files, a drop zone, a job that works on them, a download.
Run: python -m demos.upload
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

from demos.data import folder
from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import (
    WSGI,
    Element,
    Invalid,
    Ref,
    SessionStore,
    SuperStore,
    Upload,
    browser,
    flash,
    flashes,
    fragment,
    send_file,
)
from htealeaf.components import (
    a,
    button,
    div,
    empty_state,
    field,
    form_for,
    li,
    progress_bar,
    section,
    span,
    ul,
)  # fmt: skip

CHUNK = 1 << 16
MOST = 20  # files of one person

app = WSGI(
    title="Upload", layout=frame("Upload", __doc__, "upload"), components_css=True,
    max_body=64 << 20, live=True,
)  # fmt: skip
app.static("/static", STATIC)
SuperStore(app)
box = SessionStore(
    {"id": None, "files": [], "job": None, "state": "open", "packed": 0, "size": 0}, name="box"
)


def place_of(id: str) -> Path:
    place = folder() / "uploads" / id
    place.mkdir(parents=True, exist_ok=True)
    return place


@app.action
def send(files: list[Upload]) -> None:
    if box["state"] == "packing":
        raise Invalid("It is being packed: wait for it, or stop it.")
    if not files:
        raise Invalid(files="Choose one, or drop some here.")
    if len(box["files"]) + len(files) > MOST:
        raise Invalid(files=f"{MOST} at most; {len(box['files'])} are here already.")
    id = box["id"] or uuid4().hex
    for file in files:
        saved = file.save_in(place_of(id))
        row = {
            "id": uuid4().hex,
            "name": file.filename,
            "saved": saved.name,
            "size": saved.stat().st_size,
        }
        box.insert("files/-", row)
    box.merge("", {"id": id, "state": "open"})
    flash(f"{len(files)} file{'s' * (len(files) != 1)} arrived.", "success")


@app.action(retry=True)
def remove(file: str) -> None:
    row = box.at("files", f"id={file}")
    (place_of(box["id"]) / row["saved"]).unlink(missing_ok=True)
    row.delete()
    box.set("state", "open")


@app.action
def pack() -> None:
    """Make the archive, in the background."""
    if not box["files"]:
        raise Invalid("There is nothing to pack.")
    if box["state"] == "packing":
        return
    job, size = uuid4().hex, sum(file["size"] for file in box["files"])
    box.merge("", {"state": "packing", "job": job, "packed": 0, "size": size})
    app.background(packing, job, box["id"], [file.copy() for file in box["files"]])


@app.action(retry=True)
def stop() -> None:
    if box["state"] == "packing":
        box.merge("", {"state": "open", "job": None})


@app.action
def empty() -> None:
    if box["id"] is not None:
        shutil.rmtree(place_of(box["id"]), ignore_errors=True)
    box.replace("", box.default)


def packing(job: str, id: str, files: list[dict[str, Any]]) -> None:
    """Write the archive, telling how far it is."""
    place, packed, told = place_of(id), 0, 0
    archive_of(id).parent.mkdir(exist_ok=True)
    unfinished = archive_of(id).with_name(f"{job}.part")
    with ZipFile(unfinished, "w", ZIP_DEFLATED) as archive:
        for file in files:
            with (
                (place / file["saved"]).open("rb") as source,
                archive.open(file["saved"], "w") as into,
            ):
                while chunk := source.read(CHUNK):
                    into.write(chunk)
                    packed += len(chunk)
                    if packed - told >= 8 * CHUNK:
                        told = packed
                        if box["job"] != job:  # stopped
                            unfinished.unlink()
                            return
                        box.set("packed", packed)
    unfinished.replace(archive_of(id))
    if box["job"] == job:
        box.merge("", {"state": "packed", "packed": packed, "job": None})


def archive_of(id: str) -> Path:
    return place_of(id) / "archive" / "files.zip"


@app.route("/")
def home() -> Element:
    return section(class_="card", aria_label="Your files")(
        form_for(
            send,
            field(
                "files",
                label="Files",
                hint=f"Up to {MOST}, together 64 MB a time. Drop them here, too.",
            ),
            button("Upload"),
        ),
        listed(),
        archive(),
        flashes(),
    )


@fragment
def listed() -> Any:
    return ul(id="files", class_="files", aria_label="Uploaded", tabindex=-1)(
        box.each(
            "files",
            row,
            key="id",
            empty=li(empty_state("No files yet", "Whatever you upload stands here.")),
        )
    )


def row(file: Ref) -> Element:
    return li(
        span(file["name"], class_="name"),
        span(in_words(file["size"]), class_="size"),
        button(
            "×",
            class_="quiet small",
            aria_label=f"Remove {file['name']}",
            onclick=remove(file=file["id"]).then(browser.focus("files")),
        ),
    )


@fragment
def archive() -> Any:
    if not box["files"]:
        return None
    state = box["state"]
    if state == "packing":
        part = 100 * box["packed"] / max(box["size"], 1)
        return div(class_="buttons", id="archive", tabindex=-1)(
            progress_bar(part, label="Packing", text=f"{part:.0f} %"),
            button("Stop", class_="quiet", onclick=stop().then(browser.focus("archive"))),
        )
    begin = pack().then(browser.focus("archive"))
    return div(class_="buttons", id="archive", tabindex=-1)(
        a("Download files.zip", href="files.zip", class_="button", download=True)
        if state == "packed" else button("Pack into an archive", onclick=begin),
        button(
            "Remove all", class_="quiet",
            onclick=empty().confirm("Remove all files?").then(browser.focus("files")),
        ),
    )  # fmt: skip


@app.route("/files.zip", page=False)
def download() -> Any:
    if box["id"] is None or box["state"] != "packed":
        return 404, "There is nothing here."
    return send_file(archive_of(box["id"]), name="files.zip", attachment=True)


def in_words(size: int) -> str:
    """Return a number of bytes as people say it.

    >>> in_words(999), in_words(1_500), in_words(23_400_000)
    ('999 B', '1.5 kB', '23.4 MB')
    """
    if size < 1000:
        return f"{size} B"
    return f"{size / 1e3:.1f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    serve(app)
