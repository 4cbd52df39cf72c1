// SPDX-License-Identifier: Apache-2.0
// A table of this replica's own, worked out from the app's rows: a search index, counts. Never synced and no part of
// the state hash; the store keeps it current with every local commit and every merge, and makes it anew when its
// declaration changes (docs/schema.md).
//
//   const LocalTable search{
//       .name = "search",
//       .create = "CREATE VIRTUAL TABLE kith_local_search USING fts5(title, body);",
//       .sources = {{"posts", {"DELETE FROM kith_local_search WHERE rowid = ?1"},
//                    {"INSERT INTO kith_local_search(rowid, title, body) VALUES (?1,"
//                     " (SELECT title FROM posts WHERE rowid = ?1), (SELECT body FROM posts WHERE rowid = ?1))"}}}};
#pragma once

#include <string>
#include <vector>

namespace kith {

struct LocalTable {
  struct Source {
    std::string table;  // of the app's schema
    /// Run one after the other with ?1 = the rowid of a row that was inserted, changed or deleted. They must give the
    /// same however often they run: they take out what there is of the row.
    std::vector<std::string> take_out;
    /// Then these put in what there is now; not run if the row is gone. In FTS5 every INSERT … SELECT writes the index
    /// out (a statement that may change many rows has a savepoint of its own); INSERT … VALUES gathers a transaction.
    std::vector<std::string> put_in;
  };

  std::string name;    // lower-case letters; everything that `create` makes is named kith_local_<name>, or that and _…
  std::string create;  // DDL, one or more statements
  std::vector<Source> sources;
};

}  // namespace kith
