-- SPDX-License-Identifier: Apache-2.0
-- How one person reads, in the personal space: nobody else learns it. Ids of threads and persons are unique over all
-- spaces, so they are the keys.
-- upto: the newest post of the thread that was read.
CREATE TABLE reading_marks (
  thread TEXT PRIMARY KEY,
  upto LWW_TEXT
) WRITABLE BY OWNER;

-- mode: follow, mute or none.
CREATE TABLE follows (
  thread TEXT PRIMARY KEY,
  mode LWW_TEXT
) WRITABLE BY OWNER;

CREATE TABLE mutes (
  person TEXT PRIMARY KEY,
  muted LWW_INTEGER
) WRITABLE BY OWNER;

CREATE EVENT "thread read";
CREATE EVENT "thread followed";
CREATE EVENT "person muted";
