// SPDX-License-Identifier: Apache-2.0
// The plain page: HTML without scripts, for browsers that can do no more. Every text of a person is escaped on the way
// in (Html::text).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "cli/plain/words.h"
#include "kith/place.h"
#include "town/forum/queries.h"

namespace kith::cli {

/// Markup as it grows. `raw` is for our own literals only.
class Html {
 public:
  Html& raw(std::string_view markup) {
    out_ += markup;
    return *this;
  }
  Html& text(std::string_view text);
  const std::string& str() const { return out_; }

 private:
  std::string out_;
};

/// What every page shows around its content.
struct Frame {
  Language language = Language::kEnglish;
  std::string place;
  std::map<PersonId, std::string> names;
  PersonId me;
  std::size_t neighbours = 0;
  Freshness freshness;
  bool has_resting = false;
  std::uint64_t now_ms = 0;
  std::string csrf;
};

std::string feed_page(const Frame& frame, const town::forum::FeedPage& feed, bool is_first);
std::string thread_page(const Frame& frame, const town::forum::Thread& thread);
std::string error_page(const Frame& frame, const Error& error);

}  // namespace kith::cli
