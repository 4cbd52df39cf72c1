// SPDX-License-Identifier: Apache-2.0
#include "town/text.h"

namespace kith::town {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

Result<std::string> clean_text(const TextRule& rule, std::string_view text) {
  const std::string what(rule.what);
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos)
    return Error(ErrorCode::kUsage, what + " cannot be empty.", "Write a few words.");
  text = text.substr(first, text.find_last_not_of(kBlank) - first + 1);
  if (text.size() > rule.bytes_max) {
    return Error(
        ErrorCode::kTooLarge,
        what + " can have " + std::to_string(rule.bytes_max) + " bytes; this has " + std::to_string(text.size()) + ".",
        "Make it shorter.");
  }
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '\r') continue;
    const bool is_allowed = !is_control(c) || (rule.has_lines && (c == '\n' || c == '\t'));
    if (!is_allowed) {
      return Error(ErrorCode::kUsage, what + " cannot contain control characters.",
                   rule.has_lines ? "Remove them and try again." : "Write it on one line.");
    }
    out.push_back(c);
  }
  return out;
}

}  // namespace kith::town
