"""Debug page: the lines of the author come first, and in production nobody sees them."""

from __future__ import annotations

from htealeaf import WSGI, Registry
from htealeaf.components import p
from tests.http import Browser

SECRET = "a secret for tests only"


def app_of(*, debug: bool) -> WSGI:
    with Registry():
        app = WSGI(secret=SECRET, debug=debug)

    def broken() -> object:
        price = {"tea": 3}
        return p(price["<coffee>"])

    app.route("/shop")(broken)
    return app


def test_the_error_page_shows_the_author_s_lines_first() -> None:
    answer = Browser(app_of(debug=True)).get("/shop?q=1")

    text = answer.soup.get_text()
    first, lines, *_ = [tag.get_text() for tag in answer.soup.find_all("pre")]
    assert first == "KeyError: '<coffee>'"
    assert "price = " in lines
    assert "broken" in answer.soup.find_all("h2")[0].get_text()
    assert answer.soup.mark is not None
    assert 'price["<coffee>"]' in answer.soup.mark.get_text()
    assert "GET /shop?q=1" in text
    assert answer.soup.details is not None
    assert "views.py" in answer.soup.details.get_text()
    assert "views.py" not in text.replace(answer.soup.details.get_text(), "")


def test_in_production_nothing_of_it_is_shown() -> None:
    answer = Browser(app_of(debug=False)).get("/shop")

    assert answer.status == 500
    assert "coffee" not in answer.text
    assert "<pre" not in answer.text
