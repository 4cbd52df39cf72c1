// SPDX-License-Identifier: Apache-2.0
// Pages: what a node answers over HTTP beside its own paths and the app's operations.
#pragma once

#include <optional>

#include "net/http.h"
#include "node/guard.h"
#include "replica/house.h"

namespace kith::node {

/// The place as the page of a node sees it.
class Place : public replica::House {
 public:
  virtual const Guard& guard() const = 0;
};

class Pages {
 public:
  virtual ~Pages() = default;
  /// nullopt: no path of these. Writes are answered once they are on the medium; the node sees to that.
  virtual std::optional<net::HttpResponse> handle(Place& place, const net::HttpRequest& request) = 0;
};

}  // namespace kith::node
