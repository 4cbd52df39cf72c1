// SPDX-License-Identifier: Apache-2.0
// /install: how each system is told to trust the certificates of this neighbourhood, in words and drawn pictures, in
// English or German, without scripts.
#pragma once

#include <string>

#include "net/http.h"

namespace kith::node {

net::HttpResponse install_page(const net::HttpRequest& request, const std::string& fingerprint);
net::HttpResponse install_style();

}  // namespace kith::node
