// SPDX-License-Identifier: Apache-2.0
#include "space/rescue.h"

#include "codec/text_codes.h"
#include "crypto/hash.h"

namespace kith::space {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kCheckBytes = 3;
constexpr std::size_t kBodyBytes = 1 + Lineage::kSize;
constexpr std::size_t kCharacters = 58;

Hash check_of(ByteView body) {
  return crypto::hash("kith1 link check", {body});
}

}  // namespace

std::string rescue_code(const Lineage& lineage) {
  Bytes bytes{kVersion};
  append(bytes, lineage.view());
  const Hash check = check_of(bytes);
  append(bytes, check.view().first(kCheckBytes));
  return codec::to_base32(bytes);
}

Result<Lineage> parse_rescue_code(std::string_view text) {
  std::string code;
  for (const char c : text) {
    if (c != ' ' && c != '-' && c != '\n' && c != '\r' && c != '\t') code += c;
    if (code.size() > kCharacters) break;
  }
  const std::string remedy = "Compare it with what is printed beside your words; any neighbour can show it too.";
  if (code.size() < kCharacters) {
    return Error(
        ErrorCode::kBadInvite,
        "This rescue code is cut off: " + std::to_string(kCharacters - code.size()) + " characters are missing.",
        remedy);
  }
  const auto bytes = codec::from_base32(code);
  const bool is_whole = bytes && bytes->size() == kBodyBytes + kCheckBytes && bytes->front() == kVersion;
  const ByteView body = is_whole ? ByteView(*bytes).first(kBodyBytes) : ByteView();
  if (!is_whole || !equal(check_of(body).view().first(kCheckBytes), ByteView(*bytes).subspan(kBodyBytes))) {
    return Error(ErrorCode::kBadInvite, "This rescue code is mistyped: its check characters do not fit.", remedy);
  }
  return *Lineage::from(body.subspan(1));
}

}  // namespace kith::space
