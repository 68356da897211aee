"""Two counters: one for everybody, one for this browser.

Shows: a shared store, a store per browser, a binding, three actions.   Run: python -m demos.counter
"""

from demos.layout import CSP, STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, SessionStore, Store, SuperStore
from htealeaf.components import button, div, h2, h3, p, section

app = WSGI(title="Counter", layout=frame("Counter", __doc__), csp=CSP)
app.static("/static", STATIC)
SuperStore(app)
shared = Store({"counter": 0}, name="shared")
mine = SessionStore({"counter": 0}, name="mine")


@app.route("/")
def counters() -> Element:
    return div(class_="pair")(
        counter(shared, "Everybody’s", "Open the page in another browser: the same number."),
        counter(mine, "This browser’s", "Your tabs share it, and nobody else sees it."),
    )


def counter(store: Store, title: str, text: str) -> Element:
    return section(class_="card", aria_label=title)(
        h2(title),
        p(text),
        div(class_="stepper", aria_live="polite")(
            button("−", aria_label="One less", onclick=store.do.update("counter", -1)),
            h3(store.react("counter")),
            button("+", aria_label="One more", onclick=store.do.update("counter", 1)),
        ),
        button("Reset", class_="quiet", onclick=store.do.set("counter", 0)),
    )


if __name__ == "__main__":
    serve(app)
