-- SPDX-License-Identifier: Apache-2.0
-- A profile belongs to the person who wrote it (kith_writer of the view kith_profiles), not to an id in a column:
-- so nobody can take another person's row before she does.
CREATE TABLE profiles (
  id TEXT PRIMARY KEY,
  name LWW_TEXT,
  about LWW_TEXT,
  street LWW_TEXT
) WRITABLE BY OWNER;

-- What the place is called, its colour of enamel (1 to 5) and its rules (a JSON array of texts) count where the founder
-- wrote them.
CREATE TABLE places (
  id TEXT PRIMARY KEY,
  name LWW_TEXT,
  enamel LWW_INTEGER,
  rules LWW_JSON_TEXT
) WRITABLE BY OWNER;

CREATE EVENT "name chosen";
CREATE EVENT "place named";
