// SPDX-License-Identifier: Apache-2.0
// The 12 words between a person and the program: made and asked back, written to a file, or read.
#pragma once

#include <string>

#include "base/environment.h"
#include "crypto/hash.h"

namespace kith::cli {

/// A person's root, wiped when it goes; and what was done to get it, so that it can be taken back.
class Identity {
 public:
  Identity() = default;
  explicit Identity(const crypto::Key& root) : root_(root) {}
  ~Identity() { crypto::wipe(root_.data); }
  Identity(Identity&&) = default;
  Identity& operator=(Identity&&) = default;
  const crypto::Key& root() const { return root_; }

 private:
  crypto::Key root_;
};

/// New words: written to `words_file` (0600, refused if it exists), or shown on the terminal and two of them asked
/// back. kUsage without either.
Result<Identity> make_identity(Random& random, const std::string& words_file);
/// Text with words in it, overwritten when it goes.
struct Secret {
  std::string text;
  Secret() = default;
  explicit Secret(std::string from) : text(std::move(from)) {}
  Secret(Secret&&) = default;
  ~Secret() { crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}); }
};

/// Words that somebody has already, checked, from a file or "-": standard input (not shown while typed on a terminal).
Result<Secret> read_words(const std::string& file);
/// Words from a file, or "-": standard input (not shown while typed on a terminal).
Result<Identity> read_identity(const std::string& file);

}  // namespace kith::cli
