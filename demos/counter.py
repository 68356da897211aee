"""Two counters: one for everybody, one for this browser.

Shows: two stores, bindings, actions, pages that follow.
Run: python -m demos.counter
"""

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, SessionStore, Store, SuperStore, fragment
from htealeaf.components import button, div, h2, h3, p, section
from htealeaf.html.markup import Child

app = WSGI(title="Counter", layout=frame("Counter", __doc__), live=True)
app.static("/static", STATIC)
SuperStore(app)
shared = Store({"counter": 0}, name="shared")
mine = SessionStore({"counter": 0}, name="mine")


@app.route("/")
def counters() -> Element:
    return div(class_="pair")(
        counter(shared, "Everybody’s", "Open the page in another browser: it follows.", online()),
        counter(mine, "This browser’s", "Your tabs share it, and nobody else sees it."),
    )


@fragment
def online() -> Element:
    n = app.online(shared)
    return p(class_="quiet")("Nobody else looks at it." if n < 2 else f"{n} pages show it.")


def counter(store: Store, title: str, text: str, more: Child = None) -> Element:
    return section(class_="card counter", aria_label=title)(
        h2(title),
        p(text),
        div(class_="stepper", aria_live="polite")(
            button("−", aria_label="One less", onclick=store.do.update("counter", -1)),
            h3(store.react("counter")),
            button("+", aria_label="One more", onclick=store.do.update("counter", 1)),
        ),
        button("Reset", class_="quiet", onclick=store.do.set("counter", 0)),
        more,
    )


if __name__ == "__main__":
    serve(app)
