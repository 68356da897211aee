"""What each step does: it acts through what is rendered, as a person does."""

from __future__ import annotations

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore, value_of
from htealeaf.components import button, div, form, p, textInput
from htealeaf.testing import Client, PageFailure
from tests.testing.apps import SECRET, controls_app, table_app, todo_app, users_app


@pytest.fixture
def todos():
    return Client(todo_app(), check=True)


@pytest.fixture
def fields():
    app = controls_app()
    page = Client(app, check=True).open("/")
    page.stored = app.seen.read  # type: ignore[attr-defined]
    return page


def test_a_click_changes_what_its_action_says(todos: Client) -> None:
    page = todos.open("/counter")

    patch = page.click("button", text="+")

    assert patch.ids == ["shared-counter"]
    assert patch["shared-counter"] == '<h3 id="shared-counter">2</h3>'
    assert patch.ops == [("morph", "shared-counter")]
    assert patch.bytes == len(patch.html) == 30
    assert page.text("h3") == "2"
    assert page.patch is patch
    assert page.patches == [patch]


def test_a_form_takes_what_was_typed_and_is_empty_again(todos: Client) -> None:
    page = todos.open("/")

    page.fill("#new [name=task]", "Bread")
    assert page.value("[name=task]") == "Bread"
    page.click("button", text="Add")

    assert page.text("#list li:last-of-type span") == "Bread"
    assert page.value("[name=task]") == ""


def test_submit_and_enter_do_what_the_button_does(todos: Client) -> None:
    page = todos.open("/")

    page.fill("[name=task]", "Bread")
    page.submit("#new")
    page.fill("[name=task]", "Salt")
    page.press("[name=task]", "Enter")

    assert [tag.get_text() for tag in page.soup.select("#list span")] == [
        "Milk",
        "Eggs",
        "Bread",
        "Salt",
    ]


def test_a_checkbox_acts_when_it_is_ticked(todos: Client) -> None:
    page = todos.open("/")

    page.check("#list li:nth-of-type(1) input")
    assert page.value("#list li:nth-of-type(1) input") is True
    assert not page.check("#list li:nth-of-type(1) input").html  # it is checked already
    page.click("#list li:nth-of-type(1) input")

    assert page.value("#list li:nth-of-type(1) input") is False
    page.uncheck("#list li:nth-of-type(2) input")
    assert not page.has("#list [checked]")


def test_what_is_typed_is_sent_at_once(fields) -> None:
    fields.fill("#text", "hello")
    fields.fill("#note", "a\nb")

    assert fields.stored("text") == "hello"
    assert fields.stored("note") == "a\nb"
    assert fields.value("#note") == "a\nb"
    assert fields.value("#text") == "hello"  # the server says nothing about it


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


def test_a_key_acts_when_it_is_the_key(fields) -> None:
    fields.press("#line", "Escape")

    assert fields.stored("key") == "Escape"
    with pytest.raises(PageFailure, match="no action on the key 'a'"):
        fields.press("#line", "a")


def test_what_an_action_reads_from_the_event_is_given(fields) -> None:
    fields.click("#pad", offsetX=7)

    assert fields.stored("at") == 7
    with pytest.raises(PageFailure, match=r"reads event.offsetX.*: offsetX=\.\.\."):
        fields.click("#pad")


def test_a_question_wants_an_answer(fields) -> None:
    with pytest.raises(PageFailure, match=r"asks 'Sure\?' first; say confirm=True"):
        fields.click("#ask")

    fields.click("#ask", confirm=False)
    assert fields.text("#n") == "0"
    fields.click("#ask", confirm=True)
    assert fields.text("#n") == "1"


def test_once_is_once(fields) -> None:
    fields.click("#once")
    fields.click("#once")

    assert fields.text("#n") == "1"


def test_code_is_not_skipped(fields) -> None:
    with pytest.raises(PageFailure, match=r"JavaScript, which only a browser can: alert\(1\)"):
        fields.click("#code")


