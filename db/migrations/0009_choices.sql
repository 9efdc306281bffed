-- What people chose themselves, which no import overrules; letters that came back.

ALTER TABLE subscriber ADD COLUMN chosen_at TEXT;  -- when they last chose; NULL = others said what they get
UPDATE subscriber SET chosen_at = (SELECT max(c.confirmed_at) FROM consent c WHERE c.subscriber_id = subscriber.id);

ALTER TABLE letter ADD COLUMN bounced TEXT NOT NULL DEFAULT '';  -- why it came back, see incoming.Kind
ALTER TABLE letter ADD COLUMN broken TEXT NOT NULL DEFAULT 'no' CHECK (broken IN ('yes', 'no'));  -- not to be written
CREATE INDEX letter_broken ON letter (id) WHERE state = 'pending' AND broken = 'yes';
CREATE INDEX letter_by_message ON letter (message_id);
