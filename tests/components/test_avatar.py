"""Avatars: pictures or initials, with a name or beside one."""

from __future__ import annotations

from htealeaf.components import (
    avatar,
)
from tests.components.shown import one


def test_an_avatar_is_a_picture_of_somebody() -> None:
    letters = one(avatar("Ann Lee"), ".ht-avatar")
    assert (letters["role"], letters["aria-label"], letters.get_text()) == ("img", "Ann Lee", "AL")
    assert letters["data-tone"] == one(avatar("Ann Lee"), ".ht-avatar")["data-tone"]

    picture = one(avatar("Ann Lee", "/ann.png"), "img")
    assert (picture["src"], picture["alt"]) == ("/ann.png", "Ann Lee")


def test_an_avatar_beside_the_name_is_not_read_out() -> None:
    assert one(avatar("Ann", named=False), "[aria-hidden=true]").get_text() == "A"
    assert one(avatar("Ann", "/ann.png", named=False), "img")["alt"] == ""
