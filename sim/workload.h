// SPDX-License-Identifier: Apache-2.0
// Random transactions on a schema of the simulator's own, which has what the town has not: cells of every kind, a table
// that all members may write, rows that several devices give birth to. Each transaction reads back what it wrote.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "kith/database.h"
#include "sim/dice.h"
#include "sim/run.h"

namespace kith::sim {

class Workload {
 public:
  /// Letters are their owner's, things are everybody's.
  static std::string schema();
  /// What a newer program adds: sheds, which nobody may write before a seal has made them the place's.
  static std::string later_schema();

  Workload(std::uint64_t seed, const PersonId& person, Run& run) : dice_(seed), person_(person), run_(run) {}
  /// The statements of one transaction. An error is for whoever began it: the transaction must be rolled back. Errors
  /// that no fault explains are failures of the run.
  Result<void> transaction(Writer& writer);
  /// The last transaction broke a write rule: its commit must not succeed.
  bool must_be_refused() const { return must_be_refused_; }
  /// The last transaction wrote to a table of the newer program: refused until that is the place's.
  bool has_built_shed() const { return has_built_shed_; }
  /// Texts that were written: nobody outside the space may ever read one.
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  using Step = Result<void> (Workload::*)(Writer&);

  Result<void> insert_letter(Writer& writer);
  Result<void> edit_own_letter(Writer& writer);
  Result<void> edit_others_letter(Writer& writer);
  Result<void> delete_something(Writer& writer);
  Result<void> insert_again(Writer& writer);
  Result<void> insert_thing(Writer& writer);
  Result<void> edit_thing(Writer& writer);
  Result<void> replace_thing(Writer& writer);
  Result<void> upsert_thing(Writer& writer);
  Result<void> insert_shared(Writer& writer);
  Result<void> insert_and_delete(Writer& writer);
  Result<void> build_shed(Writer& writer);

  std::string new_text();
  std::string new_key();
  Value random_real();
  /// The first column of a row of the answer, any of them; empty if there is none.
  Result<std::string> pick_key(Writer& writer, std::string_view sql, bool with_person);
  Result<void> expect(Writer& writer, std::string_view sql, const std::string& key, const Value& value);

  Dice dice_;
  PersonId person_;
  Run& run_;
  std::vector<std::string> texts_;
  bool must_be_refused_ = false;
  bool has_built_shed_ = false;
};

/// Is it what disks, clocks and rules may lead to, and no bug?
bool is_expected(const Error& error);

}  // namespace kith::sim
