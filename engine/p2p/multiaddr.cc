// SPDX-License-Identifier: Apache-2.0
#include "p2p/multiaddr.h"

#include <algorithm>

#include "base/check.h"
#include "codec/text_codes.h"
#include "p2p/ip_text.h"
#include "p2p/multihash.h"
#include "p2p/protobuf.h"

namespace kith::p2p {

namespace {

enum class Form : std::uint8_t { kNothing, kIp4, kIp6, kPort, kName, kPeer, kHash, kPath };

struct Entry {
  AddressPart part;
  std::string_view name;
  Form form;
};

constexpr Entry kTable[] = {
    {AddressPart::kIp4, "ip4", Form::kIp4},
    {AddressPart::kIp6, "ip6", Form::kIp6},
    {AddressPart::kIp6Zone, "ip6zone", Form::kName},
    {AddressPart::kTcp, "tcp", Form::kPort},
    {AddressPart::kUdp, "udp", Form::kPort},
    {AddressPart::kDns, "dns", Form::kName},
    {AddressPart::kDns4, "dns4", Form::kName},
    {AddressPart::kDns6, "dns6", Form::kName},
    {AddressPart::kDnsaddr, "dnsaddr", Form::kName},
    {AddressPart::kP2p, "p2p", Form::kPeer},
    {AddressPart::kCircuit, "p2p-circuit", Form::kNothing},
    {AddressPart::kTls, "tls", Form::kNothing},
    {AddressPart::kSni, "sni", Form::kName},
    {AddressPart::kWs, "ws", Form::kNothing},
    {AddressPart::kWss, "wss", Form::kNothing},
    {AddressPart::kWebrtcDirect, "webrtc-direct", Form::kNothing},
    {AddressPart::kWebrtc, "webrtc", Form::kNothing},
    {AddressPart::kCerthash, "certhash", Form::kHash},
    {AddressPart::kHttpPath, "http-path", Form::kPath},
};
constexpr std::string_view kOldPeerName = "ipfs";

const Entry* entry_of(std::uint64_t code) {
  for (const Entry& entry : kTable) {
    if (static_cast<std::uint64_t>(entry.part) == code) return &entry;
  }
  return nullptr;
}

const Entry* entry_of(std::string_view name) {
  if (name == kOldPeerName) return entry_of(static_cast<std::uint64_t>(AddressPart::kP2p));
  for (const Entry& entry : kTable) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

Error unreadable(std::string cause) {
  return Error(ErrorCode::kMalformed, std::move(cause),
               "An address looks like /ip4/192.168.1.20/tcp/4001/p2p/12D3KooW…; copy all of it.");
}

std::size_t fixed_size(Form form) {
  switch (form) {
    case Form::kIp4: return sizeof(Ip4);
    case Form::kIp6: return sizeof(Ip6);
    case Form::kPort: return 2;
    case Form::kNothing:
    case Form::kName:
    case Form::kPeer:
    case Form::kHash:
    case Form::kPath: return 0;
  }
  return 0;
}

bool has_length(Form form) {
  return form == Form::kName || form == Form::kPeer || form == Form::kHash || form == Form::kPath;
}

bool is_name(std::string_view name) {
  return !name.empty() && codec::is_utf8(name) && std::none_of(name.begin(), name.end(), [](char c) {
    return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

bool is_value(Form form, ByteView value) {
  switch (form) {
    case Form::kNothing:
    case Form::kIp4:
    case Form::kIp6:
    case Form::kPort: return true;  // the size was read as it must be
    case Form::kName: return is_name(as_text(value));
    case Form::kPeer:
    case Form::kHash: return is_multihash(value);
    case Form::kPath: return value.size() >= 2 && value[0] == '/';
  }
  return false;
}

// --- http-path: bytes with the leading slash of the path, text without it and percent-encoded as by encodeURIComponent
// ---

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.!~*'()").find(c) != std::string_view::npos;
}

std::string path_text(ByteView value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : as_text(value.subspan(1))) {
    if (is_unreserved(c)) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

std::optional<Bytes> parse_path(std::string_view text) {
  Bytes out = {'/'};
  while (!text.empty()) {
    if (text[0] != '%') {
      out.push_back(static_cast<std::uint8_t>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    const auto byte = from_hex(text.substr(1, 2));
    if (!byte || byte->size() != 1) return std::nullopt;
    out.push_back(byte->front());
    text.remove_prefix(3);
  }
  return out;
}

// --- one component ---

template <typename T>
std::optional<Bytes> as_value(const std::optional<T>& parsed) {
  if (!parsed) return std::nullopt;
  return Bytes(parsed->begin(), parsed->end());
}

std::optional<Bytes> parse_value(Form form, std::string_view text) {
  switch (form) {
    case Form::kNothing: return Bytes{};
    case Form::kIp4: return as_value(parse_ip4(text));
    case Form::kIp6: return as_value(parse_ip6(text));
    case Form::kName: return to_bytes(as_bytes(text));
    case Form::kHash: return from_multibase(text);
    case Form::kPath: return parse_path(text);
    case Form::kPort: {
      const auto port = parse_decimal(text, 65'535);
      if (!port) return std::nullopt;
      return Bytes{static_cast<std::uint8_t>(*port >> 8), static_cast<std::uint8_t>(*port)};
    }
    case Form::kPeer: {
      const auto peer = PeerId::parse(text);
      if (!peer.ok()) return std::nullopt;
      return to_bytes(peer->bytes());
    }
  }
  return std::nullopt;
}

std::string value_text(Form form, ByteView value) {
  switch (form) {
    case Form::kNothing: return {};
    case Form::kIp4: return ip4_text(value);
    case Form::kIp6: return ip6_text(value);
    case Form::kName: return std::string(as_text(value));
    case Form::kHash: return "u" + codec::to_base64url(value);
    case Form::kPath: return path_text(value);
    case Form::kPort: return std::to_string(value[0] << 8 | value[1]);
    case Form::kPeer: return codec::to_base58(value);
  }
  return {};
}

void append_component(Bytes& out, const Entry& entry, ByteView value) {
  ByteWriter(out).varint(static_cast<std::uint64_t>(entry.part));
  if (has_length(entry.form)) {
    append_length_prefixed(out, value);
  } else {
    append(out, value);
  }
}

/// The next component; null if it is none. The reader stands behind it.
const Entry* read_component(ByteReader& in, ByteView& value) {
  const Entry* entry = entry_of(read_uvarint(in));
  if (!in.ok() || entry == nullptr) return nullptr;
  value = in.bytes(has_length(entry->form) ? read_uvarint(in) : fixed_size(entry->form));
  return in.ok() && is_value(entry->form, value) ? entry : nullptr;
}

std::string_view take_until_slash(std::string_view& text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view part = text.substr(0, slash);
  text.remove_prefix(std::min(slash + 1, text.size()));
  return part;
}

bool is_lan_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.find('.') == std::string_view::npos) return true;
  for (const std::string_view suffix : {".local", ".lan", ".internal", ".home.arpa", ".localhost"}) {
    if (name.ends_with(suffix)) return true;
  }
  return false;
}

}  // namespace

Result<Multiaddr> Multiaddr::parse(std::string_view text) {
  if (text.size() > kTextMax) return unreadable("This address is too long.");
  if (!text.starts_with('/')) return unreadable("This address does not begin with a slash.");
  std::string_view rest = text.substr(1);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty()) return unreadable("This address is empty.");
  Bytes bytes;
  while (!rest.empty()) {
    const std::string_view name = take_until_slash(rest);
    const Entry* entry = entry_of(name);
    if (entry == nullptr) return unreadable("\"" + std::string(name) + "\" is no part of an address known here.");
    const std::string_view value_part = entry->form == Form::kNothing ? std::string_view() : take_until_slash(rest);
    const auto value = parse_value(entry->form, value_part);
    if (!value || !is_value(entry->form, *value)) {
      return unreadable("\"" + std::string(value_part) + "\" cannot stand behind /" + std::string(name) + ".");
    }
    append_component(bytes, *entry, *value);
  }
  if (bytes.size() > kBytesMax) return unreadable("This address is too long.");
  return Multiaddr(std::move(bytes));
}

Result<Multiaddr> Multiaddr::decode(ByteView bytes) {
  if (bytes.empty() || bytes.size() > kBytesMax) return unreadable("An address is empty, or too long.");
  for (ByteReader in(bytes); !in.at_end();) {
    ByteView value;
    if (read_component(in, value) == nullptr) return unreadable("An address has a part that is not known, or is cut.");
  }
  return Multiaddr(to_bytes(bytes));
}

Multiaddr Multiaddr::of_tcp(ByteView ip, std::uint16_t port) {
  CHECK(ip.size() == sizeof(Ip4) || ip.size() == sizeof(Ip6));
  Bytes bytes;
  append_component(bytes, *entry_of(ip.size() == sizeof(Ip4) ? "ip4" : "ip6"), ip);
  append_component(bytes, *entry_of("tcp"),
                   Bytes{static_cast<std::uint8_t>(port >> 8), static_cast<std::uint8_t>(port)});
  return Multiaddr(std::move(bytes));
}

std::vector<AddressComponent> Multiaddr::components() const {
  std::vector<AddressComponent> out;
  for (ByteReader in(bytes_); !in.at_end();) {
    ByteView value;
    const Entry* entry = read_component(in, value);
    CHECK(entry != nullptr);
    out.push_back({entry->part, value});
  }
  return out;
}

std::string Multiaddr::text() const {
  std::string out;
  for (const AddressComponent& component : components()) {
    const Entry* entry = entry_of(static_cast<std::uint64_t>(component.part));
    out += '/';
    out += entry->name;
    if (entry->form != Form::kNothing) out += '/' + value_text(entry->form, component.value);
  }
  return out;
}

std::optional<PeerId> Multiaddr::peer() const {
  const auto parts = components();
  if (parts.back().part != AddressPart::kP2p) return std::nullopt;
  auto peer = PeerId::decode(parts.back().value);
  CHECK(peer.ok());
  return std::move(peer).value();
}

Multiaddr Multiaddr::without_peer() const {
  const auto parts = components();
  if (parts.size() < 2 || parts.back().part != AddressPart::kP2p) return *this;
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    append_component(bytes, *entry_of(static_cast<std::uint64_t>(parts[i].part)), parts[i].value);
  }
  return Multiaddr(std::move(bytes));
}

Multiaddr Multiaddr::with_peer(const PeerId& peer) const {
  Bytes bytes = without_peer().bytes_;
  append_component(bytes, *entry_of("p2p"), peer.bytes());
  return Multiaddr(std::move(bytes));
}

Multiaddr Multiaddr::with_suffix(std::initializer_list<AddressPart> suffix) const {
  Multiaddr out = without_peer();
  for (const AddressPart part : suffix) {
    const Entry* entry = entry_of(static_cast<std::uint64_t>(part));
    CHECK(entry != nullptr && entry->form == Form::kNothing);
    append_component(out.bytes_, *entry, {});
  }
  const auto to = peer();
  return to ? out.with_peer(*to) : out;
}

bool Multiaddr::is_public() const {
  const AddressComponent first = components().front();
  switch (first.part) {
    case AddressPart::kIp4: return is_public_ip4(first.value);
    case AddressPart::kIp6: return is_public_ip6(first.value);
    case AddressPart::kDns:
    case AddressPart::kDns4:
    case AddressPart::kDns6:
    case AddressPart::kDnsaddr: return !is_lan_name(as_text(first.value));
    case AddressPart::kIp6Zone:
    case AddressPart::kTcp:
    case AddressPart::kUdp:
    case AddressPart::kWebrtcDirect:
    case AddressPart::kWebrtc:
    case AddressPart::kCircuit:
    case AddressPart::kP2p:
    case AddressPart::kTls:
    case AddressPart::kSni:
    case AddressPart::kCerthash:
    case AddressPart::kWs:
    case AddressPart::kWss:
    case AddressPart::kHttpPath: return false;
  }
  return false;
}

}  // namespace kith::p2p
