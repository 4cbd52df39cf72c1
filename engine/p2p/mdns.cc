// SPDX-License-Identifier: Apache-2.0
#include "p2p/mdns.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace kith::p2p {

namespace {

constexpr std::string_view kService = "_p2p._udp.local";
constexpr std::string_view kAttribute = "dnsaddr=";
constexpr std::uint16_t kFlagAnswer = 0x8000;
constexpr std::uint16_t kFlagsOfAnswer = 0x8400;
constexpr std::uint16_t kOpcodeAndError = 0x780f;
constexpr std::uint16_t kPtr = 12;
constexpr std::uint16_t kTxt = 16;
constexpr std::uint16_t kAny = 255;
constexpr std::uint16_t kInternet = 1;
constexpr std::uint16_t kClassMask = 0x7fff;  // the bit above: unicast wished, or the cache to be flushed
constexpr std::uint32_t kTtlSeconds = 120;
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kLabelBytesMax = 63;
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kStringBytesMax = 255;
constexpr std::size_t kNameLength = 32;

// --- writing ---

void put_name(ByteWriter& out, std::string_view name) {
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    CHECK(!label.empty() && label.size() <= kLabelBytesMax);
    out.u8(static_cast<std::uint8_t>(label.size()));
    out.bytes(as_bytes(label));
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  out.u8(0);
}

void put_record(Bytes& to, std::string_view name, std::uint16_t type, ByteView data) {
  ByteWriter out(to);
  put_name(out, name);
  out.u16(type);
  out.u16(kInternet);
  out.u32(kTtlSeconds);
  out.u16(static_cast<std::uint16_t>(data.size()));
  out.bytes(data);
}

void put_header(ByteWriter& out, std::uint16_t flags, std::uint16_t questions, std::uint16_t answers,
                std::uint16_t additionals) {
  for (const std::uint16_t field : {std::uint16_t{0}, flags, questions, answers, std::uint16_t{0}, additionals})
    out.u16(field);
}

// --- reading ---

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// Walks through a packet. Compressed names point backwards only, so they end.
class Reader {
 public:
  explicit Reader(ByteView packet) : packet_(packet) {}
  bool ok() const { return ok_; }

  std::uint16_t u16() {
    const ByteView v = take(2);
    return ok_ ? static_cast<std::uint16_t>(v[0] << 8 | v[1]) : std::uint16_t{0};
  }
  ByteView take(std::size_t n) {
    if (!ok_ || n > packet_.size() - at_) {
      ok_ = false;
      return {};
    }
    at_ += n;
    return packet_.subspan(at_ - n, n);
  }
  /// In lower case, labels joined by dots.
  std::string name() {
    std::string out;
    std::size_t place = at_;
    std::size_t limit = place;  // a pointer must lead before this
    bool has_jumped = false;
    while (ok_) {
      if (place >= packet_.size()) return fail();
      const std::uint8_t length = packet_[place];
      if (length >= 0xc0) {
        if (place + 1 >= packet_.size()) return fail();
        const std::size_t to = static_cast<std::size_t>(length & 0x3f) << 8 | packet_[place + 1];
        if (to >= limit) return fail();
        if (!has_jumped) at_ = place + 2;
        has_jumped = true;
        place = limit = to;
        continue;
      }
      if (length > kLabelBytesMax || place + 1 + length > packet_.size()) return fail();
      if (length == 0) {
        if (!has_jumped) at_ = place + 1;
        return lower(std::move(out));
      }
      if (!out.empty()) out += '.';
      out += as_text(packet_.subspan(place + 1, length));
      if (out.size() > kNameBytesMax) return fail();
      place += 1 + length;
    }
    return {};
  }
  /// A name that lies inside of a record's data.
  std::string name_in(ByteView data) {
    const std::size_t after = at_;
    at_ = static_cast<std::size_t>(data.data() - packet_.data());
    std::string out = name();
    const bool is_inside = at_ <= after;
    at_ = after;
    return is_inside ? out : fail();
  }

