"""Small apps, one idea each. `python -m demos` serves them all, `python -m demos.counter` one."""

from importlib import import_module
from types import ModuleType

from htealeaf import Registry

#: The demos, from the small ones to those of a company's size.
NAMES = (
    "counter", "todo", "poll", "chat", "edit_row", "search", "wizard", "upload", "job", "contacts",
    "expenses", "todomvc", "rows", "infinite_scroll", "board", "island", "mail", "sevenguis",
)  # fmt: skip


def start(name: str) -> str:
    """Return the path below `/` at which a demo begins for a person; mostly none."""
    return {"rows": "table"}.get(name, "")


def load(name: str) -> ModuleType:
    """Return the module of a demo, with stores of its own: two may call a store the same."""
    with Registry():
        return import_module(f"demos.{name}")
