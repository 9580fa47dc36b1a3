"""Headings have ids that say what they are, each another."""

from app.report.page.headings import CONTENT, Headings


def test_an_id_is_the_text_as_far_as_an_address_can_hold_it():
    headings = Headings()
    assert headings.add("h2", " What it\n costs ") == "what-it-costs"
    assert headings.add("h2", "Größe: 漢字!") == "groe"
    assert headings.add("h2", "漢字") == "part"
    assert headings.add("h2", "") == ""
    assert [heading.text for heading in headings.found] == ["What it costs", "Größe: 漢字!", "漢字"]


def test_no_two_have_the_same_and_none_that_of_the_content():
    headings = Headings()
    given = [headings.add("h2", text) for text in ("a", "a 2", "a", "a", CONTENT)]
    assert given == ["a", "a-2", "a-3", "a-4", f"{CONTENT}-2"]


def test_no_id_can_be_that_of_a_drawing():
    assert "_" not in Headings().add("h2", "f1_m")


def test_the_main_ones_are_those_of_parts_where_there_are_several():
    headings = Headings()
    headings.add("h1", "all")
    headings.add("h2", "one")
    assert headings.main == ()
    headings.add("h3", "half")
    headings.add("h2", "two")
    assert [heading.id for heading in headings.main] == ["one", "two"]
