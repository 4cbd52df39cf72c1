-- SPDX-License-Identifier: Apache-2.0
-- Notes to oneself, in the personal space: nobody else ever reads them.
CREATE TABLE notes (
  id TEXT PRIMARY KEY,
  body LWW_TEXT
) WRITABLE BY OWNER;

CREATE EVENT "note written";
