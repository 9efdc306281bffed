"""pressfeed releases export: what an agency or a colleague is given."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance.cli import Newsroom

DOCUMENT = """---
headline: Gauges read low
published: 2026-11-20T09:00:00+00:00
language: en
place: Banjul
---

The river is **low**. Nothing moves on it.
"""


def test_a_release_is_exported_in_every_format(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "newsroom")
    (tmp_path / "gauges.md").write_text(DOCUMENT, "utf-8")
    draft = DOCUMENT.replace("low", "high").replace("published: 2026-11-20T09:00:00+00:00\n", "")
    (tmp_path / "draft.md").write_text(draft, "utf-8")
    room.run("import", str(tmp_path / "gauges.md"), str(tmp_path / "draft.md"))
    room.run("build")
    folder = room.folder / "public" / "releases" / "en" / "gauges-read-low"
    for form, file in (("ninjs", "release.ninjs.json"), ("markdown", "release.md"), ("text", "release.txt")):
        assert room.run("releases", "export", "1", "--format", form).out == (folder / file).read_text("utf-8")
    assert "<strong>low</strong>" in room.run("releases", "export", "1", "--format", "html").out
    other = DOCUMENT.replace("Gauges read low", "Les niveaux baissent").replace(
        "language: en", "language: fr"
    )
    (tmp_path / "autre.md").write_text(other, "utf-8")
    story = json.loads(room.run("releases", "show", "1", "--json").out)["story"]
    room.run("import", str(tmp_path / "autre.md"), "--story", story)
    room.run("build")
    translated = room.run("releases", "export", "1").out
    assert translated == (folder / "release.ninjs.json").read_text("utf-8")
    assert "translation-fr" in translated
    items = json.loads(room.run("releases", "export", "1", "2").out)
    assert [item["headlines"][0]["value"] for item in items] == ["Gauges read low", "Gauges read high"]
    assert "there is no release 9" in room.run("releases", "export", "9", code=2).err
