"""Components: every HTML element by name, and ready-made ones of them.

    from htealeaf.components import div, h3, button, data_table

Names that Python or a common variable has taken end in an underscore too: `del_`, `map_`,
`object_`, `input_`. Custom elements are made with `tag("my-widget")`.
"""

from htealeaf.components.avatar import avatar
from htealeaf.components.badge import badge
from htealeaf.components.data_table import Column, Selection, data_table, table_note, table_row
from htealeaf.components.empty_state import empty_state
from htealeaf.components.field import field
from htealeaf.components.form import form_for
from htealeaf.components.modal import closes, modal, opens
from htealeaf.components.pagination import pagination
from htealeaf.components.progress_bar import progress_bar
from htealeaf.components.tabs import Tab, tabs
from htealeaf.components.tags import *  # noqa: F403
from htealeaf.components.tags import __all__ as _tags
from htealeaf.components.toast import toast, toasts
from htealeaf.components.widgets import checkbox, fileInput, rButton, submit, textInput
from htealeaf.html.making import tag

__all__ = [
    *_tags,
    "Column",
    "Selection",
    "Tab",
    "avatar",
    "badge",
    "checkbox",
    "closes",
    "data_table",
    "empty_state",
    "field",
    "fileInput",
    "form_for",
    "modal",
    "opens",
    "pagination",
    "progress_bar",
    "rButton",
    "submit",
    "table_note",
    "table_row",
    "tabs",
    "tag",
    "textInput",
    "toast",
    "toasts",
]
