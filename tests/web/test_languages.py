"""Languages of an app: ours are complete, the author's go over them, and pages follow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.http import HTTP_STATUS_CODES

from htealeaf import (
    WSGI,
    Files,
    HtealeafError,
    Invalid,
    Registry,
    Session,
    Store,
    SuperStore,
    Upload,
    say,
)
from htealeaf.components import button, data_table, div, form_for, modal, p, pagination
from htealeaf.testing import Client, Page
from htealeaf.web.languages import Languages, is_tag, ours, placeholders, translation
from htealeaf.wire.arguments import MESSAGES
from htealeaf.wire.names import TOLD

HOUSE = Path(__file__).parents[2] / "htealeaf"
#: What the ready-made pieces say by default, which stands in their signatures.
DEFAULTS = {
    "Close",
    "Dismiss",
    "Messages",
    "Next",
    "Pages",
    "Previous",
    "Save",
    "There is nothing here yet.",
}
STATUSES = (400, 401, 403, 404, 405, 409, 410, 413, 414, 415, 422, 429, 500, 503)


def sentences() -> Iterator[str]:
    """Yield what the code says to people."""
    yield from set(MESSAGES.values()) - {"{error}"}
    yield from TOLD
    yield from DEFAULTS
    yield from (HTTP_STATUS_CODES[status] for status in STATUSES)
    yield from (str(NotFound.description), str(MethodNotAllowed.description))
    for path in HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                if any(isinstance(name, ast.Name) and name.id == "public" for name in node.targets):
                    yield str(node.value.value)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                at = {"say": 0, "RefusedField": 1}.get(node.func.id)
                said = node.args[at] if at is not None else None
                if isinstance(said, ast.Constant):
                    yield str(said.value)


@pytest.mark.parametrize("language", sorted(ours()))
def test_each_sentence_of_ours_is_in_each_language_and_nothing_else(language: str) -> None:
    known = set(sentences())
    words = translation(language)

    assert {text for text in known if text not in words} == set()
    assert {text for text in words if text not in known} == set()
    wrong = [text for text, said in words.items() if placeholders(said) != placeholders(text)]
    assert wrong == []
    lines = [text for text, said in words.items() if text.count("\n") != said.count("\n")]
    assert lines == []


def test_there_are_languages() -> None:
    assert ours() >= {"de", "fr", "es"}
    assert translation("xx") == {}
    assert translation("../de") == {}


@pytest.mark.parametrize("tag", ["de", "pt-BR", "zh-Hant-TW", "gsw"])
def test_what_names_a_language(tag: str) -> None:
    assert is_tag(tag)


@pytest.mark.parametrize(
    "tag", ["", "d", "de CH", '"><script>', "de-", "../de", "de\n", "de" + "-at" * 9]
)
def test_what_names_none(tag: str) -> None:
    assert not is_tag(tag)
    assert Languages({}).of(tag) is None
    if tag:
        with Registry(), pytest.raises(HtealeafError, match="is no tag"):
            WSGI(lang=tag)


def test_a_region_has_the_words_of_its_language_and_its_own() -> None:
    known = Languages({"de": {"Next": "Vor"}, "de-AT": {"Save": "Sichern"}})
    german, austrian, swiss = known.of("de"), known.of("de_AT"), known.of("de-CH")

    assert german is not None
    assert austrian is not None
    assert swiss is not None
    assert [one.words["Save"] for one in (german, austrian, swiss)] == [
        "Speichern",
        "Sichern",
        "Speichern",
    ]
    assert {one.words["Next"] for one in (german, austrian, swiss)} == {"Vor"}
    assert austrian.tag == "de-AT"
    assert known.of("en") is known.of(None) is None


def test_english_may_have_other_words_and_a_language_of_its_own_none() -> None:
    known = Languages({"en": {"Save": "Store it"}})
    english, dutch = known.of("en"), known.of("nl")

    assert english is not None
    assert english.words == {"Save": "Store it"}
    assert dutch is not None
    assert (dutch.tag, dict(dutch.words)) == ("nl", {})


def test_a_place_that_nothing_fills_is_told_at_once() -> None:
    with Registry(), pytest.raises(HtealeafError, match=r"has \{min\}.* fills \{ge\}"):
        WSGI(words={"de": {"At least {ge}, please.": "Mindestens {min}."}})


class Kind(Enum):
    HOLIDAY = "holiday"
    TRAINING = "training"


def made(lang: Any = "de", **settings: Any) -> WSGI:
    with Registry():
        words = {"de": {"Kind": "Art", "Holiday": "Urlaub", "Not today.": "Heute nicht."}}
        app = WSGI(secret="a secret of the tests", lang=lang, words=words, **settings)
        SuperStore(app)
        days = Store({"n": 0}, name="days")

        @app.action
        def ask(
            kind: Kind,
            many: Annotated[int, Field(ge=1)],
            note: Annotated[Upload | None, Files(".pdf")] = None,
        ) -> None:
            if many > 30:
                raise Invalid("Not today.")
            days.set("n", many)

        @app.action
        def choose(session: Session, lang: str) -> None:
            session["lang"] = lang

        @app.route("/")
        def home() -> Any:
            return div(
                days.react("n", lambda n: p(n)),
                form_for(ask),
                data_table([], ["kind"], caption="Days"),
                pagination(1, 2, lambda number: f"?page={number}"),
                modal(p("Sure?"), id="sure", title="Sure?"),
                button("Français", onclick=choose(lang="fr")),
                button("Nobody's", onclick=choose(lang="xx y")),
                button("+", onclick=days.do.update("n", 1).confirm("?")),
            )

    return app


def lang(page: Page) -> object:
    assert page.soup.html is not None
    return page.soup.html["lang"]


def test_a_page_and_what_it_refuses_are_in_its_language() -> None:
    page = Client(made()).open("/")

    assert lang(page) == "de"
    text = page.soup.text
    for word in ("Bitte wählen", "Art", "Urlaub", "Training", "Speichern", "Weiter", "Schließen"):
        assert word in text
    assert "Hier ist noch nichts." in text

    page.select("#ask-kind", "holiday")
    for field in page.soup.select("#ask-many"):
        del field["min"]  # what a browser is kept from, others send
    page.fill("#ask-many", "0")
    page.submit("#ask")
    assert page.errors == {"many": "Bitte mindestens 1."}

    page.fill("#ask-many", "31")
    page.submit("#ask")
    assert page.errors == {"": "Heute nicht."}


def test_files_and_offers_are_refused_in_its_language() -> None:
    client = Client(made())
    page = client.open("/")
    page.select("#ask-kind", "training")
    page.fill("#ask-many", "2")
    page.upload("#ask-note", ("a.txt", b"text"))
    page.submit("#ask")
    assert page.errors == {"note": "Bitte nur .pdf."}

    answer = client.post("/api/_store/days/n", json=1, headers={"HT-Verb": "set"})
    assert answer.json is not None
    assert (
        answer.json["detail"] == "Das hat diese Seite nicht angeboten. Bitte noch einmal versuchen."
    )


def test_error_pages_and_plain_forms_are_in_its_language() -> None:
    client = Client(made(), scripts=False)
    missing = client.get("/nowhere")

    assert missing.status_code == 404
    assert '<html lang="de">' in missing.text
    assert "Nicht gefunden" in missing.text
    assert "Zurück" in missing.text
    page = client.open("/")
    plus = page.soup.find("button", string="+")
    assert plus is not None
    asked = client.post(
        str(plus["formaction"]),
        data={field["name"]: field["value"] for field in page.soup.select("#ht input")},
    )
    assert all(word in asked.text for word in ('lang="de"', ">Ja<", ">Nein<"))


def test_the_language_follows_the_person_and_open_pages_follow_it() -> None:
    def language(session: Session, request: Any) -> Any:
        return session.get("lang") or request.accept_languages.best_match(["en", "de", "fr"])

    app = made(language)
    english, german = Client(app).open("/"), Client(app, languages="de-CH, de;q=0.9").open("/")
    assert (lang(english), lang(german)) == ("en", "de")
    assert "Please choose" in english.soup.text
    assert "Bitte wählen" in german.soup.text

    german.click("button", text="Français")
    assert lang(german) == "fr"
    assert "Veuillez choisir" in german.soup.text

    german.click("button", text="Nobody's")
    assert lang(german) == "en"


def test_what_all_pages_share_is_rendered_for_each_language() -> None:
    with Registry():
        app = WSGI(
            secret="a secret of the tests",
            lang=lambda request: request.accept_languages.best_match(["en", "de"]),
        )
        SuperStore(app)
        days = Store({"n": 0}, name="days")

        @app.route("/")
        def home() -> Any:
            return div(days.react("n", lambda n: p(say("Loading"), n), share=True))

    texts = [
        Client(app, languages=languages).open("/").text("p") for languages in ("en", "de", "en")
    ]

    assert texts == ["Loading0", "Wird geladen0", "Loading0"]


def test_the_language_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTEALEAF_LANG", "es")
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)

    assert "No encontrado" in Client(app).get("/nowhere").text
