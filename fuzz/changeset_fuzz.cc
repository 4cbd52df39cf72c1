// SPDX-License-Identifier: Apache-2.0
// Shapes (first byte even) and values (odd): what is accepted has this one encoding.
#include "store/changeset.h"

#include "fuzz/fuzz.h"

namespace kith::fuzz {

namespace {

void read_shape(ByteView shape) {
  auto reader = store::ShapeReader::open(shape);
  if (!reader.ok()) return;
  const store::ShapeHead& head = reader->head();
  Bytes written;
  store::ShapeWriter writer(written, head.event, head.event_name, head.transaction);
  for (store::Op op;;) {
    const auto more = reader->next(op);
    if (!more.ok()) return;
    if (!*more) break;
    CHECK(head.transaction == Stamp{} || op.stamp != Stamp{});
    writer.op(op.kind, op.table, op.key, op.columns,
              static_cast<std::int64_t>(op.stamp.value - head.transaction.value));
  }
  CHECK(equal(written, shape));
}

void read_values(ByteView values) {
  ByteReader in(values);
  while (in.left() > 0) {
    const ByteView before = in.rest();
    const auto value = store::take_value(in);
    if (!value) return;
    const ByteView taken = before.first(before.size() - in.left());
    Bytes again;
    store::put_value(again, *value);
    CHECK(equal(again, taken));
    again.clear();
    store::put_value(again, value->to_value());
    CHECK(equal(again, taken));
    ByteReader known(taken);
    CHECK(store::take_known_value(known).to_value() == value->to_value() ||
          value->type == store::ValueView::Type::kReal);
    CHECK(known.at_end());
  }
}

}  // namespace

void run(ByteView input) {
  if (input.empty()) return;
  if (input[0] % 2 == 0) {
    read_shape(input.subspan(1));
  } else {
    read_values(input.subspan(1));
  }
}

}  // namespace kith::fuzz
