-- SPDX-License-Identifier: Apache-2.0
-- A profile belongs to the person who wrote it (kith_writer of the view kith_profiles), not to an id in a column:
-- so nobody can take another person's row before she does.
CREATE TABLE profiles (
  id TEXT PRIMARY KEY,
  name LWW_TEXT
) WRITABLE BY OWNER;

-- The name of the place counts where the founder wrote it.
CREATE TABLE places (
  id TEXT PRIMARY KEY,
  name LWW_TEXT
) WRITABLE BY OWNER;

CREATE EVENT "name chosen";
CREATE EVENT "place named";