 private:
  std::string fail() {
    ok_ = false;
    return {};
  }
  ByteView packet_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

struct Txt {
  std::string name;
  ByteView data;
};

/// What the records of a packet say, in any order.
struct Found {
  std::vector<std::string> instances;  // that the service's PTR records name
  std::vector<Txt> texts;
};

bool read_question(Reader& in, MdnsMessage& out) {
  const std::string name = in.name();
  const std::uint16_t type = in.u16();
  const std::uint16_t cls = in.u16() & kClassMask;
  if (in.ok() && name == kService && (type == kPtr || type == kAny) && cls == kInternet) out.asks = true;
  return in.ok();
}

bool read_record(Reader& in, Found& out) {
  std::string name = in.name();
  const std::uint16_t type = in.u16();
  const std::uint16_t cls = in.u16() & kClassMask;
  const std::uint32_t ttl = static_cast<std::uint32_t>(in.u16()) << 16 | in.u16();
  const std::size_t length = in.u16();
  const ByteView data = in.take(length);
  if (!in.ok()) return false;
  if (cls != kInternet || ttl == 0) return true;  // a goodbye tells nothing to dial
  if (type == kPtr && name == kService) out.instances.push_back(in.name_in(data));
  if (type == kTxt) out.texts.push_back({std::move(name), data});
  return in.ok();
}

/// False: another peer than before, or strings that are cut.
bool read_text(ByteView data, MdnsMessage& out) {
  while (!data.empty()) {
    const std::size_t length = data[0];
    if (length >= data.size()) return false;
    const std::string_view text = as_text(data.subspan(1, length));
    data = data.subspan(1 + length);
    if (!text.starts_with(kAttribute)) continue;
    auto address = Multiaddr::parse(text.substr(kAttribute.size()));
    const auto peer = address.ok() ? address->peer() : std::nullopt;
    if (!peer) continue;
    if (out.peer && *out.peer != *peer) return false;
    out.peer = peer;
    if (out.addresses.size() < kMdnsAddressesMax) out.addresses.push_back(std::move(*address));
  }
  return true;
}

}  // namespace

Bytes encode_mdns_query() {
  Bytes out;
  ByteWriter writer(out);
  put_header(writer, 0, 1, 0, 0);
  put_name(writer, kService);
  writer.u16(kPtr);
  writer.u16(kInternet);
  return out;
}

Bytes encode_mdns_answer(std::string_view peer_name, const PeerId& peer, const std::vector<Multiaddr>& addresses) {
  const std::string instance = std::string(peer_name) + "." + std::string(kService);
  Bytes target;
  ByteWriter target_writer(target);
  put_name(target_writer, instance);
  Bytes body;
  put_record(body, kService, kPtr, target);
  std::uint16_t count = 0;
  for (const Multiaddr& address : addresses) {
    const std::string text = std::string(kAttribute) + address.with_peer(peer).text();
    if (text.size() > kStringBytesMax) continue;
    Bytes data{static_cast<std::uint8_t>(text.size())};
    append(data, as_bytes(text));
    Bytes record;
    put_record(record, instance, kTxt, data);
    if (kHeaderBytes + body.size() + record.size() > kMdnsPacketBytesMax) break;
    append(body, record);
    ++count;
  }
  Bytes out;
  ByteWriter writer(out);
  put_header(writer, kFlagsOfAnswer, 0, 1, count);
  writer.bytes(body);
  return out;
}

std::string make_mdns_name(Random& random) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz012345";  // 32 of them: no letter is likelier
  std::array<std::uint8_t, kNameLength> bytes;
  random.fill(bytes);
  std::string out;
  for (const std::uint8_t byte : bytes) out += kLetters[byte % kLetters.size()];
  return out;
}

std::optional<MdnsMessage> decode_mdns(ByteView packet) {
  if (packet.size() > kMdnsReadBytesMax) return std::nullopt;
  Reader in(packet);
  in.u16();  // the id means nothing in mDNS
  const std::uint16_t flags = in.u16();
  const std::size_t questions = in.u16();
  std::size_t records = in.u16();
  for (int i = 0; i < 2; ++i) records += in.u16();
  if (!in.ok() || (flags & kOpcodeAndError) != 0 || questions + records > kMdnsRecordsMax) return std::nullopt;
  MdnsMessage out;
  for (std::size_t i = 0; i < questions; ++i) {
    if (!read_question(in, out)) return std::nullopt;
  }
  if ((flags & kFlagAnswer) == 0) return out;  // what a question knows already is no news
  out.asks = false;
  Found found;
  for (std::size_t i = 0; i < records; ++i) {
    if (!read_record(in, found)) return std::nullopt;
  }
  for (const Txt& text : found.texts) {
    const bool is_named = std::find(found.instances.begin(), found.instances.end(), text.name) != found.instances.end();
    if (is_named && !read_text(text.data, out)) return std::nullopt;
  }
  return out;
}

}  // namespace kith::p2p
