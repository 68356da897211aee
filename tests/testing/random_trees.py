"""Random trees, to be morphed one into another by the shim and by `htealeaf.testing`.

An id belongs to one tag (r0: a div, f0: an input): only then can its node be kept.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_IDS = [*(f"r{n}" for n in range(6)), *(f"f{n}" for n in range(4))]
_TEXTS = st.sampled_from(["one", "two ", " ", "&lt;3", "\n"])


@st.composite
def random_trees(draw: st.DrawFn) -> str:
    """Return the HTML of a `main` with the id "root" and anything in it."""
    return draw(_elements("main", "root", list(draw(st.permutations(_IDS))), 0))


@st.composite
def _elements(draw: st.DrawFn, tag: str, id: str, ids: list[str], depth: int) -> str:
    names = [name for name in ("class", "title", "x:y") if draw(st.integers(0, 5)) == 0]
    start = tag + (f' id="{id}"' if id else "")
    start += "".join(f' {name}="{draw(st.sampled_from("abc"))}"' for name in names)
    if tag == "input":
        return f"<{start}>"
    if tag == "textarea":
        return f"<{start}>{draw(_TEXTS).strip()}</{tag}>"
    children = draw(st.integers(0, 4 if depth < 3 else 0))
    return f"<{start}>{''.join(draw(_child(ids, depth + 1)) for _ in range(children))}</{tag}>"


@st.composite
def _child(draw: st.DrawFn, ids: list[str], depth: int) -> str:
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return draw(_TEXTS)
    if kind == 1 and ids:
        id = ids.pop()
        return draw(_elements("input" if id.startswith("f") else "div", id, ids, depth))
    tag = draw(st.sampled_from(["div", "span", "section", "b", "input", "textarea"]))
    return draw(_elements(tag, "", ids, depth))


@st.composite
def tangled_trees(draw: st.DrawFn) -> str:
    """Return the HTML of a `main` in which most ids stand, each anywhere: in a row or deep."""
    ids = draw(st.permutations(_IDS))[: draw(st.integers(5, len(_IDS)))]
    unnamed = [""] * draw(st.integers(0, 3))
    places: list[list[Any]] = [[]]
    for id in draw(st.permutations([*ids, *unnamed])):
        place = places[draw(st.integers(0, len(places) - 1))]
        if id.startswith("f"):
            place.append(f'<input id="{id}">')
        else:
            places.append([])
            start = f'<div id="{id}">' if id else "<div>"
            place += [draw(_TEXTS) if draw(st.booleans()) else "", start, places[-1], "</div>"]
    return f'<main id="root">{_written(places[0])}</main>'


def _written(parts: list[Any]) -> str:
    return "".join(part if isinstance(part, str) else _written(part) for part in parts)


#: Pairs of trees: any, and such that have much in common.
random_pairs = st.one_of(
    st.tuples(random_trees(), random_trees()), st.tuples(tangled_trees(), tangled_trees())
)
