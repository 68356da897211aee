"""Ten thousand people, found while you type; what you look for stands in the address.

Shows: a live query, one request a pause, an answer that is late and never wins.
Run: python -m demos.search
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, SuperStore, each, this, visit
from htealeaf.components import button, div, form, input_, li, mark, p, span, strong, ul

SHOWN = 25
FIRST = """
Ada Adele Agnes Ali Alma Amal Amir Ana Anouk Arjun Astrid Aya Beatriz Ben Björn Bruno Carla Chen
Chiara Clara Dana Daniel Dolores Elif Elsa Emeka Emil Enzo Erik Esra Eva Fatima Felix Finn Freya
Giulia Goran Greta Hana Hiro Hugo Ida Imani Ines Ingrid Isa Ivan Jan Jana Joao Jonas Josef Juna
Kai Karim Kavya Kemal Lea Leo Liam Lina Livia Luca Lucía Maja Malik Marek Maria Marta Mateo Mia
Milan Mira Moritz Nadia Naomi Nia Niko Nina Noor Oda Olga Omar Oskar Pavel Petra Quynh Rafael
Rana Rosa Samir Sara Selma Sofia Tariq Tove Umut Vera Wanjiru Yara Zoe
""".split()
LAST = """
Abbas Adeyemi Almeida Andersen Bakker Baros Becker Berg Bianchi Blanc Brandt Bruun Castro Chen
Conti Costa Dahl Demir Diallo Dubois Duarte Eriksen Evans Farah Ferrari Fischer Fontaine Fuchs
Garcia Greco Haddad Hansen Horák Huber Ivanova Jansen Jensen Jones Kaya Keller Khan Kim Klein
Kovács Kowalska Larsen Lehmann Lind Lopez Maier Marino Martin Mendes Meyer Moreau Mwangi
Nakamura Nielsen Novák Obi Oduya Okafor Olsen Ortiz Papadaki Park Pereira Peters Petit Popescu
Prado Rahman Raman Reyes Ricci Richter Romano Rossi Sato Schmidt Silva Singh Sokolov Sørensen
Suzuki Svensson Tanaka Torres Tran Vargas Visser Vogel Wagner Weber Wei Wolf Yılmaz Zahra Zhang
Ziegler
""".split()
CITIES = """
Accra Athens Bergen Bologna Brno Cork Dakar Delft Ghent Graz Hanoi Izmir Jena Kyoto Lagos Lima
Lyon Malmö Nairobi Porto Quito Riga Split Tartu Turin Utrecht Varna Vigo York Zagreb
""".split()


class Person(NamedTuple):
    id: int
    name: str
    city: str
    key: str  #: what is searched, folded


def made() -> Iterator[Person]:
    for number, (last, first) in enumerate(product(LAST, FIRST)):
        city = CITIES[number * 7 % len(CITIES)]
        yield Person(number, f"{first} {last}", city, f"{first} {last} {city}".casefold())


PEOPLE = sorted(made(), key=lambda person: person.key)[:10_000]

app = WSGI(title="Search", layout=frame("Search", __doc__, "search"))
app.static("/static", STATIC)
SuperStore(app)


def found(text: str) -> list[Person]:
    """Return the people whose name or city has every word of *text*."""
    words = text.casefold().split()
    return [person for person in PEOPLE if all(word in person.key for word in words)]


@app.route("/", title=lambda args: f"{args['q']} – Search" if args.get("q") else "Search")
def home(args: Any) -> Element:
    text = args.get("q", "")
    people = found(text)
    return div(class_="card")(
        form(class_="line", role="search", method="get")(
            input_(
                type="search", name="q", value=text, aria_label="Name or city", autofocus=True,
                placeholder="Name or city", autocomplete="off", spellcheck="false", maxlength=60,
                oninput=visit(q=this.value, replace=True).debounce(200),
            ),
            button("Search"),
        ),
        p(counted(len(people)), role="status", class_="hint"),
        ul(class_="people")(
            each(lambda: people[:SHOWN], lambda person: row(person, text), key="id")
        ),
    )  # fmt: skip


def counted(number: int) -> str:
    if number == 0:
        return "Nobody has all of these words in name or city."
    more = f"; the first {SHOWN} of them:" if number > SHOWN else ":"
    return f"{number:,} {'person' if number == 1 else 'people'}{more}"


def row(person: Person, text: str) -> Element:
    words = text.casefold().split()
    return li(strong(marked(person.name, words)), span(marked(person.city, words)))


def marked(text: str, words: list[str]) -> list[Any]:
    """Return *text* with the first hit of each word marked."""
    folded, parts, at = text.casefold(), [], 0
    if len(folded) != len(text):  # a letter that folds to two: places would not fit
        return [text]
    for start, end in sorted((folded.find(word), folded.find(word) + len(word)) for word in words):
        if start >= at:
            parts += [text[at:start], mark(text[start:end])]
            at = end
    return [*parts, text[at:]]


if __name__ == "__main__":
    serve(app)
