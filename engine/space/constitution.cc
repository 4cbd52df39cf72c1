// SPDX-License-Identifier: Apache-2.0
#include "space/constitution.h"

#include "codec/cbor.h"

namespace kith::space {
namespace {

constexpr std::uint64_t kVersion = 1;

void put(codec::CborWriter& out, const Threshold& threshold) {
  out.array(2).uint(threshold.a).uint(threshold.b);
}

std::uint32_t take_u32(codec::CborReader& in, bool& fits) {
  const std::uint64_t value = in.uint();
  fits = fits && value <= UINT32_MAX;
  return static_cast<std::uint32_t>(value);
}

Threshold take_threshold(codec::CborReader& in, bool& fits) {
  Threshold threshold;
  in.array_of(2);
  threshold.a = take_u32(in, fits);
  threshold.b = take_u32(in, fits);
  fits = fits && threshold.a < threshold.b;  // nobody can be asked for more than all
  return threshold;
}

Hash take_hash(codec::CborReader& in) {
  return Hash::from(in.bytes_of(Hash::kSize)).value_or(Hash{});
}

Error off(std::string_view what) {
  return Error(ErrorCode::kMalformed, "The " + std::string(what) + " is not of its form.");
}

}  // namespace

Hash list_hash(List which, ByteView bytes) {
  const std::uint8_t number = static_cast<std::uint8_t>(which);
  return crypto::hash("kith1 list", {ByteView(&number, 1), bytes});
}

Bytes Constitution::encode() const {
  Bytes out;
  codec::CborWriter writer(out);
  writer.array(11).uint(kVersion);
  for (const Threshold& threshold : {operators, remove, amend, erase}) put(writer, threshold);
  writer.uint(opens ? 1 : 0).boolean(history).uint(vouchers).uint(objection_ms).uint(sponsors);
  if (certificate_authority) {
    writer.bytes(certificate_authority->view());
  } else {
    writer.nil();
  }
  return out;
}

Result<Constitution> Constitution::decode(ByteView bytes) {
  codec::CborReader in(bytes);
  Constitution out;
  bool fits = true;
  in.array_of(11);
  fits = in.uint() == kVersion;
  for (Threshold* threshold : {&out.operators, &out.remove, &out.amend, &out.erase}) {
    *threshold = take_threshold(in, fits);
  }
  const std::uint64_t opens = in.uint();
  fits = fits && opens <= 1;
  out.opens = opens == 1;
  out.history = in.boolean();
  out.vouchers = take_u32(in, fits);
  out.objection_ms = in.uint();
  out.sponsors = take_u32(in, fits);
  if (!in.take_nil()) out.certificate_authority = take_hash(in);
  KITH_TRY(in.finish("the constitution"));
  if (!fits) return off("constitution");
  return out;
}

Bytes SealBody::encode() const {
  Bytes out;
  codec::CborWriter writer(out);
  writer.array(14).uint(kVersion).uint(number).bytes(parent.view()).uint(seats).uint(level);
  for (const Hash& list : lists) writer.bytes(list.view());
  writer.bytes(frontier.view());
  if (horizon) {
    writer.uint(*horizon);
  } else {
    writer.nil();
  }
  return out;
}

Result<SealBody> SealBody::decode(ByteView bytes) {
  codec::CborReader in(bytes);
  SealBody out;
  in.array_of(14);
  const bool is_known = in.uint() == kVersion;
  out.number = in.uint();
  out.parent = take_hash(in);
  out.seats = in.uint();
  out.level = in.uint();
  for (Hash& list : out.lists) list = take_hash(in);
  out.frontier = take_hash(in);
  if (!in.take_nil()) out.horizon = in.uint();
  KITH_TRY(in.finish("the seal"));
  if (!is_known) return off("seal");
  return out;
}

SealLists founding_lists(const PersonId& founder, const HostKey& host, const DeviceId& signer, const SignPublic& vote,
                         std::string_view schema_text, const Constitution& constitution) {
  SealLists lists;
  auto at = [&lists](List which) -> Bytes& { return lists[static_cast<std::size_t>(which)]; };
  append(at(List::kPersons), founder.view());
  append(at(List::kOperators), founder.view());
  append(at(List::kOperators), host.view());
  append(at(List::kOperators), signer.view());
  append(at(List::kSchema), as_bytes(schema_text));
  at(List::kConstitution) = constitution.encode();
  append(at(List::kVoteKeys), vote.view());
  return lists;
}

SealBody founding_seal(const SealLists& lists) {
  SealBody body;
  for (std::size_t i = 0; i < lists.size(); ++i) body.lists[i] = list_hash(static_cast<List>(i), lists[i]);
  body.frontier = list_hash(List::kFrontier, {});
  return body;
}

bool is_founding_seal(const SealBody& body, const SealLists& lists, const PersonId& founder, const DeviceId& signer,
                      const SignPublic& vote) {
  const Bytes& operators = lists[static_cast<std::size_t>(List::kOperators)];
  const Bytes& schema = lists[static_cast<std::size_t>(List::kSchema)];
  if (operators.size() != kOperatorBytes) return false;
  const auto host = HostKey::from(ByteView(operators).subspan(32, 32));
  SealLists expected = founding_lists(founder, *host, signer, vote, as_text(schema));
  // Any constitution that decodes may be founded with; thresholds are the founder's to choose.
  Bytes& constitution = expected[static_cast<std::size_t>(List::kConstitution)];
  constitution = lists[static_cast<std::size_t>(List::kConstitution)];
  return lists == expected && body == founding_seal(lists) && Constitution::decode(constitution).ok();
}

}  // namespace kith::space
