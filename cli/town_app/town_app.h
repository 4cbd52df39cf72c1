// SPDX-License-Identifier: Apache-2.0
// The town as an app of a node: its schemas, what a new place begins with, and its paths (docs/rest.md).
#pragma once

#include "node/app.h"

namespace kith::cli {

class TownApp final : public node::App {
 public:
  static constexpr std::size_t kPage = 20;  // threads of one page
  static constexpr std::size_t kRepliesPage = 200;

  std::string schema() const override;
  std::string personal_schema() const override;
  std::vector<LocalTable> local_tables() const override;
  std::vector<LocalTable> personal_local_tables() const override;
  Result<void> check_names(std::string_view place, std::string_view person) const override;
  Result<void> founded(node::Place& place, std::string_view name, std::string_view person) override;
  Result<void> joined(node::Place& place, std::string_view person) override;
  Result<void> listens(node::Place& place, const std::string& peer, const std::vector<std::string>& addresses) override;
  Result<std::string> place_name(node::Place& place) override;
  Result<std::map<PersonId, std::string>> names(node::Place& place) override;
  std::optional<net::HttpResponse> handle(node::Place& place, const net::HttpRequest& request) override;
};

}  // namespace kith::cli
