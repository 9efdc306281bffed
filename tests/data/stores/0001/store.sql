BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'pressfeed','0001_first','2026-11-22 05:44:24.438644+00:00');
CREATE TABLE agenda (
    bulletin        TEXT PRIMARY KEY,
    first_seen      TEXT NOT NULL,  -- it owes nothing from before that
    decided_through TEXT NOT NULL,
    definition      TEXT NOT NULL   -- the lines of the schedule that say when, to see that they were changed
) STRICT;
CREATE TABLE approval (
    edition_id INTEGER NOT NULL REFERENCES edition (id),
    name_key   TEXT NOT NULL,  -- the name, case-folded in Python: one person approves once
    name       TEXT NOT NULL,
    given_at   TEXT NOT NULL,
    PRIMARY KEY (edition_id, name_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
    id            INTEGER PRIMARY KEY,
    edition_id    INTEGER NOT NULL REFERENCES edition (id),
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
    variant_id    INTEGER NOT NULL REFERENCES variant (id),
    state         TEXT NOT NULL CHECK (state IN
                      ('pending', 'claimed', 'sending', 'sent', 'failed', 'unknown', 'cancelled')),
    owner         TEXT NOT NULL,
    lease_until   TEXT,  -- while claimed or sending
    attempts      INTEGER NOT NULL,
    first_try     TEXT,  -- when the first attempt began: what give_up_after counts from
    next_try      TEXT NOT NULL,
    message_id    TEXT NOT NULL,  -- the same on every attempt
    reply         TEXT NOT NULL,  -- the server's words, or why not
    settled_at    TEXT,
    UNIQUE (edition_id, subscriber_id)
) STRICT;
INSERT INTO "delivery" VALUES(1,1,1,1,'sent','host:4711:92df341c',NULL,1,'2026-11-22T05:44:35.829399Z','2026-11-22T05:44:34.404943Z','<lnj5fbviftpcvnkcju3w7xewwuzyjelr@press.example.org>','stored as new/80873b03b7fd4ce216b68374f8bcb3349c71da8a.pressfeed','2026-11-22T05:44:35.846517Z');
INSERT INTO "delivery" VALUES(2,1,2,2,'sent','host:4711:92df341c',NULL,1,'2026-11-22T05:44:35.840694Z','2026-11-22T05:44:34.404943Z','<6xleulzz5iq6scryebwxtvv2szerypj6@press.example.org>','stored as new/ec5f2212f98bc235c37af87896ed384390dca449.pressfeed','2026-11-22T05:44:35.846517Z');
INSERT INTO "delivery" VALUES(3,1,3,1,'sent','host:4711:92df341c',NULL,1,'2026-11-22T05:44:35.840694Z','2026-11-22T05:44:34.404943Z','<kq5mg375zx7g2qrcpqbgk4cwb5vda5ya@press.example.org>','stored as new/6ee13cc274573910c606d637a1ee880fca59277d.pressfeed','2026-11-22T05:44:35.846517Z');
INSERT INTO "delivery" VALUES(4,1,4,1,'sent','host:4711:92df341c',NULL,1,'2026-11-22T05:44:35.840694Z','2026-11-22T05:44:34.404943Z','<3cwafktjmcbag6lecifzoh74747hwr4i@press.example.org>','stored as new/b626cab38e2f8eac3960d6a04d71d7807a905c77.pressfeed','2026-11-22T05:44:35.846517Z');
INSERT INTO "delivery" VALUES(5,1,5,1,'sent','host:4711:92df341c',NULL,1,'2026-11-22T05:44:35.840694Z','2026-11-22T05:44:34.404943Z','<rwx6k7vdjs27sw6lb4nt4qqxqvm5kxdd@press.example.org>','stored as new/928067c501d8799bdcd3fb05c2ceed1847cec6ed.pressfeed','2026-11-22T05:44:35.846517Z');
INSERT INTO "delivery" VALUES(6,2,1,3,'pending','',NULL,0,NULL,'2026-03-13T07:00:00.000000Z','<536cjrbv2jnrhd7f3sltkxe3ssnl5qut@press.example.org>','',NULL);
INSERT INTO "delivery" VALUES(7,2,2,4,'pending','',NULL,0,NULL,'2026-03-13T07:00:00.000000Z','<xjor7bgbqomchciv46jljqyopvptmu2m@press.example.org>','',NULL);
INSERT INTO "delivery" VALUES(8,2,3,3,'pending','',NULL,0,NULL,'2026-03-13T07:00:00.000000Z','<k6ei3bseg4dorexbywc4yiirxrizwbqf@press.example.org>','',NULL);
INSERT INTO "delivery" VALUES(9,2,4,3,'pending','',NULL,0,NULL,'2026-03-13T07:00:00.000000Z','<uy6yqc7oj6qatx5jvbowmvxxvvf7iirr@press.example.org>','',NULL);
CREATE TABLE document (
    key         TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,  -- of its bytes and of what the operator said about it
    imported_at TEXT NOT NULL
) STRICT;
INSERT INTO "document" VALUES('/documents/flood.en.md','f00e4186d87130855b92eb817e416fa5ca1c79ceeb41bcc7d9a2b20c6a43c7ee','2026-11-22T05:44:25.703687Z');
INSERT INTO "document" VALUES('/documents/flood.fr.md','b97e266f44b3dae6a81151edf0e102e975b250128f456b23bf8665ac2e184356','2026-11-22T05:44:25.703687Z');
INSERT INTO "document" VALUES('/documents/flood.ar.md','ab1b5fe79541bbe2c31278df2c689560850e78b2c223b143461a980dcbc8a6f2','2026-11-22T05:44:25.703687Z');
INSERT INTO "document" VALUES('/documents/low.en.md','58ba6019ec2a74685984e8fcc3539e5d7f6c4eb9899da5c9c452239871fc8061','2026-11-22T05:44:26.499748Z');
INSERT INTO "document" VALUES('/documents/wrong.en.md','2d0cf15cfe831a63bde6d949e03701f018f85a7558c41efed2c9403b3f087d1b','2026-11-22T05:44:27.741213Z');
INSERT INTO "document" VALUES('/documents/old.en.md','ddf06c623eca55304585bb893e2048879695f0e3fd8ec75188cb25da84f0ae7f','2026-11-22T05:44:29.625264Z');
INSERT INTO "document" VALUES('/documents/later.en.md','1c292075f9a6ef3d497f6de4510e0e9f12a39ddeab1c50dccb1aaadba9c695ab','2026-11-22T05:44:30.933534Z');
INSERT INTO "document" VALUES('-','9a3a96ab902a93c8a89c84c3e3633c2e4b4385e1b675650627da857c19b2505e','2026-11-22T05:44:32.155975Z');
INSERT INTO "document" VALUES('/documents/new.en.md','13330e35801dc732cbfed901e6b2774c637a3e92cbc80709b329652627b03396','2026-11-22T05:44:40.659558Z');
INSERT INTO "document" VALUES('/documents/new.fr.md','188636de0c0bd35a3d6402148df077076a39ba273edde7555e5e3e11ac619ddf','2026-11-22T05:44:40.659558Z');
CREATE TABLE edition (
    id         INTEGER PRIMARY KEY,
    uid        TEXT NOT NULL UNIQUE,
    bulletin   TEXT NOT NULL,
    slot       TEXT NOT NULL,  -- local wall time as written: whoever inserts the row runs the slot
    state      TEXT NOT NULL CHECK (state IN ('awaiting', 'approved', 'held', 'planning', 'planned', 'paused',
                                              'sent', 'skipped', 'cancelled')),
    due_at     TEXT NOT NULL,  -- when the slot is, in UTC
    stands_for TEXT NOT NULL,  -- JSON list of the slots as written that were moved here or are made up for
    planned_at TEXT NOT NULL,
    planned_through INTEGER NOT NULL,  -- the last subscriber whose delivery is reserved: planning goes on from there
    waiting    INTEGER NOT NULL,  -- stories that did not fit and wait for the next edition
    reason     TEXT NOT NULL,  -- why it was skipped, held, paused or cancelled
    UNIQUE (bulletin, slot)
) STRICT;
INSERT INTO "edition" VALUES(1,'d67ebfa8-2375-4312-ba61-8fd1443df8ca','global/daily','2026-03-12T07:00','sent','2026-11-22T05:44:34.404943Z','[]','2026-11-22T05:44:34.404943Z',5,0,'');
INSERT INTO "edition" VALUES(2,'d03cf8c9-4956-4636-ad3f-c7fb19888d57','global/daily','2026-03-13T07:00','planned','2026-03-13T07:00:00.000000Z','[]','2026-03-13T07:00:00.000000Z',4,0,'');
INSERT INTO "edition" VALUES(3,'86d551e6-543e-48cb-a5ee-42f94da0764a','global/checked','2026-03-13T09:00','awaiting','2026-03-13T07:00:00.000000Z','[]','2026-03-13T07:00:00.000000Z',0,0,'');
CREATE TABLE edition_release (
    edition_id INTEGER NOT NULL REFERENCES edition (id),
    release_id INTEGER NOT NULL REFERENCES release (id),
    version    INTEGER NOT NULL,
    PRIMARY KEY (edition_id, release_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "edition_release" VALUES(1,1,1);
INSERT INTO "edition_release" VALUES(1,2,1);
INSERT INTO "edition_release" VALUES(1,4,1);
INSERT INTO "edition_release" VALUES(1,5,1);
INSERT INTO "edition_release" VALUES(2,9,1);
INSERT INTO "edition_release" VALUES(2,10,1);
INSERT INTO "edition_release" VALUES(3,1,1);
INSERT INTO "edition_release" VALUES(3,2,1);
INSERT INTO "edition_release" VALUES(3,3,1);
INSERT INTO "edition_release" VALUES(3,4,1);
INSERT INTO "edition_release" VALUES(3,9,1);
INSERT INTO "edition_release" VALUES(3,10,1);
CREATE TABLE edition_story (
    edition_id INTEGER NOT NULL REFERENCES edition (id),
    story_id   INTEGER NOT NULL REFERENCES story (id),
    bulletin   TEXT NOT NULL,
    position   INTEGER NOT NULL,
    told       TEXT NOT NULL CHECK (told IN ('yes', 'no')),  -- 'no': held, called off, or told again by a later one
    PRIMARY KEY (edition_id, story_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "edition_story" VALUES(1,1,'global/daily',1,'yes');
INSERT INTO "edition_story" VALUES(1,2,'global/daily',0,'yes');
INSERT INTO "edition_story" VALUES(1,3,'global/daily',2,'yes');
INSERT INTO "edition_story" VALUES(2,7,'global/daily',0,'yes');
INSERT INTO "edition_story" VALUES(3,1,'global/checked',2,'yes');
INSERT INTO "edition_story" VALUES(3,2,'global/checked',1,'yes');
INSERT INTO "edition_story" VALUES(3,7,'global/checked',0,'yes');
CREATE TABLE heartbeat (
    part TEXT PRIMARY KEY,  -- scheduler, worker
    at   TEXT NOT NULL,
    note TEXT NOT NULL      -- which process
) STRICT;
CREATE TABLE incident (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL,
    text          TEXT NOT NULL,
    opened_at     TEXT NOT NULL,
    closed_at     TEXT,
    told_at       TEXT,  -- when the operators' mail was handed over, or it was over too soon to tell
    telling_until TEXT   -- who mails it now has time until then
) STRICT;
CREATE TABLE intake_memory (
    source TEXT PRIMARY KEY,
    data   TEXT NOT NULL  -- JSON, see intake.Memory
) STRICT;
INSERT INTO "intake_memory" VALUES('-','{"documents":[["ad90bf6f0c16"]],"lines":{"ad90bf6f0c16":1}}');
CREATE TABLE item (
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
    story_id      INTEGER NOT NULL REFERENCES story (id),
    delivery_id   INTEGER NOT NULL REFERENCES delivery (id),
    release_id    INTEGER NOT NULL REFERENCES release (id),
    version       INTEGER NOT NULL,
    PRIMARY KEY (subscriber_id, story_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "item" VALUES(1,1,1,1,1);
INSERT INTO "item" VALUES(1,2,1,4,1);
INSERT INTO "item" VALUES(1,3,1,5,1);
INSERT INTO "item" VALUES(1,7,6,9,1);
INSERT INTO "item" VALUES(2,1,2,2,1);
INSERT INTO "item" VALUES(2,2,2,4,1);
INSERT INTO "item" VALUES(2,3,2,5,1);
INSERT INTO "item" VALUES(2,7,7,10,1);
INSERT INTO "item" VALUES(3,1,3,1,1);
INSERT INTO "item" VALUES(3,2,3,4,1);
INSERT INTO "item" VALUES(3,3,3,5,1);
INSERT INTO "item" VALUES(3,7,8,9,1);
INSERT INTO "item" VALUES(4,1,4,1,1);
INSERT INTO "item" VALUES(4,2,4,4,1);
INSERT INTO "item" VALUES(4,3,4,5,1);
INSERT INTO "item" VALUES(4,7,9,9,1);
INSERT INTO "item" VALUES(5,1,5,1,1);
INSERT INTO "item" VALUES(5,2,5,4,1);
INSERT INTO "item" VALUES(5,3,5,5,1);
CREATE TABLE output (
    path TEXT PRIMARY KEY,
    key  TEXT NOT NULL,
    size INTEGER NOT NULL
) STRICT;
INSERT INTO "output" VALUES('assets/icon.svg','a039e9534cb4d34dccd60c27',243);
INSERT INTO "output" VALUES('assets/press.css','79984c89c97527b0f000bca7',14437);
INSERT INTO "output" VALUES('releases/en/a-second-story/index.html','83a12c5a0fd981b71a0643a3',4665);
INSERT INTO "output" VALUES('releases/fr/une-deuxieme-histoire/index.html','596b093a2df0226529c2972e',4763);
INSERT INTO "output" VALUES('releases/en/the-parana-falls-below-one-metre/index.html','7be493fb39e7588a33ceafda',4478);
INSERT INTO "output" VALUES('releases/en/early-warnings-reach-the-river/index.html','8c88777b70917b2eed1be14f',5114);
INSERT INTO "output" VALUES('releases/fr/les-alertes-atteignent-le-fleuve/index.html','effcbb704e4b11ed38a7edad',5212);
INSERT INTO "output" VALUES('releases/ar/lndhr-lmbkr-ysl-l-lnhr/index.html','3597ba404c73a5b37fe89749',5368);
INSERT INTO "output" VALUES('releases/en/a-figure-that-was-wrong/index.html','e2245a888561e7983bfc394d',2623);
INSERT INTO "output" VALUES('releases/en/told-elsewhere-before/index.html','79d73b209e8388b52f19150d',4246);
INSERT INTO "output" VALUES('global/en/rss.xml','9dd3b7c8a412b145b52833f3',4055);
INSERT INTO "output" VALUES('global/en/atom.xml','9dd3b7c8a412b145b52833f3',4227);
INSERT INTO "output" VALUES('global/en/feed.json','9dd3b7c8a412b145b52833f3',3340);
INSERT INTO "output" VALUES('global/fr/rss.xml','47a2d8a5ca43474e184b4cde',2064);
INSERT INTO "output" VALUES('global/fr/atom.xml','47a2d8a5ca43474e184b4cde',2008);
INSERT INTO "output" VALUES('global/fr/feed.json','47a2d8a5ca43474e184b4cde',1554);
INSERT INTO "output" VALUES('global/ar/rss.xml','e93067a92128ee21ce3cc225',1485);
INSERT INTO "output" VALUES('global/ar/atom.xml','e93067a92128ee21ce3cc225',1435);
INSERT INTO "output" VALUES('global/ar/feed.json','e93067a92128ee21ce3cc225',1063);
INSERT INTO "output" VALUES('south/en/rss.xml','632b3dfd21c8b3ebe590c521',2159);
INSERT INTO "output" VALUES('south/en/atom.xml','632b3dfd21c8b3ebe590c521',2349);
INSERT INTO "output" VALUES('south/en/feed.json','632b3dfd21c8b3ebe590c521',1684);
INSERT INTO "output" VALUES('south/fr/rss.xml','b8607db4d07cecbf7c15ddc4',757);
INSERT INTO "output" VALUES('south/fr/atom.xml','b8607db4d07cecbf7c15ddc4',713);
INSERT INTO "output" VALUES('south/fr/feed.json','b8607db4d07cecbf7c15ddc4',395);
INSERT INTO "output" VALUES('south/ar/rss.xml','b8607db4d07cecbf7c15ddc4',783);
INSERT INTO "output" VALUES('south/ar/atom.xml','b8607db4d07cecbf7c15ddc4',739);
INSERT INTO "output" VALUES('south/ar/feed.json','b8607db4d07cecbf7c15ddc4',421);
INSERT INTO "output" VALUES('global/en/index.html','7082826ea14c7046779f8023',4835);
INSERT INTO "output" VALUES('global/fr/index.html','47a2d8a5ca43474e184b4cde',4391);
INSERT INTO "output" VALUES('global/ar/index.html','e93067a92128ee21ce3cc225',4317);
INSERT INTO "output" VALUES('south/en/index.html','6be24efafb94aaddb795ba2d',4046);
INSERT INTO "output" VALUES('south/fr/index.html','b8607db4d07cecbf7c15ddc4',3880);
INSERT INTO "output" VALUES('south/ar/index.html','b8607db4d07cecbf7c15ddc4',4057);
INSERT INTO "output" VALUES('en/index.html','7082826ea14c7046779f8023',4829);
INSERT INTO "output" VALUES('fr/index.html','47a2d8a5ca43474e184b4cde',4391);
INSERT INTO "output" VALUES('ar/index.html','e93067a92128ee21ce3cc225',4320);
INSERT INTO "output" VALUES('index.html','7082826ea14c7046779f8023',4800);
INSERT INTO "output" VALUES('en/follow/index.html','b8607db4d07cecbf7c15ddc4',5515);
INSERT INTO "output" VALUES('en/feeds.opml','b8607db4d07cecbf7c15ddc4',816);
INSERT INTO "output" VALUES('fr/follow/index.html','b8607db4d07cecbf7c15ddc4',5874);
INSERT INTO "output" VALUES('fr/feeds.opml','b8607db4d07cecbf7c15ddc4',834);
INSERT INTO "output" VALUES('ar/follow/index.html','b8607db4d07cecbf7c15ddc4',6315);
INSERT INTO "output" VALUES('ar/feeds.opml','b8607db4d07cecbf7c15ddc4',896);
INSERT INTO "output" VALUES('feeds.opml','b8607db4d07cecbf7c15ddc4',2109);
INSERT INTO "output" VALUES('404.html','b8607db4d07cecbf7c15ddc4',2437);
INSERT INTO "output" VALUES('sitemaps/pages.xml','b8607db4d07cecbf7c15ddc4',3946);
INSERT INTO "output" VALUES('sitemaps/2020-01.xml','3489794605fd87f6c1a3949f',280);
INSERT INTO "output" VALUES('sitemaps/2026-03.xml','d247c702bec05e90281c6e8c',2432);
INSERT INTO "output" VALUES('sitemap.xml','36af092069cce71913a56587',439);
INSERT INTO "output" VALUES('robots.txt','b8607db4d07cecbf7c15ddc4',110);
CREATE TABLE reading (
    key          TEXT PRIMARY KEY,
    document_key TEXT NOT NULL REFERENCES document (key),
    release_id   INTEGER REFERENCES release (id),  -- NULL once an operator has deleted the release
    content_hash TEXT NOT NULL
) STRICT;
INSERT INTO "reading" VALUES('/documents/flood.en.md','/documents/flood.en.md',1,'34ab4d03f8216347172e2bb26be5fbd7563ea2ab7047db83bb3c9fbaa5c266af');
INSERT INTO "reading" VALUES('/documents/flood.fr.md','/documents/flood.fr.md',2,'0762a1120b3e5d1c33f67c6f65f6be0a7aa9752dbdff8366404d8903b1ad79ba');
INSERT INTO "reading" VALUES('/documents/flood.ar.md','/documents/flood.ar.md',3,'b636150326034125b580ef2ef418d736eb9cb5e46f72ac84ceab83aa311b40eb');
INSERT INTO "reading" VALUES('/documents/low.en.md','/documents/low.en.md',4,'63b146c1c8da0bcdc9dc2aabbda442939b4f0e51b5e6b90c2add3e62712c0d1c');
INSERT INTO "reading" VALUES('/documents/wrong.en.md','/documents/wrong.en.md',5,'f27150235d64e856b1fa8847f48d42c998bc01edf1eeb91379eff94343afc79b');
INSERT INTO "reading" VALUES('/documents/old.en.md','/documents/old.en.md',6,'5465db9b2bb410af2ceda42d65919ae69e18b94579a668dcd395127562f82d2d');
INSERT INTO "reading" VALUES('/documents/later.en.md','/documents/later.en.md',7,'342c3a11091f99602a1aa4b2ef2d339f613cac7dc8bd796cadc845b9981bcc6a');
INSERT INTO "reading" VALUES('-','-',8,'1144336ee18bc1c13dd396df9a0972e1d342fba0c83cfbcfadd7268bb7c6d24d');
INSERT INTO "reading" VALUES('/documents/new.en.md','/documents/new.en.md',9,'73edd492e6834e06e6f97b6f79b17e4dc1cd15c2dea89e264baab6d4f1ac3877');
INSERT INTO "reading" VALUES('/documents/new.fr.md','/documents/new.fr.md',10,'bed7c74706db5bd9521cc888582f9e83b85c70e3063bb36f645a5f5d346043c7');
CREATE TABLE rejected_document (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    reason      TEXT NOT NULL,
    raw         BLOB NOT NULL,  -- zlib-compressed, so that nothing that arrived is lost
    size        INTEGER NOT NULL,
    rejected_at TEXT NOT NULL,
    digest      TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "rejected_document" VALUES(1,'docs/broken.bin','docs/broken.bin: this is binary data, not text. Save it as text, HTML or Markdown and import that.',X'789C63606462187C08002C6F0097',150,'2026-11-22T05:44:33.215705Z','9f3ca5638355b953371fe82f0f035798ed603ae58c8ad72c0fd43008b63b9ad2');
CREATE TABLE release (
    id            INTEGER PRIMARY KEY,
    uid           TEXT NOT NULL UNIQUE,
    story_id      INTEGER NOT NULL REFERENCES story (id),
    language      TEXT NOT NULL,
    slug          TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('draft', 'scheduled', 'published', 'corrected', 'withdrawn')),
    version       INTEGER NOT NULL,
    headline      TEXT NOT NULL,
    regions       TEXT NOT NULL,  -- JSON list of slugs, as in release_region
    source        TEXT NOT NULL,
    archive       TEXT NOT NULL CHECK (archive IN ('yes', 'no')),
    edited        TEXT NOT NULL,  -- JSON list of the fields that an operator set: a later import leaves them alone
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    published_at  TEXT,
    embargo_until TEXT,
    public_since  TEXT,  -- when it was first stored as published, whatever date it bears: what alerts go by
    UNIQUE (language, slug)
) STRICT;
INSERT INTO "release" VALUES(1,'297b6d3b-1062-45cf-ace5-a88b8cebffa7',1,'en','early-warnings-reach-the-river','published',1,'Early warnings reach the river','["global"]','docs/flood.en.md','no','[]','2026-11-22T05:44:25.703687Z','2026-11-22T05:44:25.703687Z','2026-03-10T06:00:00.000000Z',NULL,'2026-11-22T05:44:25.703687Z');
INSERT INTO "release" VALUES(2,'8737aa0b-334d-460d-a4ff-d322b6b77078',1,'fr','les-alertes-atteignent-le-fleuve','published',1,'Les alertes atteignent le fleuve','["global"]','docs/flood.fr.md','no','[]','2026-11-22T05:44:25.703687Z','2026-11-22T05:44:25.703687Z','2026-03-10T06:00:00.000000Z',NULL,'2026-11-22T05:44:25.703687Z');
INSERT INTO "release" VALUES(3,'c5f4ca7f-244a-4168-96da-742123386af8',1,'ar','lndhr-lmbkr-ysl-l-lnhr','published',1,'الإنذار المبكر يصل إلى النهر','["global"]','docs/flood.ar.md','no','[]','2026-11-22T05:44:25.703687Z','2026-11-22T05:44:25.703687Z','2026-03-10T06:00:00.000000Z',NULL,'2026-11-22T05:44:25.703687Z');
INSERT INTO "release" VALUES(4,'2799aeb8-3143-4ec1-b6d3-c24160f61fd7',2,'en','the-parana-falls-below-one-metre','published',1,'The Paraná falls below one metre','["south"]','docs/low.en.md','no','[]','2026-11-22T05:44:26.499748Z','2026-11-22T05:44:26.499748Z','2026-03-11T06:00:00.000000Z',NULL,'2026-11-22T05:44:26.499748Z');
INSERT INTO "release" VALUES(5,'565be7d6-fe75-4f17-a7a0-73c43bb3f5ae',3,'en','a-figure-that-was-wrong','withdrawn',2,'A figure that is right now','["south"]','docs/wrong.en.md','no','["headline","status"]','2026-11-22T05:44:27.741213Z','2026-11-22T05:44:39.245046Z','2026-03-09T06:00:00.000000Z',NULL,'2026-11-22T05:44:27.741213Z');
INSERT INTO "release" VALUES(6,'e5d5f004-cf48-4e96-b49f-d33712d47e4d',4,'en','told-elsewhere-before','published',1,'Told elsewhere before','["global"]','docs/old.en.md','yes','[]','2026-11-22T05:44:29.625264Z','2026-11-22T05:44:29.625264Z','2020-01-01T06:00:00.000000Z',NULL,'2026-11-22T05:44:29.625264Z');
INSERT INTO "release" VALUES(7,'205cbd64-3999-439e-b54b-71c78c1c2af6',5,'en','not-to-be-seen-before-the-year-2100','published',1,'Not to be seen before the year 2100','["global"]','docs/later.en.md','no','[]','2026-11-22T05:44:30.933534Z','2026-11-22T05:44:30.933534Z','2026-03-10T06:00:00.000000Z','2100-01-01T06:00:00.000000Z','2026-11-22T05:44:30.933534Z');
INSERT INTO "release" VALUES(8,'edb7de17-8dbc-4f4f-9a8f-692272f19368',6,'','edb7de17','draft',1,'','["global"]','-','no','[]','2026-11-22T05:44:32.155975Z','2026-11-22T05:44:32.155975Z',NULL,NULL,NULL);
INSERT INTO "release" VALUES(9,'b807d1a7-630d-4d63-b236-16d4f173d3d4',7,'en','a-second-story','published',1,'A second story','["global"]','docs/new.en.md','no','[]','2026-11-22T05:44:40.659558Z','2026-11-22T05:44:40.659558Z','2026-03-12T08:00:00.000000Z',NULL,'2026-11-22T05:44:40.659558Z');
INSERT INTO "release" VALUES(10,'adfd234f-c6fe-4cc3-b9d9-b3a609fdc8b3',7,'fr','une-deuxieme-histoire','published',1,'Une deuxième histoire','["global"]','docs/new.fr.md','no','[]','2026-11-22T05:44:40.659558Z','2026-11-22T05:44:40.659558Z','2026-03-12T08:00:00.000000Z',NULL,'2026-11-22T05:44:40.659558Z');
CREATE TABLE release_region (
    region     TEXT NOT NULL,
    release_id INTEGER NOT NULL REFERENCES release (id),
    PRIMARY KEY (region, release_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "release_region" VALUES('global',1);
INSERT INTO "release_region" VALUES('global',2);
INSERT INTO "release_region" VALUES('global',3);
INSERT INTO "release_region" VALUES('south',4);
INSERT INTO "release_region" VALUES('south',5);
INSERT INTO "release_region" VALUES('global',6);
INSERT INTO "release_region" VALUES('global',7);
INSERT INTO "release_region" VALUES('global',8);
INSERT INTO "release_region" VALUES('global',9);
INSERT INTO "release_region" VALUES('global',10);
CREATE TABLE release_version (
    release_id  INTEGER NOT NULL REFERENCES release (id),
    version     INTEGER NOT NULL,
    recorded_at TEXT NOT NULL,
    reason      TEXT NOT NULL,
    content     TEXT NOT NULL,  -- JSON, see store.codec
    PRIMARY KEY (release_id, version)
) STRICT;
INSERT INTO "release_version" VALUES(1,1,'2026-11-22T05:44:25.703687Z','imported','{"author":"","body_html":"<p>The gauges passed six metres.</p>","body_text":"The gauges passed six metres.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"Early warnings reach the river","language":"en","place":"","regions":["global"],"subhead":"","topics":["floods"]}');
INSERT INTO "release_version" VALUES(2,1,'2026-11-22T05:44:25.703687Z','imported','{"author":"","body_html":"<p>Les échelles ont dépassé six mètres.</p>","body_text":"Les échelles ont dépassé six mètres.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"Les alertes atteignent le fleuve","language":"fr","place":"","regions":["global"],"subhead":"","topics":["floods"]}');
INSERT INTO "release_version" VALUES(3,1,'2026-11-22T05:44:25.703687Z','imported','{"author":"","body_html":"<p>تجاوزت المقاييس ستة أمتار.</p>","body_text":"تجاوزت المقاييس ستة أمتار.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"الإنذار المبكر يصل إلى النهر","language":"ar","place":"","regions":["global"],"subhead":"","topics":["floods"]}');
INSERT INTO "release_version" VALUES(4,1,'2026-11-22T05:44:26.499748Z','imported','{"author":"","body_html":"<p>The gauges passed six metres.</p>","body_text":"The gauges passed six metres.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"The Paraná falls below one metre","language":"en","place":"","regions":["south"],"subhead":"","topics":["floods"]}');
INSERT INTO "release_version" VALUES(5,1,'2026-11-22T05:44:27.741213Z','imported','{"author":"","body_html":"<p>The gauges passed six metres.</p>","body_text":"The gauges passed six metres.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"A figure that was wrong","language":"en","place":"","regions":["south"],"subhead":"","topics":["floods"]}');
INSERT INTO "release_version" VALUES(6,1,'2026-11-22T05:44:29.625264Z','imported','{"author":"","body_html":"<p>The gauges passed six metres.</p>","body_text":"The gauges passed six metres.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"Told elsewhere before","language":"en","place":"","regions":["global"],"subhead":"","topics":["floods"]}');
INSERT INTO "release_version" VALUES(7,1,'2026-11-22T05:44:30.933534Z','imported','{"author":"","body_html":"<p>The gauges passed six metres.</p>","body_text":"The gauges passed six metres.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"Not to be seen before the year 2100","language":"en","place":"","regions":["global"],"subhead":"","topics":["floods"]}');
INSERT INTO "release_version" VALUES(8,1,'2026-11-22T05:44:32.155975Z','imported','{"author":"","body_html":"<p>Only a line.</p>","body_text":"Only a line.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"","language":"","place":"","regions":["global"],"subhead":"","topics":[]}');
INSERT INTO "release_version" VALUES(5,2,'2026-11-22T05:44:38.138008Z','edited','{"author":"","body_html":"<p>The gauges passed six metres.</p>","body_text":"The gauges passed six metres.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"A figure that is right now","language":"en","place":"","regions":["south"],"subhead":"","topics":["floods"]}');
INSERT INTO "release_version" VALUES(9,1,'2026-11-22T05:44:40.659558Z','imported','{"author":"","body_html":"<p>The gauges passed six metres.</p>","body_text":"The gauges passed six metres.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"A second story","language":"en","place":"","regions":["global"],"subhead":"","topics":["floods"]}');
INSERT INTO "release_version" VALUES(10,1,'2026-11-22T05:44:40.659558Z','imported','{"author":"","body_html":"<p>The gauges passed six metres.</p>","body_text":"The gauges passed six metres.","contacts":[],"countries":[],"date":"","enclosures":[],"footnotes":[],"headline":"Une deuxième histoire","language":"fr","place":"","regions":["global"],"subhead":"","topics":["floods"]}');
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
INSERT INTO "setting" VALUES('newsroom','bc68bea2-98a9-4a21-9d5f-333ceb908ad4');
INSERT INTO "setting" VALUES('secret','d2ba90b9b4c4a0618637b6a7994efde1a2ed2dedede814d331fe9a69660d9b16');
INSERT INTO "setting" VALUES('changes','12');
CREATE TABLE story (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
) STRICT;
INSERT INTO "story" VALUES(1,'flood','2026-11-22T05:44:25.703687Z');
INSERT INTO "story" VALUES(2,'low','2026-11-22T05:44:26.499748Z');
INSERT INTO "story" VALUES(3,'wrong','2026-11-22T05:44:27.741213Z');
INSERT INTO "story" VALUES(4,'old','2026-11-22T05:44:29.625264Z');
INSERT INTO "story" VALUES(5,'later','2026-11-22T05:44:30.933534Z');
INSERT INTO "story" VALUES(6,'edb7de17-8dbc-4f4f-9a8f-692272f19368','2026-11-22T05:44:32.155975Z');
INSERT INTO "story" VALUES(7,'second','2026-11-22T05:44:40.659558Z');
CREATE TABLE subscriber (
    id          INTEGER PRIMARY KEY,
    address     TEXT NOT NULL,         -- as mail is sent to it
    address_key TEXT NOT NULL UNIQUE,  -- case-folded in Python: one person, one row
    name        TEXT NOT NULL,
    languages   TEXT NOT NULL,  -- JSON list, the preferred one first
    status      TEXT NOT NULL CHECK (status IN ('active', 'unsubscribed', 'bounced', 'complained')),
    token_epoch INTEGER NOT NULL,  -- raising it revokes every link that this subscriber was sent
    provenance  TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    changed_at  TEXT NOT NULL
) STRICT;
INSERT INTO "subscriber" VALUES(1,'ana@example.org','ana@example.org','Ana','["en"]','active',0,'import of people.csv','2026-11-22T05:44:33.716013Z','2026-11-22T05:44:33.716013Z');
INSERT INTO "subscriber" VALUES(2,'biniam@example.org','biniam@example.org','Biniam','["fr","en"]','active',0,'import of people.csv','2026-11-22T05:44:33.716013Z','2026-11-22T05:44:33.716013Z');
INSERT INTO "subscriber" VALUES(3,'chen@example.org','chen@example.org','Chen','["ar"]','active',0,'import of people.csv','2026-11-22T05:44:33.716013Z','2026-11-22T05:44:33.716013Z');
INSERT INTO "subscriber" VALUES(4,'dina@example.org','dina@example.org','Dina','["en"]','active',0,'import of people.csv','2026-11-22T05:44:33.716013Z','2026-11-22T05:44:33.716013Z');
INSERT INTO "subscriber" VALUES(5,'gone@example.org','gone@example.org','Gone','["en"]','unsubscribed',0,'import of people.csv','2026-11-22T05:44:33.716013Z','2026-11-22T05:44:36.877767Z');
CREATE TABLE subscription (
    bulletin      TEXT NOT NULL,
    subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),
    created_at    TEXT NOT NULL,
    ended_at      TEXT,  -- unsubscribed: the row stays, so that a later import does not bring the person back
    PRIMARY KEY (bulletin, subscriber_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "subscription" VALUES('global/checked',1,'2026-11-22T05:44:33.716013Z',NULL);
INSERT INTO "subscription" VALUES('global/daily',1,'2026-11-22T05:44:33.716013Z',NULL);
INSERT INTO "subscription" VALUES('global/daily',2,'2026-11-22T05:44:33.716013Z',NULL);
INSERT INTO "subscription" VALUES('global/daily',3,'2026-11-22T05:44:33.716013Z',NULL);
INSERT INTO "subscription" VALUES('global/daily',4,'2026-11-22T05:44:33.716013Z',NULL);
INSERT INTO "subscription" VALUES('global/daily',5,'2026-11-22T05:44:33.716013Z',NULL);
CREATE TABLE suppression (
    address_hash TEXT PRIMARY KEY,  -- HMAC of the normalised address: outlives the subscriber
    reason       TEXT NOT NULL,
    since        TEXT NOT NULL
) STRICT;
INSERT INTO "suppression" VALUES('603002b5b39501f0c1441d603ac1b37f6b32b2167553fd57de40553c2413c896','unsubscribed','2026-11-22T05:44:36.877767Z');
CREATE TABLE variant (
    id         INTEGER PRIMARY KEY,
    edition_id INTEGER NOT NULL REFERENCES edition (id),
    key        TEXT NOT NULL,
    language   TEXT NOT NULL,
    releases   TEXT NOT NULL,  -- JSON list of [release id, version], in order
    UNIQUE (edition_id, key)
) STRICT;
INSERT INTO "variant" VALUES(1,1,'en:4.1,1.1,5.1','en','[[4,1],[1,1],[5,1]]');
INSERT INTO "variant" VALUES(2,1,'fr:4.1,2.1,5.1','fr','[[4,1],[2,1],[5,1]]');
INSERT INTO "variant" VALUES(3,2,'en:9.1','en','[[9,1]]');
INSERT INTO "variant" VALUES(4,2,'fr:10.1','fr','[[10,1]]');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX release_by_story ON release (story_id);
CREATE INDEX release_by_publication ON release (published_at);
CREATE INDEX release_by_embargo ON release (embargo_until) WHERE embargo_until IS NOT NULL;
CREATE INDEX release_by_arrival ON release (public_since);
CREATE INDEX release_region_by_release ON release_region (release_id);
CREATE INDEX reading_by_release ON reading (release_id);
CREATE INDEX reading_by_content ON reading (content_hash);
CREATE INDEX subscription_by_subscriber ON subscription (subscriber_id);
CREATE INDEX edition_by_state ON edition (state, id);
CREATE INDEX edition_by_due ON edition (bulletin, due_at);
CREATE UNIQUE INDEX edition_story_told ON edition_story (bulletin, story_id) WHERE told = 'yes';
CREATE INDEX delivery_due ON delivery (edition_id, next_try, id) WHERE state = 'pending';
CREATE INDEX delivery_leased ON delivery (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX delivery_in_doubt ON delivery (id) WHERE state = 'unknown';
CREATE INDEX delivery_given_up ON delivery (settled_at) WHERE state IN ('failed', 'cancelled');
CREATE INDEX delivery_by_subscriber ON delivery (subscriber_id);
CREATE INDEX item_by_delivery ON item (delivery_id);
CREATE INDEX item_by_story ON item (story_id, subscriber_id);
CREATE UNIQUE INDEX incident_open ON incident (key) WHERE closed_at IS NULL;
CREATE INDEX incident_untold ON incident (id) WHERE told_at IS NULL;
COMMIT;
