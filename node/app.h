// SPDX-License-Identifier: Apache-2.0
// What an app is to a node: two schemas, what to write when a space begins, and the paths that it answers. And what a
// node is to an app: a Place.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kith/local_table.h"
#include "net/http.h"
#include "node/guard.h"
#include "replica/house.h"

namespace kith::node {

/// The place as the page of a node sees it.
class Place : public replica::House {
 public:
  virtual const Guard& guard() const = 0;
};

class App {
 public:
  virtual ~App() = default;
  virtual std::string schema() const = 0;
  virtual std::string personal_schema() const = 0;
  /// What each replica works out for itself beside the tables of either.
  virtual std::vector<LocalTable> local_tables() const = 0;
  virtual std::vector<LocalTable> personal_local_tables() const = 0;
  /// Would these do? Asked before any key is made. An empty `place` is one that somebody else has named.
  virtual Result<void> check_names(std::string_view place, std::string_view person) const = 0;
  /// First words in a new space, and of a new member.
  virtual Result<void> founded(Place& place, std::string_view name, std::string_view person) = 0;
  virtual Result<void> joined(Place& place, std::string_view person) = 0;
  /// This installation, by its PeerId, listens at these multiaddrs: told to the neighbours, whose browsers know no
  /// other way to learn of it. Called whenever that changes.
  virtual Result<void> listens(Place& place, const std::string& peer, const std::vector<std::string>& addresses) = 0;
  virtual Result<std::string> place_name(Place& place) = 0;
  virtual Result<std::map<PersonId, std::string>> names(Place& place) = 0;
  /// nullopt: no path of this app. Writes are answered once they are on the medium; the node sees to that.
  virtual std::optional<net::HttpResponse> handle(Place& place, const net::HttpRequest& request) = 0;
};

}  // namespace kith::node
