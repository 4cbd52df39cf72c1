// SPDX-License-Identifier: Apache-2.0
// Bytes as text: base64url and base32 (RFC 4648, without padding, base32 in lower case) and base58btc.
// Decoders accept only what the encoder writes (base32 also upper case); unused bits must be zero.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kith/bytes.h"

namespace kith::codec {

std::string to_base64url(ByteView bytes);
std::optional<Bytes> from_base64url(std::string_view text);
std::string to_base32(ByteView bytes);
std::optional<Bytes> from_base32(std::string_view text);
/// Quadratic: input of the decoder is refused beyond 64 characters.
std::string to_base58(ByteView bytes);
std::optional<Bytes> from_base58(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace kith::codec
