"""A bulletin to look at before one subscribes: what its last edition told, or what the next one would."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict

from pressfeed.config import Config
from pressfeed.domain import Bulletin, Edition, EditionState, Regions, Release
from pressfeed.publish.bulletins import newest, upcoming
from pressfeed.publish.deliver import Clock
from pressfeed.publish.editions import select
from pressfeed.publish.mail import Composer
from pressfeed.publish.room import Newsroom
from pressfeed.publish.titles import title_of
from pressfeed.web.stores import Stores

REMEMBERED = 256  # rendered examples kept in memory
RECENT = 10  # editions to look through for one that says something in a language
STORIES = 6  # of an example: enough to see what it is like


class Examples:
    """Renders examples, and remembers them for as long as what they show is what is public."""

    def __init__(self, config: Config, regions: Regions, stores: Stores, clock: Clock) -> None:
        self._config = config
        self._regions = regions
        self._stores = stores
        self._clock = clock
        self._rendered: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self._lock = threading.Lock()  # an example takes a while: strangers get one at a time

    def html(self, bulletin: Bulletin, language: str) -> str | None:
        """The mail as a page; None where nothing public could be told in this language."""
        room = Newsroom(self._config, self._regions, self._stores())
        now = self._clock()
        with self._lock:
            edition, releases = self._shown(room, bulletin, language, now)
            if not releases:
                return None
            slot = edition.slot if edition else now.astimezone(bulletin.zone).strftime("%Y-%m-%dT%H:%M")
            shown = tuple((release.id, release.version) for release in releases)
            key = (bulletin.key, language, slot[:10], shown)
            if key not in self._rendered:
                self._rendered[key] = self._render(room, bulletin, language, slot, releases)
                if len(self._rendered) > REMEMBERED:
                    self._rendered.popitem(last=False)
            self._rendered.move_to_end(key)
            return self._rendered[key]

    def _shown(
        self, room: Newsroom, bulletin: Bulletin, language: str, now: dt.datetime
    ) -> tuple[Edition | None, list[Release]]:
        """What of the last edition is public, else what the next one would tell, else what is newest."""
        releases: list[Release] = []
        for edition in room.store.editions.of_bulletin(bulletin.key, RECENT):
            if edition.state not in (EditionState.SENT, EditionState.PLANNED):
                continue
            for story in room.store.editions.stories(edition.id):
                told = story.translations.get(language)
                if told is not None and (release := room.store.releases.get(told[0])).is_public(now):
                    releases.append(release)
            if releases:
                return edition, releases[:STORIES]
        selection = select(room, bulletin, now)
        releases = upcoming(room, bulletin, language, selection) or newest(room, bulletin, language, now)
        return None, [release for release in releases if release.is_public(now)][:STORIES]

    def _render(
        self, room: Newsroom, bulletin: Bulletin, language: str, slot: str, releases: list[Release]
    ) -> str:
        composer = Composer(room)
        texts = composer.texts(language)
        notice = texts("web.example_notice", bulletin=title_of(bulletin, self._regions, texts))
        page = composer.url(f"subscribe/{language}")
        return composer.render(bulletin, slot, language, releases, notices=(notice,)).linked(page, page).html
