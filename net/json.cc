// SPDX-License-Identifier: Apache-2.0
#include "net/json.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace kith::net {

namespace bj = boost::json;

struct JsonReader {
  static Json read(const bj::value& from) {
    Json out;
    switch (from.kind()) {
      case bj::kind::null: break;
      case bj::kind::bool_: out.value_ = from.get_bool(); break;
      case bj::kind::int64: out.value_ = from.get_int64(); break;
      // Beyond 2^63 there is nothing that we number.
      case bj::kind::uint64: out.value_ = static_cast<double>(from.get_uint64()); break;
      case bj::kind::double_: out.value_ = from.get_double(); break;
      case bj::kind::string: out.value_ = std::string(from.get_string()); break;
      case bj::kind::array: {
        Json::Array items;
        for (const auto& item : from.get_array()) items.push_back(read(item));
        out.value_ = std::move(items);
        break;
      }
      case bj::kind::object: {
        Json::Object members;
        for (const auto& member : from.get_object())
          members.emplace_back(std::string(member.key()), read(member.value()));
        out.value_ = std::move(members);
        break;
      }
    }
    return out;
  }
};

Result<Json> Json::parse(std::string_view text) {
  bj::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code error;
  const bj::value value = bj::parse(bj::string_view(text.data(), text.size()), error, {}, options);
  if (error)
    return Error(ErrorCode::kMalformed, "This is not valid JSON: " + error.message() + ".",
                 "Send a JSON object in UTF-8.");
  return JsonReader::read(value);
}

std::string Json::dump() const {
  std::string out;
  write(out);
  return out;
}

void Json::write(std::string& out) const {
  if (is_null()) {
    out += "null";
  } else if (const auto* flag = std::get_if<bool>(&value_)) {
    out += *flag ? "true" : "false";
  } else if (const auto* number = std::get_if<std::int64_t>(&value_)) {
    out += std::to_string(*number);
  } else if (const auto* real = std::get_if<double>(&value_)) {
    out += bj::serialize(bj::value(*real));
  } else if (const auto* text = std::get_if<std::string>(&value_)) {
    out += bj::serialize(bj::string_view(text->data(), text->size()));
  } else if (const auto* items = std::get_if<Array>(&value_)) {
    out += '[';
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (i > 0) out += ',';
      (*items)[i].write(out);
    }
    out += ']';
  } else if (const auto* members = std::get_if<Object>(&value_)) {
    out += '{';
    for (std::size_t i = 0; i < members->size(); ++i) {
      if (i > 0) out += ',';
      out += bj::serialize(bj::string_view((*members)[i].first));
      out += ':';
      (*members)[i].second.write(out);
    }
    out += '}';
  }
}

void Json::set(std::string name, Json value) {
  if (!is_object()) value_ = Object();
  std::get<Object>(value_).emplace_back(std::move(name), std::move(value));
}

const Json& Json::at(std::string_view name) const {
  static const Json kNull;
  if (const auto* members = std::get_if<Object>(&value_)) {
    for (const Member& member : *members) {
      if (member.first == name) return member.second;
    }
  }
  return kNull;
}

const Json::Array& Json::items() const {
  static const Array kNone;
  const auto* items = std::get_if<Array>(&value_);
  return items == nullptr ? kNone : *items;
}

}  // namespace kith::net
