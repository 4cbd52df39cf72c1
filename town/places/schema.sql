-- SPDX-License-Identifier: Apache-2.0
-- The places that somebody belongs to, in the personal space: with it her twelve words find them again.
-- lineage: in hexadecimal, what a place is found by. addresses: multiaddrs of its houses, a JSON array. name: what it
-- was called, so that somebody with several can choose.
CREATE TABLE places (
  lineage TEXT PRIMARY KEY,
  addresses LWW_JSON_TEXT,
  name LWW_TEXT
) WRITABLE BY OWNER;

-- Her devices: the log of one here (id) and the one in its place, in hexadecimal, so that both end together. Written by
-- the device itself or by the one that links it.
CREATE TABLE own_devices (
  id TEXT PRIMARY KEY,
  lineage TEXT,
  device TEXT
) WRITABLE BY OWNER;

CREATE EVENT "place noted";
CREATE EVENT "device noted";
