"""Releases as files, for whoever asks on the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from pressfeed.domain import Release
from pressfeed.feeds import ninjs_bytes
from pressfeed.publish.room import Newsroom
from pressfeed.site import Downloads, Site, Translation


def exported(room: Newsroom, release_ids: Sequence[int], form: str, now: dt.datetime) -> bytes:
    """The releases as ``ninjs``, ``markdown``, ``text`` or ``html``, UTF-8; NotFoundError for an unknown one.

    A draft bears the time of its last change, since it has none of publication. ninjs names the translations
    that are public at ``now``.
    """
    site = Site(room.config, room.regions, room.store.newsroom)
    kit = Downloads(site)
    found = [_dated(room.store.releases.get(release_id)) for release_id in release_ids]
    if form == "ninjs":
        items = [kit.ninjs(release, _translations(room, release, now)) for release in found]
        return ninjs_bytes(items[0] if len(items) == 1 else items)
    if form == "html":
        return "".join(f"{site.entry(release).html.strip()}\n" for release in found).encode()
    make = kit.markdown if form == "markdown" else kit.text
    return b"\n".join(make(release) for release in found)


def _translations(room: Newsroom, release: Release, now: dt.datetime) -> list[Translation]:
    """The public releases of a story, in the order of the newsroom's languages."""
    numbers = [number for number, _ in room.store.releases.of_story(release.story)]
    found = {one.content.language: one for one in room.store.releases.many(numbers) if one.is_public(now)}
    order = [*room.config.languages, *sorted(found)]
    return [
        Translation(code, found[code].slug, found[code].uid) for code in dict.fromkeys(order) if code in found
    ]


def _dated(release: Release) -> Release:
    return release if release.published_at else replace(release, published_at=release.updated_at)
