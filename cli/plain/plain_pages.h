// SPDX-License-Identifier: Apache-2.0
// The board without a script, under /plain: for any browser, and for whoever has no other (docs/rest.md).
#pragma once

#include "kith/app.h"
#include "node/pages.h"

namespace kith::cli {

class PlainPages final : public node::Pages {
 public:
  static constexpr std::size_t kPage = 20;  // threads of one page
  static constexpr std::size_t kRepliesPage = 200;

  explicit PlainPages(App& app) : app_(app) {}

  std::optional<net::HttpResponse> handle(node::Place& place, const net::HttpRequest& request) override;

 private:
  App& app_;
};

}  // namespace kith::cli
