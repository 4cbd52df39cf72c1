-- SPDX-License-Identifier: Apache-2.0
-- What hangs on a post or a listing, each a row of its own, so that two people never write one cell.
-- target: the id of the post or listing. Tags and mentions count where the author of the target wrote them, pins where
-- the founder did, reactions once for each person and kind.
CREATE TABLE tags (
  id TEXT PRIMARY KEY,
  target TEXT,
  tag TEXT
) WRITABLE BY OWNER;

CREATE TABLE mentions (
  id TEXT PRIMARY KEY,
  target TEXT,
  person BLOB
) WRITABLE BY OWNER;

CREATE TABLE reactions (
  id TEXT PRIMARY KEY,
  target TEXT,
  kind TEXT
) WRITABLE BY OWNER;

CREATE TABLE pins (
  id TEXT PRIMARY KEY,
  target TEXT
) WRITABLE BY OWNER;

CREATE INDEX tags_by_target ON tags(target);
CREATE INDEX tags_by_tag ON tags(tag, target);
CREATE INDEX mentions_by_target ON mentions(target);
CREATE INDEX reactions_by_target ON reactions(target);
CREATE INDEX pins_by_target ON pins(target);

CREATE EVENT "reaction given";
CREATE EVENT "reaction taken back";
CREATE EVENT "post pinned";
CREATE EVENT "post unpinned";
-- Of the people: behind the events of the first schema, whose numbers stay.
CREATE EVENT "profile changed";
CREATE EVENT "place described";
