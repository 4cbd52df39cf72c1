// SPDX-License-Identifier: Apache-2.0
// Answers for people: plain lines on standard output.
#pragma once

#include <string>

#include "net/json.h"

namespace kith::cli {

void show_post(const net::Json& post, const std::string& indent);
void show_feed(const net::Json& page);
void show_thread(const net::Json& thread);
void show_members(const net::Json& members);
void show_status(const net::Json& status);
void show_log(const net::Json& page);
void show_peers(const net::Json& peers);
void show_notes(const net::Json& page);

/// `items` of a list one a line, as JSON.
void print_lines(const net::Json& items);
/// Local time, "2026-11-21 10:12".
std::string local_time(std::uint64_t ms);

}  // namespace kith::cli
