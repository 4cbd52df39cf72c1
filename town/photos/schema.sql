-- SPDX-License-Identifier: Apache-2.0
-- A photo that its author's device has scaled and freed of location data (JPEG or WebP), in chunks of at most 64 KiB: a
-- chunk that is not here leaves a placeholder that says what is missing. Photos travel as rows until there is a stream
-- for media. `attachments` hang photos on a post or listing; they count where its author wrote them.
CREATE TABLE photos (
  id TEXT PRIMARY KEY,
  format TEXT,
  width INTEGER,
  height INTEGER,
  bytes INTEGER,
  chunks INTEGER,
  alt LWW_TEXT
) WRITABLE BY OWNER;

CREATE TABLE photo_chunks (
  id TEXT PRIMARY KEY,
  photo TEXT,
  number INTEGER,
  data BLOB
) WRITABLE BY OWNER;

CREATE TABLE attachments (
  id TEXT PRIMARY KEY,
  target TEXT,
  photo TEXT,
  place INTEGER
) WRITABLE BY OWNER;

CREATE INDEX photo_chunks_by_photo ON photo_chunks(photo, number);
CREATE INDEX attachments_by_target ON attachments(target, place);

CREATE EVENT "photo added";
