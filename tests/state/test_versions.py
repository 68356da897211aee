"""Documents outlive the code that wrote them: new places, migrations, refusals in words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path as File
from typing import Any

import pytest

from htealeaf import WSGI, AuthStore, Element, PageStore, Registry, SessionStore, Store, SuperStore
from htealeaf.components import button, div, li, p, ul
from htealeaf.data.documents import freeze
from htealeaf.data.effects import BEGIN, Document
from htealeaf.data.layouts import layout_of
from htealeaf.data.packing import pack_document, unpack_document
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import InvalidVersion
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.backends.sqlite import SqliteJournal
from htealeaf.state.connecting import connect
from htealeaf.state.drafts import Write
from htealeaf.state.journal import Journal
from htealeaf.state.replica import Replica
from htealeaf.state.versions import DocumentNewer, MigrationFailed
from tests.http import Browser

Opens = Callable[[], Journal]


@pytest.fixture(params=["memory", "sqlite"])
def opens(request: pytest.FixtureRequest, tmp_path: File) -> Opens:
    """Return what opens the ends of one journal."""
    if request.param == "sqlite":
        return lambda: SqliteJournal(tmp_path / "shop.db")
    journal = MemoryJournal()
    return lambda: journal


def store(opens: Opens, default: Any, **options: Any) -> Store:
    """Return the store as a program sees it that has this default."""
    return Store(default, "shared", registry=Registry(Replica(opens())), **options)


def entries(made: Store) -> list[list[str]]:
    replica = made.journal
    found = replica.journal.after(0, epoch=replica.epoch)
    return [[effect.op for effect in entry.effects] for entry in found]


# -- new places of the default -------------------------------------------------------------


def test_a_place_that_is_new_in_the_default_is_in_old_documents(opens: Opens) -> None:
    store(opens, {"n": 0, "deep": {"a": 1}}).set("n", 5)

    newer = store(opens, {"n": 0, "deep": {"a": 1, "b": [1]}, "name": "x"})

    assert newer.read() == {"n": 5, "deep": {"a": 1, "b": [1]}, "name": "x"}


def test_what_was_deleted_stays_deleted(opens: Opens) -> None:
    """Whatever the default has; also where so much went that nobody knows which."""
    many = {f"k{n}": n for n in range(100)}
    older = store(opens, {"n": 0, "many": many, "gone": 1})
    for key in many:
        older.delete(f"many/{key}")
    older.delete("gone")

    newer = store(opens, {"n": 0, "many": many, "gone": 1, "more": {}})

    assert newer.read() == {"n": 0, "many": {}, "more": {}}
    newer.set("n", 1)
    newer.delete("more")
    again = store(opens, {"n": 0, "many": many, "gone": 1, "more": {}, "last": 0})
    assert again.read() == {"n": 1, "many": {}, "last": 0}


def test_a_place_that_was_no_part_of_the_default_and_went_stays_gone(opens: Opens) -> None:
    older = store(opens, {"n": 0})
    older.replace("extra", 1)
    older.delete("extra")

    assert store(opens, {"n": 0, "extra": 2}).read() == {"n": 0}


def test_new_places_are_read_without_a_write_and_written_with_the_next_one(opens: Opens) -> None:
    store(opens, {"n": 0}).set("n", 1)
    newer = store(opens, {"n": 0, "m": 0})

    assert newer.read() == {"n": 1, "m": 0}
    assert entries(newer) == [[BEGIN, "put"]]

    newer.increment("m")
    assert entries(newer) == [[BEGIN, "put"], [BEGIN, "put"]]
    newer.increment("m")
    assert entries(newer)[2:] == [["put"]]
    assert newer.read() == {"n": 1, "m": 2}


def test_what_a_document_has_instead_stays(opens: Opens) -> None:
    """A list where the default has a dict now, a dict without the default's, a root of another."""
    older = store(opens, {"a": {"x": 1}, "b": 1})
    older.replace("a", [1])

    newer = store(opens, {"a": {"x": 1, "y": 2}, "b": {"z": 1}})

    assert newer.read() == {"a": [1], "b": 1}


