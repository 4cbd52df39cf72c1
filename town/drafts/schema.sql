-- SPDX-License-Identifier: Apache-2.0
-- What somebody began to write, in the personal space. kind: post, reply or listing; target: what a reply answers.
CREATE TABLE drafts (
  id TEXT PRIMARY KEY,
  kind TEXT,
  target TEXT,
  fields LWW_JSON_TEXT
) WRITABLE BY OWNER;

CREATE EVENT "note edited";
CREATE EVENT "note dropped";
CREATE EVENT "draft saved";
CREATE EVENT "draft dropped";
