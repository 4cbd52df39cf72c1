// SPDX-License-Identifier: Apache-2.0
// Who may ask what over loopback. Any page that a browser on this machine shows can send requests to 127.0.0.1, and a
// name that some stranger owns can be made to point there (DNS rebinding). So: the Host must be this machine's own
// name; a write must come from our own page or from no page at all, and be JSON, which no form of another site can
// send; the forms of our page carry a token that only it can read.
// Any port will do in Host, so that a tunnel works; an Origin must then name the same one.
#pragma once

#include <string>

#include "base/environment.h"
#include "net/http.h"

namespace kith::node {

class Guard {
 public:
  static constexpr std::string_view kField = "csrf";

  /// A fresh token for this process.
  explicit Guard(Random& random);

  /// kRefused or kUsage with the reason. Requests over the control socket pass: only this user can open it.
  Result<void> check(const net::HttpRequest& request) const;
  /// The token for the forms of the page, and the cookie that goes with it.
  const std::string& token() const { return token_; }
  std::string cookie(const net::HttpRequest& request) const;

 private:
  Result<void> check_origin(const net::HttpRequest& request) const;
  Result<void> check_form(const net::HttpRequest& request) const;
  std::string token_;
};

}  // namespace kith::node
