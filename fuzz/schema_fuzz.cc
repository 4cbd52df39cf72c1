// SPDX-License-Identifier: Apache-2.0
#include "store/schema.h"

#include "fuzz/fuzz.h"
#include "store/db.h"

void kith::fuzz::run(ByteView input) {
  const auto schema = store::Schema::parse(as_text(input));
  if (!schema.ok()) {
    CHECK(!schema.error().cause().empty());
    return;
  }
  const std::string canonical = schema->canonical();
  const auto again = store::Schema::parse(canonical);
  CHECK(again.ok() && again->canonical() == canonical);
  CHECK(again->extras() == schema->extras());
  CHECK(store::Schema::compare(*schema, *again).value() == store::Growth::kSame);

  // Tables are ours, so SQLite must take them; what stands in an index or a view is the app's word.
  auto db = store::Db::open(":memory:", nullptr);
  CHECK(db.ok());
  for (const store::Table& table : schema->tables()) CHECK((*db)->exec(store::physical_table(table)).ok());
}
