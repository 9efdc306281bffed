"""Who may come in and who has to wait: bulletins for the accredited, wrong links, a store that is busy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.visiting import Visit

ADVANCE = '\n[[bulletins]]\nname = "advance"\nkind = "advance"\n'


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    visit = Visit(tmp_path / "room")
    with (visit.root / "schedules" / "global.toml").open("a") as world:
        world.write(ADVANCE)
    visit.client = visit.visitor()
    return visit


# Advance copies are for the accredited


def test_advance_copies_are_offered_to_nobody(visit: Visit) -> None:
    for page in ("/subscribe/en", "/subscribe/en?region=global", "/subscribe?region=global"):
        shown = visit.client.get(page).text
        assert 'value="global/daily"' in shown
        assert "global/advance" not in shown
    assert (
        'value="global/daily" id="b-global-daily" checked'
        in visit.client.get("/subscribe?region=global").text
    )
    assert visit.client.get("/subscribe/en/example/global/advance").status_code == 404


def test_the_only_bulletin_that_anybody_may_have_is_ticked(visit: Visit) -> None:
    for file in (visit.root / "schedules").glob("*.toml"):
        if file.name != "global.toml":
            file.unlink()
    world = visit.root / "schedules" / "global.toml"
    head, *tables = world.read_text().split("[[bulletins]]")
    world.write_text("[[bulletins]]".join([head, tables[0], tables[-1]]))
    shown = visit.visitor().get("/subscribe/en").text
    assert shown.count('name="bulletin"') == shown.count('name="bulletin" value="global/') == 1
    assert 'id="b-global-daily" checked' in shown


def test_nobody_subscribes_to_advance_copies_by_a_form_of_their_own(visit: Visit) -> None:
    assert visit.ask("awa@example.org", "global/advance").status_code == 422
    assert visit.letters() == []
    visit.join("awa@example.org", "global/advance", "global/daily")
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.bulletins == ("global/daily",)
    choice = {"save": "1", "bulletin": ["global/advance", "global/weekly"], "language": "en"}
    visit.client.post(visit.preferences("awa@example.org"), data=choice)
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.bulletins == ("global/weekly",)


def test_who_has_advance_copies_keeps_or_leaves_them(visit: Visit) -> None:
    visit.join("awa@example.org")
    with visit.open() as room, room.store.transaction():
        room.store.subscribers.subscribe(
            room.store.subscribers.get("awa@example.org").id, "global/advance", visit.now
        )
    page = visit.preferences("awa@example.org")
    for chosen in (["global/advance", "global/weekly"], ["global/weekly"]):
        assert 'id="b-global-advance" checked' in visit.client.get(page).text
        visit.client.post(page, data={"save": "1", "bulletin": chosen, "language": "en"})
        person = visit.find("awa@example.org")
        assert person is not None
        assert sorted(person.bulletins) == chosen
    assert "global/advance" not in visit.client.get(page).text
