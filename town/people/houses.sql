-- SPDX-License-Identifier: Apache-2.0
-- Where the houses of this place can be reached, each as it says itself, so that a browser whose door is gone finds the
-- others. peer: the PeerId of the installation. addresses: multiaddrs, a JSON array.
CREATE TABLE houses (
  id TEXT PRIMARY KEY,
  peer TEXT,
  addresses LWW_JSON_TEXT
) WRITABLE BY OWNER;

CREATE EVENT "house announced";
