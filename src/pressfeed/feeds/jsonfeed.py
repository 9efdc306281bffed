"""JSON Feed 1.1 (https://jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from pressfeed.feeds.model import Attachment, Entry, Feed
from pressfeed.feeds.xml import REMEMBERED


def jsonfeed(feed: Feed) -> bytes:
    """The feed as JSON Feed 1.1, UTF-8; the same feed gives the same bytes."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home_url,
        "feed_url": feed.json_url,
        "description": feed.description,
        "language": feed.language,
        "authors": [{"name": feed.author, "url": feed.author_url}],
    }
    if feed.hub and not feed.number:
        document["hubs"] = [{"type": "WebSub", "url": feed.hub}]
    older = feed.number - 1 if feed.number else feed.archives
    if older:
        document["next_url"] = feed.url("feed.json", older)
    frame = _text({**document, "items": []})
    items = b",\n".join(map(json_item, feed.entries))
    return frame.removesuffix(b"]}") + (b"\n%b\n" % items if items else b"") + b"]}\n"


@lru_cache(REMEMBERED)
def json_item(entry: Entry) -> bytes:
    """One item; the same entry gives the same bytes."""
    item: dict[str, Any] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "content_text": "\n\n".join(dict.fromkeys(filter(None, (entry.notice, entry.text)))),
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": [{"name": entry.author}],
        "language": entry.language,
    }
    if entry.image:
        item["image"] = entry.image.url
    if entry.categories:
        item["tags"] = list(dict.fromkeys(category.label for category in entry.categories))
    if entry.attachments:
        item["attachments"] = [_attachment(file) for file in entry.attachments]
    return _text(item)


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": ")).encode()


def _attachment(file: Attachment) -> dict[str, Any]:
    attachment: dict[str, Any] = {"url": file.url, "mime_type": file.type}
    if file.title:
        attachment["title"] = file.title
    if file.length:
        attachment["size_in_bytes"] = file.length
    return attachment
