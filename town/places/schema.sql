-- SPDX-License-Identifier: Apache-2.0
-- The places that somebody belongs to, in the personal space: with it her twelve words find them again.
-- lineage: in hexadecimal, what a place is found by. addresses: multiaddrs of its houses, a JSON array.
CREATE TABLE places (
  lineage TEXT PRIMARY KEY,
  addresses LWW_JSON_TEXT
) WRITABLE BY OWNER;

CREATE EVENT "place noted";
