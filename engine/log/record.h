// SPDX-License-Identifier: Apache-2.0
// Records (formats 5): entries on the wire and in bundles, without what the receiver can compute. Both ends keep the
// previous record of each log; a stream of records is written by one RecordEncoder and read by one RecordDecoder, in
// order.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "kith/bytes.h"
#include "log/entry.h"

namespace kith::log {

inline constexpr std::size_t kWindowRecordsMax = 65'536;
inline constexpr std::size_t kWindowBytesMax = 16 << 20;
inline constexpr std::size_t kLogsMax = 65'536;  // of one stream

/// One entry as it travels: header fields known to the sender, payload as stored, perhaps a signature.
struct Record {
  Header header;                    // device, space, prev, payload hash filled in on both sides
  EntryId id;                       // computed on decoding
  ByteView payload;                 // as stored; ends behind S when values_hash is set; empty when withheld
  std::optional<Hash> values_hash;  // V was erased (flag 64, 1)
  bool withheld = false;            // flag 64, 2: the header's payload hash instead of all
  std::optional<Signature> signature;
  std::optional<Hash> computed_values_hash{};  // of the V that is here, where decoding has needed it
};

class RecordEncoder {
 public:
  explicit RecordEncoder(const SpaceId& space) : space_(space) {}
  void encode(const Record& record, Bytes& out);
  /// False: kLogsMax logs are in this stream already and this is none of them; a new stream is needed.
  bool has_room_for(const DeviceId& device) const { return logs_.size() < kLogsMax || logs_.contains(device); }
  /// An upper bound of what `encode` will append.
  static std::size_t bytes_max(const Record& record);

 private:
  struct Last {
    std::uint32_t index;
    Seq seq;
    Stamp time;
    EntryId id;
    std::uint8_t kind;
    std::uint8_t share;
    EpochTag tag;
  };
  SpaceId space_;
  std::unordered_map<DeviceId, Last, FixedBytesHash> logs_;
  std::optional<std::uint32_t> current_;
};

class RecordDecoder {
 public:
  explicit RecordDecoder(const SpaceId& space) : space_(space) {}
  /// The next record of `in`; its payload lives until the next call. kMalformed: the stream is broken for good.
  Result<Record> decode(ByteReader& in);

 private:
  struct Last {
    DeviceId device;
    Seq seq;
    Stamp time;
    EntryId id;
    std::uint8_t kind = 0;
    std::uint8_t share = 0;
    EpochTag tag;
  };
  Result<void> decode_head(ByteReader& in, std::uint8_t flags, bool is_new, Header& header);
  Result<void> decode_time(ByteReader& in, std::uint8_t flags, Header& header);
  Result<void> decode_payload(ByteReader& in, std::uint8_t flags, Record& record);
  SpaceId space_;
  std::vector<Last> logs_;
  std::optional<std::uint32_t> current_;
  Bytes payload_;
};

}  // namespace kith::log
