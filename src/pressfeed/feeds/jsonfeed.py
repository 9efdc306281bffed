"""JSON Feed 1.1 (https://jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from typing import Any

from pressfeed.feeds.model import Attachment, Entry, Feed


def jsonfeed(feed: Feed) -> bytes:
    """The feed as JSON Feed 1.1, UTF-8; the same feed gives the same bytes."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home_url,
        "feed_url": feed.json_url,
        "description": feed.description,
        "language": feed.language,
        "authors": [{"name": feed.author, "url": feed.author_url}],
        "items": [_item(entry) for entry in feed.entries],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _item(entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "content_text": entry.text,
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
    return item


def _attachment(file: Attachment) -> dict[str, Any]:
    attachment: dict[str, Any] = {"url": file.url, "mime_type": file.type}
    if file.title:
        attachment["title"] = file.title
    if file.length:
        attachment["size_in_bytes"] = file.length
    return attachment