def test_links_reload_and_back(todos: Client) -> None:
    page = todos.open("/")

    page.click("a", text="Counter")
    assert page.url == "/counter?from=home"
    assert page.title == "Counter"
    page.click("button", text="+")
    page.reload()
    assert page.text("h3") == "2"
    page.back()

    assert (page.url, page.title) == ("/", "To do")
    with pytest.raises(PageFailure, match="nothing to go back to"):
        page.back()


def test_look_catches_up_with_another_tab() -> None:
    client = Client(todo_app())
    left, right = client.open("/counter"), client.open("/counter")

    left.click("button", text="+")
    assert right.text("h3") == "1"
    patch = right.look()

    assert patch.ids == ["shared-counter"]
    assert right.cursor == left.cursor
    assert not right.look().html
    assert right.requests[-1].status == 304
    right.assert_consistent()


def test_look_catches_up_with_another_browser() -> None:
    app = todo_app()
    ann, bob = Client(app).open("/"), Client(app).open("/")

    ann.click("#list li:nth-of-type(1) button")
    bob.look()

    assert not bob.has("span", text="Milk")
    bob.assert_consistent()


def test_rows_of_a_table_come_and_go() -> None:
    page = Client(table_app(), check=True).open("/")

    page.click("button", text="add")
    assert [tag.get_text() for tag in page.soup.select("td:first-child")] == ["a", "b", "foot"]
    page.click("tr:nth-of-type(1) button")
    page.click("tr:nth-of-type(1) button")
    assert [tag.get_text() for tag in page.soup.select("td:first-child")] == ["foot"]
    page.click("button", text="flip")
    assert not page.has("#shown")
    page.click("button", text="flip")
    assert page.text("#shown") == "shown"


def test_an_element_of_the_page_can_be_named_itself(todos: Client) -> None:
    page = todos.open("/counter")

    page.click(page.soup.find_all("button")[-1])

    assert page.text("h3") == "2"


def test_signing_in_by_form_and_by_hand() -> None:
    app = users_app()
    page = Client(app, check=True).open("/")
    assert page.url == "/login"

    page.fill("[name=name]", "ann")
    page.click("button", text="Sign in")
    assert (page.url, page.text("#hello")) == ("/", "Hello ann")
    page.click("button", text="+")
    other = Client(app, check=True).signed_in("ann").open("/")
    assert other.text("#n") == "1"
    other.click("button", text="+")
    page.look()

    assert page.text("#n") == "2"
    assert Client(app).signed_in("bob").open("/").text("#n") == "0"
    assert Client(app).signed_in("bob").signed_out().open("/").url == "/login"


def test_the_session_can_be_read_and_written() -> None:
    client = Client(users_app())
    with client.session() as session:
        session["user"] = "ann"

    assert client.open("/").text("#hello") == "Hello ann"
    with client.session() as session:
        assert session.user == "ann"


def test_a_page_that_answers_a_post_is_shown() -> None:
    page = Client(users_app(), check=True).open("/login")
    page.fill("[name=name]", "nobody")
    page.submit()

    assert page.status == 422
    assert page.error == "There is no such user."
    with pytest.raises(PageFailure, match="answers a POST"):
        page.assert_consistent()


def test_an_app_may_be_mounted_below_a_path() -> None:
    client = Client(todo_app(), base_url="http://test.example/app", check=True)
    page = client.open("/counter")

    page.click("button", text="+")

    assert page.url == "/app/counter"
    assert page.requests[-1].url == "/app/api/_store/shared/counter"
    assert page.text("h3") == "2"


def test_raw_requests_share_the_cookies() -> None:
    client = Client(todo_app())
    answer = client.get("/counter")

    assert answer.status_code == 200
    assert "Set-Cookie" in answer.headers
    assert "Set-Cookie" not in client.get("/counter").headers
    assert client.post("/api/_store/shared/counter", json=1).status_code == 403


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


def test_a_chain_is_one_request_with_all_values() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        store = Store({"list": [], "last": ""}, name="store")

    @app.route("/")
    def home():
        both = store.do.append("list", value_of("t")).then(store.do.set("last", value_of("t")))
        return div(form(onsubmit=both)(textInput(name="t"), button("Add")), p(store.react("last")))

    page = Client(app, check=True).open("/")
    page.fill("[name=t]", "x")
    page.submit()

    assert store.read() == {"list": ["x"], "last": "x"}
    assert [sent.method for sent in page.requests] == ["GET", "POST"]
    assert page.text("p") == "x"