def test_an_offer_for_a_row_that_is_new_holds(opens: Opens) -> None:
    """A list that came with the default is written by index, and carried over what happened."""
    store(opens, {"n": 0}).set("n", 1)
    newer = store(opens, {"n": 0, "t": ["a", "b", "c"]})

    newer.delete("t/0")

    assert newer.read("t") == ["b", "c"]


def test_two_generations_of_code_write_one_document(opens: Opens) -> None:
    """Places that are new are no new version: workers of both write while a deploy rolls."""
    older, newer = store(opens, {"n": 0}), store(opens, {"n": 0, "m": 0})
    for _ in range(3):
        older.increment("n")
        assert newer.read("m") == newer.read("n") - 1
        newer.increment("m")
        assert older.read("n") == older.read("m")

    assert store(opens, {"n": 0}).read() == {"n": 3, "m": 3}


# -- migrations ----------------------------------------------------------------------------


def named(document: Any) -> Any:
    return {"items": [{"text": text} for text in document["todo"]]}


def counted(document: Any) -> Any:
    return {**document, "count": len(document["items"])}


LATEST = {"items": [], "count": 0}
STEPS = {1: named, 2: counted}


def begun(opens: Opens) -> Store:
    made = store(opens, {"todo": ["a"]})
    made.append("todo", "b")
    return made


def latest(opens: Opens, **options: Any) -> Store:
    return store(opens, LATEST, **{"version": 3, "migrate": {2: counted, 1: named}, **options})


def test_a_document_is_migrated_step_by_step(opens: Opens) -> None:
    begun(opens)

    assert latest(opens).read() == {"items": [{"text": "a"}, {"text": "b"}], "count": 2}


def test_a_migration_is_stored_with_the_first_write_and_never_runs_again(opens: Opens) -> None:
    begun(opens)
    runs: list[int] = []

    def noted(document: Any) -> Any:
        runs.append(1)
        return named(document)

    newer = latest(opens, migrate={1: noted, 2: counted})
    for _ in range(3):
        assert newer.read("count") == 2
    assert len(entries(newer)) == 1

    newer.increment("count")

    assert entries(newer)[1:] == [[BEGIN, "put"]]
    assert newer.read("count") == 3
    assert sum(runs) == 1
    again = latest(opens, migrate={1: noted, 2: counted})
    assert again.read("count") == 3
    assert sum(runs) == 1


def test_a_migration_gets_a_plain_copy(opens: Opens) -> None:
    def changed(document: Any) -> Any:
        document["todo"].append("c")
        document["n"] = 1
        return document

    begun(opens)
    newer = store(opens, {"todo": [], "n": 0}, version=2, migrate={1: changed})

    assert newer.read() == {"todo": ["a", "b", "c"], "n": 1}
    assert store(opens, {"todo": []}).read() == {"todo": ["a", "b"]}


def test_who_shows_a_migrated_document_sees_no_change_when_it_is_stored(opens: Opens) -> None:
    """Pages are not drawn anew, and offers made before hold."""
    begun(opens)
    one, other = latest(opens), latest(opens)
    assert one.read("count") == other.read("count") == 2
    shape = f"{other.journal.epoch}.{other.read('items').version}"

    one.append("items", {"text": "c"})

    assert [c.path for e in changes(other, 1) for c in e] == [("items", "2")]
    other.holder.write(write("delete", "items/1", shape=shape))
    assert other.read("items") == [{"text": "a"}, {"text": "c"}]


def changes(made: Store, n: int) -> list[Any]:
    made.read()
    found = made.journal.since(["shared"], n, made.journal.n)
    assert found is not None
    return [entry.changes for entry in found]


def write(verb: str, path: str, shape: str | None = None) -> Write:
    return Write("shared", Mutation(verb, parse(path), None, None), shape)


def test_a_write_by_older_code_is_migrated_again(opens: Opens) -> None:
    """While nobody has stored the migration, old workers go on; new ones follow them."""
    older = begun(opens)
    newer = latest(opens)
    assert newer.read("count") == 2

    older.append("todo", "c")

    assert newer.read("count") == 3
    assert [[c.path for c in e] for e in changes(newer, 1)] == [[()]]


