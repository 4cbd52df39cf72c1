-- SPDX-License-Identifier: Apache-2.0
-- Posts and replies. Who wrote a row, on which device and when, is its birth: see the view kith_posts.
-- thread: the post that a reply belongs to, NULL for a post that opens a thread.
-- parent: the reply that is answered, NULL where the opening post is.
CREATE TABLE posts (
  id TEXT PRIMARY KEY,
  thread TEXT,
  parent TEXT,
  body LWW_TEXT
) WRITABLE BY OWNER;

CREATE INDEX posts_by_thread ON posts(thread, id);

CREATE EVENT "post written";
CREATE EVENT "reply written";
CREATE EVENT "post edited";
CREATE EVENT "post withdrawn";
