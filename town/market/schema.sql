-- SPDX-License-Identifier: Apache-2.0
-- Offers and wishes of neighbours. A listing is its author's row, a request its asker's, a promise the listing's
-- author's: nobody writes another's row, and what state a listing is in follows from all three (queries.h).
-- kind: sell, give, lend, swap or wanted. days: how long it stands after it was written or renewed; renewed_ms: when it
-- was renewed last. closed: NULL, "done" or "withdrawn".
CREATE TABLE listings (
  id TEXT PRIMARY KEY,
  kind LWW_TEXT,
  title LWW_TEXT,
  text LWW_TEXT,
  price LWW_TEXT,
  days LWW_INTEGER,
  renewed_ms LWW_INTEGER,
  closed LWW_TEXT
) WRITABLE BY OWNER;

CREATE TABLE requests (
  id TEXT PRIMARY KEY,
  listing TEXT,
  text LWW_TEXT,
  withdrawn LWW_INTEGER
) WRITABLE BY OWNER;

-- outcome: NULL while it stands, "done", "fell_through" or "taken_back".
CREATE TABLE promises (
  id TEXT PRIMARY KEY,
  request TEXT,
  when_ms LWW_INTEGER,
  place LWW_TEXT,
  outcome LWW_TEXT
) WRITABLE BY OWNER;

CREATE INDEX requests_by_listing ON requests(listing, id);
CREATE INDEX promises_by_request ON promises(request, id);

CREATE EVENT "listing offered";
CREATE EVENT "listing changed";
CREATE EVENT "listing renewed";
CREATE EVENT "listing withdrawn";
CREATE EVENT "listing requested";
CREATE EVENT "request withdrawn";
CREATE EVENT "listing promised";
CREATE EVENT "promise taken back";
CREATE EVENT "deal done";
CREATE EVENT "deal fell through";
