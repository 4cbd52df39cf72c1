// SPDX-License-Identifier: Apache-2.0
// Answers for people: plain lines on standard output.
#pragma once

#include <string>

#include "kith/json.h"

namespace kith::cli {

void show_post(const Json& post, const std::string& indent);
void show_feed(const Json& page);
void show_thread(const Json& thread);
void show_members(const Json& members);
void show_status(const Json& status);
void show_log(const Json& page);
void show_peers(const Json& peers);
void show_notes(const Json& page);
void show_history(const Json& answer);
void show_categories(const Json& answer);
void show_hits(const Json& answer);
void show_listings(const Json& page);
void show_item(const Json& answer);
void show_place(const Json& place);
void show_devices(const Json::Array& devices);

/// `items` of a list one a line, as JSON.
void print_lines(const Json& items);
/// Local time, "2026-11-21 10:12".
std::string local_time(std::uint64_t ms);

}  // namespace kith::cli