def test_a_new_epoch_brings_the_whole_page() -> None:
    app = todo_app()
    page = Client(app).open("/counter")
    page.click("button", text="+")
    app.registry.journal.reset()

    page.look()

    assert page.text("h3") == "1"
    page.assert_consistent()


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


def test_a_failing_app_fails_the_test(caplog) -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        store = Store({"n": 0}, name="store", allow=lambda session, verb, path: 1 / store.read("n"))

    @app.route("/")
    def home():
        return p("x") if store.read("n") == 0 else button("+", onclick=store.do.increment("n"))

    store.set("n", 1)
    page = Client(app).open("/")
    store.replace("n", 0)

    with pytest.raises(PageFailure, match=r"the app failed: POST .* -> 500 .*log has the reason"):
        page.click("button")


# -- scripts off ---------------------------------------------------------------------------


def test_without_scripts_the_same_page_works() -> None:
    page = Client(todo_app(), scripts=False, check=True).open("/")

    page.fill("[name=task]", "Bread")
    page.click("button", text="Add")
    assert page.text("#list li:last-of-type span") == "Bread"
    page.click("#list li:last-of-type button")

    assert [(sent.method, sent.status) for sent in page.requests] == [
        ("GET", 200),
        ("POST", 303),
        ("GET", 200),
        ("POST", 303),
        ("GET", 200),
    ]
    assert not page.has("span", text="Bread")


def test_without_scripts_only_forms_and_links_act() -> None:
    page = Client(controls_app(), scripts=False).open("/")

    with pytest.raises(PageFailure, match="no action, and no link"):
        page.click("#pad", offsetX=1)
    page.click("#once")
    page.click("#once")
    assert page.text("#n") == "2"


@pytest.mark.parametrize("answer", [True, False])
def test_without_scripts_the_server_asks(answer: bool) -> None:
    page = Client(controls_app(), scripts=False).open("/")

    page.click("#ask", confirm=answer)

    assert page.url == "/"
    assert page.text("#n") == str(int(answer))


# -- requests one by one -------------------------------------------------------------------


def test_a_repeated_request_is_done_once() -> None:
    page = Client(todo_app()).open("/counter")
    request = page.action("button", text="+")

    page.send(request)
    page.send(request)

    assert page.text("h3") == "2"
    assert page.requests[-1].request.headers["HT-Id"] == request.headers["HT-Id"]
    assert page.action("button", text="+").headers["HT-Id"] != request.headers["HT-Id"]
    page.assert_consistent()


def test_a_lost_answer_is_made_up_for() -> None:
    page = Client(todo_app()).open("/counter")
    request = page.action("button", text="+")

    page.send(request, apply=False)
    assert page.text("h3") == "1"
    page.send(request)

    assert page.text("h3") == "2"
    page.assert_consistent()


def test_a_late_answer_is_dropped() -> None:
    page = Client(todo_app()).open("/counter")
    first = page.send(page.action("button", text="+"), apply=False)
    page.click("button", text="+")
    page.receive(first)

    assert page.text("h3") == "3"
    page.assert_consistent()


def test_a_tampered_request_is_refused() -> None:
    page = Client(todo_app()).open("/counter")

    request = page.action("button", text="+")
    page.send(request.with_offer(request.offer.replace("update=1", "update=1000")))

    assert page.requests[-1].status == 403
    assert page.error
    assert page.text("h3") == "1"
    page.click("button", text="+")
    assert page.error is None


def test_the_row_that_was_shown_is_the_row_that_goes() -> None:
    app = todo_app()
    ann, bob = Client(app).open("/"), Client(app).open("/")
    ann.click("#list li:nth-of-type(1) button")

    bob.click("#list li:nth-of-type(1) button")

    assert bob.requests[-1].status == 409
    assert bob.error
    assert [tag.get_text() for tag in bob.soup.select("#list span")] == ["Eggs"]
