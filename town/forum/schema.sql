-- SPDX-License-Identifier: Apache-2.0
-- Posts and replies. Who wrote a row, on which device and when, is its birth: see the view kith_posts.
-- thread: the post that a reply belongs to, NULL for a post that opens a thread.
-- parent: the reply that is answered, NULL where the opening post is.
-- title, category: of posts that open a thread. lang: "en", "de", … as its author said; NULL if not said.
CREATE TABLE posts (
  id TEXT PRIMARY KEY,
  thread TEXT,
  parent TEXT,
  body LWW_TEXT,
  title LWW_TEXT,
  category LWW_TEXT,
  lang LWW_TEXT
) WRITABLE BY OWNER;

CREATE INDEX posts_by_thread ON posts(thread, id);
CREATE INDEX posts_by_category ON posts(category, id) WHERE category IS NOT NULL;

CREATE EVENT "post written";
CREATE EVENT "reply written";
CREATE EVENT "post edited";
CREATE EVENT "post withdrawn";
