-- name: keep_wording
-- Keeps what a page told people, once.
INSERT INTO wording (digest, text) VALUES (:digest, :text) ON CONFLICT (digest) DO NOTHING;

-- name: add_signup
-- Notes that somebody asked for mail.
INSERT INTO signup (address_hash, network, asked_from, asked_at, address, name, language, languages, bulletins, wording)
VALUES (:address_hash, :network, :asked_from, :now, :address, :name, :language, :languages, :bulletins, :wording);

-- name: change_signup
-- The latest choice counts for as long as no mail about it has been begun.
UPDATE signup SET name = :name, language = :language, languages = :languages, bulletins = :bulletins, wording = :wording
WHERE id = (SELECT s.id FROM signup s JOIN letter l ON l.kind = 'confirm' AND l.about = s.id
            WHERE s.address_hash = :address_hash AND s.address <> '' AND l.state = 'pending' AND l.attempts = 0
            ORDER BY s.asked_at DESC LIMIT 1);

-- name: signups_from
-- How many sign-ups came from one network since a moment.
SELECT count(*) FROM signup WHERE network = :network AND asked_at > :since;

-- name: signups_since
-- How many sign-ups came since a moment.
SELECT count(*) FROM signup WHERE asked_at > :since;

-- name: signup
-- One sign-up.
SELECT * FROM signup WHERE id = :id;

-- name: confirm_signup
-- Its mailbox has said yes; the address now stands with the subscriber.
UPDATE signup SET confirmed_at = :now, address = '', name = '' WHERE id = :id AND confirmed_at IS NULL AND address <> '';

-- name: blank_signups
-- What nobody confirmed in time keeps no address.
UPDATE signup SET address = '', name = '' WHERE asked_at <= :before AND address <> '';

-- name: delete_signups
-- Sign-ups that no limit counts any more.
DELETE FROM signup WHERE asked_at <= :before;

-- name: add_consent
-- The proof that somebody wanted what they get.
INSERT INTO consent (subscriber_id, bulletins, asked_at, asked_from, confirmed_at, confirmed_from, wording)
VALUES (:subscriber, :bulletins, :asked_at, :asked_from, :now, :confirmed_from, :wording);

-- name: consents
-- What one person agreed to, with the words of the time.
SELECT c.*, w.text FROM consent c JOIN wording w ON w.digest = c.wording
WHERE c.subscriber_id = :subscriber ORDER BY c.id;

-- name: add_address_change
-- Notes that a subscriber wants to be reached elsewhere.
INSERT INTO address_change (subscriber_id, address, asked_at) VALUES (:subscriber, :address, :now);

-- name: address_change
-- One change of address.
SELECT * FROM address_change WHERE id = :id;

-- name: address_changes_since
-- How often a subscriber asked for one since a moment.
SELECT count(*) FROM address_change WHERE subscriber_id = :subscriber AND asked_at > :since;

-- name: agree_new
-- The new mailbox has said yes.
UPDATE address_change SET new_agreed_at = coalesce(new_agreed_at, :now) WHERE id = :id AND settled_at IS NULL;

-- name: agree_old
-- The old mailbox has said yes.
UPDATE address_change SET old_agreed_at = coalesce(old_agreed_at, :now) WHERE id = :id AND settled_at IS NULL;

-- name: settle_address_changes
-- All open changes of a subscriber are over: one was done, or a later one counts.
UPDATE address_change SET settled_at = :now WHERE subscriber_id = :subscriber AND settled_at IS NULL;

-- name: expire_address_changes
-- What not both agreed to in time is over.
UPDATE address_change SET settled_at = :now, address = '' WHERE settled_at IS NULL AND asked_at <= :before;

-- name: move_subscriber
-- Gives a subscriber another address; every link that was sent to the old one is revoked.
UPDATE subscriber SET address = :address, address_key = :address_key, token_epoch = token_epoch + 1, changed_at = :now
WHERE id = :id;

-- name: pause_subscriber
-- No mail before a moment, or mail again.
UPDATE subscriber SET paused_until = :until, changed_at = :now WHERE id = :id;

-- name: paused_until
-- Until when a person wants no mail.
SELECT paused_until FROM subscriber WHERE id = :id;

-- name: add_leaving
-- Notes that somebody left, so that it can be taken back.
INSERT INTO leaving (subscriber_id, bulletin, left_at) VALUES (:subscriber, :bulletin, :now);

-- name: leaving
-- One leaving.
SELECT * FROM leaving WHERE id = :id;

-- name: last_leaving
-- The newest leaving of this bulletin or of everything that can still be taken back.
SELECT * FROM leaving
WHERE subscriber_id = :subscriber AND left_at > :since AND undone_at IS NULL AND bulletin IN (:bulletin, '')
ORDER BY left_at DESC, id DESC LIMIT 1;

-- name: undo_leaving
-- A leaving is taken back, once.
UPDATE leaving SET undone_at = :now WHERE id = :id AND undone_at IS NULL;

-- name: restore_subscription
-- Brings back a subscription that was ended at this very moment.
UPDATE subscription SET ended_at = NULL
WHERE bulletin = :bulletin AND subscriber_id = :subscriber AND ended_at = :left_at;

-- name: delete_leavings
-- Leavings that nobody can take back any more.
DELETE FROM leaving WHERE left_at <= :before;

-- name: forget_subscriber
-- A person's row without the person: deliveries keep a number that leads nowhere.
UPDATE subscriber
SET address = '(forgotten)', address_key = 'forgotten:' || id, name = '', languages = '[]', status = 'unsubscribed',
    token_epoch = token_epoch + 1, provenance = 'forgotten', paused_until = NULL, chosen_at = NULL, changed_at = :now
WHERE id = :id;

-- name: forget_subscriptions
-- Nothing says any more what a person chose.
DELETE FROM subscription WHERE subscriber_id = :id;

-- name: forget_consents
-- Nothing says any more what a person agreed to.
DELETE FROM consent WHERE subscriber_id = :id;

-- name: forget_leavings
-- Nothing says any more what a person left.
DELETE FROM leaving WHERE subscriber_id = :id;

-- name: forget_address_changes
-- Nothing says any more where else a person wanted to be reached.
DELETE FROM address_change WHERE subscriber_id = :id;

-- name: forget_replies
-- Servers repeat addresses in their answers.
UPDATE delivery SET reply = '' WHERE subscriber_id = :id AND state IN ('sent', 'failed', 'cancelled') AND reply <> '';

-- name: forget_signups
-- Open sign-ups of an address are over.
UPDATE signup SET address = '', name = '' WHERE address_hash = :address_hash AND address <> '';

-- name: forget_letters
-- Servers repeat addresses in what they say about letters, too.
UPDATE letter SET reply = '' WHERE address_hash = :address_hash AND reply <> '';
