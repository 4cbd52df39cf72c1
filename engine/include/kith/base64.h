// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, section 4, with padding): how bytes travel in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kith/bytes.h"

namespace kith {

std::string to_base64(ByteView bytes);
/// nullopt: not of this form, or bits beyond the end are set.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace kith
