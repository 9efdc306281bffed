"""What is planned and not on the wire yet, when a release changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from pressfeed.domain import Variant
from pressfeed.store.audit import AuditStore
from pressfeed.store.codec import time_text
from pressfeed.store.connection import Connection
from pressfeed.store.editions import EditionStore, parse_variant


class RevisionStore:
    """Changes variants of editions. Writers expect to run inside ``Store.transaction()``."""

    def __init__(self, connection: Connection, editions: EditionStore, audit: AuditStore) -> None:
        self._db = connection
        self._audit = audit
        self._editions = editions

    def freeze_version(self, release_id: int, version: int) -> None:
        """Let every edition that is not over tell this version of a release."""
        self._db.run("freeze_version", {"release": release_id, "version": version})

    def open_variants(self, release_id: int) -> list[tuple[int, int, Variant]]:
        """The variants that may tell of a release and may not all be sent: (number, edition, variant)."""
        rows = self._db.rows("open_variants", {"release": release_id})
        return [(row["id"], row["edition_id"], parse_variant(row)) for row in rows]

    def change(
        self,
        variant_id: int,
        new: Variant | None,
        *,
        postponed: Collection[int],
        reason: str,
        now: dt.datetime,
    ) -> None:
        """Give what is not on the wire yet another variant; None calls it off.

        Stories that were taken out are free again for these people and their bulletins. Notices that were
        taken out are forgotten, but for ``postponed`` ones, which are owed again.
        """
        edition_id, old = self._editions.variant(variant_id)
        scope = {"edition": edition_id, "variant": variant_id}
        versions = dict(new.releases) if new else {}
        for release, version in old.releases:
            if release not in versions:
                self._db.run("free_left_out_release", scope | {"release": release})
                freed = self._db.run("release_item", scope | {"release": release})
                if freed:  # where everybody has it, the bulletin has told it
                    self.leave_story(edition_id, release)
                    self._audit.record(
                        "edition.left_out",
                        now,
                        release=release,
                        edition=edition_id,
                        version=version,
                        recipients=freed,
                        reason=reason,
                    )
            elif versions[release] != version:
                self._db.run("renew_items", scope | {"release": release, "version": versions[release]})
        brought = {notice: version for notice, _, version in new.notices} if new else {}
        for notice, _, version in old.notices:
            if notice not in brought:
                name = "unbring_notice" if notice in postponed else "forget_brought"
                self._db.run(name, scope | {"notice": notice})
            elif brought[notice] != version:
                self._db.run("renew_notice", scope | {"notice": notice, "version": brought[notice]})
        if new is None:
            self._db.run("cancel_variant", scope | {"reply": reason, "now": time_text(now)})
        else:
            self._db.run("change_variant", scope | {"new": self._editions.add_variant(edition_id, new)})

    def leave_story(self, edition_id: int, release_id: int) -> None:
        """Leave a release's story to the next edition of the bulletin."""
        self._db.run("leave_story", {"edition": edition_id, "release": release_id})

    def postpone(self, variant_id: int, until: dt.datetime) -> None:
        """Let what is not on the wire yet wait for a moment."""
        self._db.run("postpone_variant", self._scope(variant_id) | {"until": time_text(until)})

    def resume(self, variant_id: int, until: dt.datetime, now: dt.datetime) -> None:
        """Let what waits for just that moment go on."""
        moments = {"until": time_text(until), "now": time_text(now)}
        self._db.run("resume_variant", self._scope(variant_id) | moments)

    def _scope(self, variant_id: int) -> dict[str, object]:
        return {"edition": self._editions.variant(variant_id)[0], "variant": variant_id}
