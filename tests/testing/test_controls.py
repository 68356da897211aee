"""Form controls: what they hold and what a form sends."""

from __future__ import annotations

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.components import button, checkbox, div, form, p, textInput
from htealeaf.testing import Client
from tests.testing.apps import SECRET


def test_a_click_on_a_label_ticks_its_box(fields) -> None:
    fields.click("label", text="On")

    assert fields.stored("on") is True


def test_select_takes_a_value_or_a_text(fields) -> None:
    fields.select("#size", "Large")
    assert fields.stored("size") == "l"
    fields.select("#size", "s")
    assert fields.stored("size") == "s"

    fields.select("#form select", "a", "c")
    fields.submit("#form")
    assert fields.stored("many") == ["a", "c"]


def test_one_radio_button_of_a_group_is_checked(fields) -> None:
    fields.check("#red")
    fields.check("#blue")

    assert fields.value("#red") == "blue"
    fields.click("button", text="Paint")
    assert fields.stored("color") == "blue"


def test_text_that_was_refused_stays_and_a_tick_goes_back() -> None:
    def allowed(value: object) -> bool:
        return value not in ("no", True)

    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        store = Store({"name": "a", "on": False}, name="store", allow=allowed)

    @app.route("/")
    def home():
        return div(textInput(bind=store.at("name")), checkbox(bind=store.at("on")))

    page = Client(app, check=True).open("/")
    page.fill("[type=text]", "no")
    assert page.error is not None
    assert page.value("[type=text]") == "no"
    page.fill("[type=text]", "b")
    assert (page.value("[type=text]"), store["name"]) == ("b", "b")

    page.check("[type=checkbox]")
    assert page.error is not None
    assert not page.value("[type=checkbox]")


def test_what_was_typed_stays_when_the_server_says_something_else() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        store = Store({"n": 0, "name": "a"}, name="store")

    @app.route("/")
    def home():
        return div(
            store.react("n", lambda n: div(p(n), textInput(name="t", value=store.read("name")))),
            button("n", onclick=store.do.increment("n")),
            button("name", onclick=store.do.set("name", "b")),
        )

    page = Client(app, check=True).open("/")
    page.fill("[name=t]", "typed")

    page.click("button", text="n")
    assert page.text("p") == "1"
    assert page.value("[name=t]") == "typed"
    page.click("button", text="name")
    assert page.value("[name=t]") == "typed"
    assert page.has("[name=t][ht-newer]"), "and what is newer waits"


def test_a_form_of_the_author_is_sent_as_it_says() -> None:
    with Registry():
        app = WSGI(secret=SECRET)

    @app.route("/")
    def home():
        return form(method="post", action="/seen", enctype="multipart/form-data")(
            textInput(name="t", value="a é"), button("Send", name="with", value="this")
        )

    @app.route("/seen", methods=["POST"])
    def seen(request):
        return p(f"{request.mimetype} {sorted(request.form.items())}")

    page = Client(app).open("/")
    page.click("button")

    assert page.text("p") == "multipart/form-data [('t', 'a é'), ('with', 'this')]"