def test_two_workers_that_migrate_at_once_store_it_once(opens: Opens) -> None:
    begun(opens)
    workers = [latest(opens) for _ in range(4)]
    ready = threading.Barrier(len(workers))

    def clicks(made: Store) -> None:
        assert made.read("count") == 2
        ready.wait()
        for _ in range(5):
            made.increment("count")

    threads = [threading.Thread(target=clicks, args=(made,)) for made in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert latest(opens).read("count") == 2 + 4 * 5
    assert sum(ops[0] == BEGIN for ops in entries(workers[0])[1:]) == 1


def test_migrations_that_differ_are_what_was_stored_first(opens: Opens) -> None:
    """One that is not pure is a slip; still all see the same once it is stored."""
    begun(opens)
    one = latest(opens)
    other = latest(opens, migrate={1: named, 2: lambda d: {**d, "count": 7}})
    assert (one.read("count"), other.read("count")) == (2, 7)

    one.increment("count")

    assert other.read("count") == 3
    other.increment("count")
    assert one.read("count") == 4


def test_lists_that_a_migration_leaves_alone_keep_their_shape_versions(opens: Opens) -> None:
    older = store(opens, {"t": ["a", "b"], "n": 0})
    older.append("t", "c")
    version = older.read("t").version
    older.set("n", 1)

    newer = store(opens, {"t": [], "m": 0}, version=2, migrate={1: lambda d: {"t": d["t"], "m": 1}})

    assert newer.read("t").version == version
    assert newer.read() == {"t": ["a", "b", "c"], "m": 1}


def test_every_kind_of_store_migrates(opens: Opens) -> None:
    """Each document by itself, at its first use."""

    def both(version: int, default: Any, migrate: Any) -> list[Any]:
        with Registry(Replica(opens())):
            options = {"version": version, "migrate": migrate}
            return [
                AuthStore(lambda session: None, default, name="mine", **options).of("ann"),
                SessionStore(default, name="prefs", **options).of("browser"),
                Store(default, name="rooms", keyed=True, **options).of("red"),
            ]

    for place in both(1, {"n": 0}, None):
        place.set("n", 4)

    for place in both(2, {"count": 0}, {1: lambda d: {"count": d["n"]}}):
        assert place.read() == {"count": 4}
        place.increment("count")
        assert place.read() == {"count": 5}


def test_a_program_without_the_code_takes_documents_as_they_are(tmp_path: File) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with connect(url) as stores:
        made = Store(LATEST, "shared", version=3, migrate=STEPS, registry=stores)
        made.set("count", 4)

    with connect(url) as stores:
        assert stores["shared"].read("count") == 4
        stores["shared"].increment("count")

    with connect(url) as stores:
        made = Store(LATEST, "shared", version=3, migrate=STEPS, registry=stores)
        assert made.read() == {"items": [], "count": 5}


# -- what is refused -----------------------------------------------------------------------


def test_a_newer_document_is_refused_and_never_written_over(
    opens: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    latest(opens).set("count", 9)
    older = store(opens, {"todo": []})
    before = entries(older)

    for refused in (
        older.read,
        older.at("todo").read,
        lambda: older.append("todo", "x"),
        lambda: older.replace("", {"todo": []}),
        lambda: older.journal.drop("shared"),
    ):
        with pytest.raises(DocumentNewer, match=r"version 3 .* version 1") as found:
            refused()
        assert found.value.status_hint == 503

    assert entries(older) == before
    assert latest(opens).read("count") == 9
    assert "version 3" in caplog.text


def test_a_document_becomes_newer_under_the_eyes_of_old_code(opens: Opens) -> None:
    """The rest of the store goes on; a new worker has it all."""
    older = begun(opens)
    assert older.read("todo") == ["a", "b"]

    latest(opens).increment("count")

    with pytest.raises(DocumentNewer):
        older.read("todo")
    with pytest.raises(DocumentNewer):
        older.append("todo", "x")
    Store({"n": 0}, "other", registry=older.registry).increment("n")
    assert latest(opens).read("count") == 3


def test_a_document_that_ends_can_be_begun_by_old_code(opens: Opens) -> None:
    older = begun(opens)
    newer = latest(opens)
    newer.increment("count")
    with pytest.raises(DocumentNewer):
        older.read()

    newer.journal.drop("shared")

    assert older.read() == {"todo": ["a"]}
    older.append("todo", "z")
    assert newer.read("items") == [{"text": "a"}, {"text": "z"}]


@pytest.mark.parametrize(
    ("migrate", "words"),
    [
        ({1: lambda d: d["nothing"]}, r"migrate\[1\] of 'shared' failed: KeyError"),
        ({1: lambda d: None}, r"migrate\[1\] of 'shared' returned None"),
        ({1: lambda d: {"when": object()}}, r"migrate\[1\] of 'shared' failed: InvalidValue"),
        (None, r"version 1, and migrate= of its store has no step"),
    ],
)
def test_a_migration_that_fails_is_told_and_nothing_is_written(
    opens: Opens, migrate: Any, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    older = begun(opens)
    broken = store(opens, {"n": 0}, version=2, migrate=migrate)

    for refused in (broken.read, lambda: broken.set("n", 1)):
        with pytest.raises(MigrationFailed, match=words):
            refused()

    assert caplog.text.count("'shared'") >= 1
    assert older.read() == {"todo": ["a", "b"]}


@pytest.mark.parametrize(
    ("version", "migrate", "words"),
    [
        (0, None, "versions are 1, 2"),
        (True, None, "versions are 1, 2"),
        ("2", None, "versions are 1, 2"),
        (1, {1: named}, "the last one to 1"),
        (3, {1: named}, "the last one to 3"),
        (3, {0: named, 1: named, 2: named}, "begins at 1"),
        (2, {1: "named"}, "to a function"),
        (2, {"1": named}, "to a function"),
    ],
)
def test_versions_that_can_not_be_are_refused_at_once(
    version: Any, migrate: Any, words: str
) -> None:
    with Registry(), pytest.raises(InvalidVersion, match=words):
        Store({}, "s", version=version, migrate=migrate)


def test_steps_from_long_ago_may_go() -> None:
    with Registry():
        assert Store({}, "s", version=3, migrate={2: named}).versions.layout.version == 3
        assert Store({}, "t", version=3).versions.layout.version == 3


# -- as text -------------------------------------------------------------------------------


def test_a_layout_is_stored_with_its_document() -> None:
    layout = layout_of({"a/b": 1, "deep": {"c": [], "": 0}}, 4)
    document = Document(freeze({"n": [1]}), layout=layout)

    assert unpack_document(pack_document(document)).layout == layout
    assert pack_document(Document(freeze({"n": 1}))) == '[1,{"n":1},[],[]]'


# -- through the web -----------------------------------------------------------------------


def shop(opens: Opens, default: Any, **options: Any) -> WSGI:
    """Return the app of one version of the code, over the one journal."""
    with Registry(Replica(opens())):
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        made = Store(default, "shared", **options)
        other = Store({"n": 0}, "other")
        rows = "items" if "items" in default else "todo"

        @app.route("/")
        def home() -> Element:
            def row(ref: Any) -> Element:
                return li(str(ref.read()), button("x", class_="x", onclick=ref.do.delete()))

            return div(
                p(other.react("n"), button("+", id="plus", onclick=other.do.increment("n"))),
                ul(made.each(rows, row), id="rows"),
            )

        @app.route("/other")
        def elsewhere() -> Element:
            return p(other.react("n"), button("+", onclick=other.do.increment("n")))

    return app


def test_an_offer_of_older_code_deletes_no_row_of_a_migrated_list(opens: Opens) -> None:
    """What stands at an index may be another thing: the person is asked to look again."""
    browser = Browser(shop(opens, {"todo": []}))
    begun(opens)
    page = browser.open("/")
    first = page.offer("button.x")
    new = shop(opens, LATEST, version=2, migrate={1: lambda d: {"items": d["todo"][::-1]}})
    browser.app = new

    answer = browser.send(page, first)

    assert answer.status in (403, 409)
    fresh = browser.open("/")
    assert [row.text for row in fresh.answer.soup.find_all("li")] == ["bx", "ax"]
    assert browser.send(fresh, fresh.offer("button.x")).status == 200
    assert [row.text for row in browser.open("/").answer.soup.find_all("li")] == ["ax"]


def test_an_offer_without_an_index_outlives_a_deploy(opens: Opens) -> None:
    browser = Browser(shop(opens, {"todo": []}))
    begun(opens)
    page = browser.open("/")
    browser.app = shop(opens, LATEST, version=3, migrate=STEPS)

    assert browser.send(page, page.offer("#plus")).status == 200

    assert browser.open("/other").tag("p").get_text().startswith("1")


def test_an_offer_under_another_default_is_refused(opens: Opens) -> None:
    """Nothing is stored yet, so what stood at the index was in the old code only."""
    browser = Browser(shop(opens, {"todo": ["a", "b"]}))
    page = browser.open("/")
    browser.app = shop(opens, {"todo": ["b", "a"]})

    assert browser.send(page, page.offer("button.x")).status in (403, 409)

    assert browser.open("/").tag("ul").get_text() == "bxax"


def test_a_newer_document_is_a_503_for_its_places_only(opens: Opens) -> None:
    old = shop(opens, {"todo": []}, readable=[""])
    begun(opens)
    browser = Browser(old)
    page = browser.open("/")
    offer = page.offer("button.x")
    latest(opens).set("count", 1)

    refused = browser.send(page, offer)
    assert (refused.status, refused.sentence) == (503, DocumentNewer.public)
    assert browser.get("/api/_store/shared").status == 503
    elsewhere = browser.open("/other")
    assert browser.send(elsewhere, elsewhere.offer("p button")).status == 200
    shown = browser.send(page, page.offer("#plus"))  # its rows stay as they are
    assert shown.status == 200
    assert ">2<" in shown.text
    assert latest(opens).read() == {"items": [{"text": "a"}, {"text": "b"}], "count": 1}


# -- pages' own state ----------------------------------------------------------------------


def view(default: Any, **options: Any) -> WSGI:
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        made = PageStore(default, name="view", **options)
        shared = Store({"n": 0}, "shared")

        @app.route("/")
        def home() -> Element:
            return div(
                p(made.react("", lambda v: ",".join(f"{k}={v[k]}" for k in v)), id="all"),
                button("+", id="plus", onclick=made.do.increment("n")),
                button("-", id="minus", onclick=made.do.delete("n")),
                button("a", id="a", onclick=made.do.increment("a")),
                button("s", id="shared", onclick=shared.do.increment("n")),
                p(shared.react("n")),
            )

    return app


def state_of(answer: Any) -> str:
    found = answer.soup.select_one("#ht-state")
    assert found is not None, answer.text
    return str(found["value"])


def sent(browser: Browser, selector: str, state: str = "") -> Any:
    page = browser.open("/")
    return browser.send(page, page.offer(selector), HT_State=state)


def test_the_state_of_an_open_page_is_migrated() -> None:
    browser = Browser(view({"n": 0}))
    state = state_of(sent(browser, "#plus"))
    browser.app = view({"n": 0, "m": 1}, version=2, migrate={1: lambda d: {"n": d["n"] * 10}})

    again = sent(browser, "#plus", state)

    assert again.status == 200
    assert "n=11,m=1" in again.text
    assert "n=12,m=1" in sent(browser, "#plus", state_of(again)).text


def test_the_state_of_an_open_page_gets_new_places_and_nothing_deleted() -> None:
    browser = Browser(view({"n": 0, "a": 1}))
    state = state_of(sent(browser, "#minus"))
    browser.app = view({"n": 0, "a": 1, "b": 2})

    assert "a=2,b=2<" in sent(browser, "#a", state).text


def test_the_state_of_a_newer_page_is_refused_in_words_and_kept() -> None:
    browser = Browser(view({"n": 5}, version=2))
    state = state_of(sent(browser, "#plus"))
    new = browser.app
    browser.app = view({"n": 0})

    refused = sent(browser, "#plus", state)

    assert (refused.status, refused.sentence) == (503, DocumentNewer.public)
    assert sent(browser, "#shared", state).status == 200
    browser.app = new
    assert "n=7" in sent(browser, "#plus", state).text
