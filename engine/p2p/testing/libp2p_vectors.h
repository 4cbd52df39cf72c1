// SPDX-License-Identifier: Apache-2.0
// Reads tests/vectors/libp2p.json: what js-libp2p wrote and accepted. Just enough JSON for that file.
#pragma once

#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/testing/file.h"
#include "kith/bytes.h"

namespace kith::p2p::testing {

class Json {
 public:
  const Json& operator[](const std::string& key) const {
    CHECK(members_.contains(key));
    return members_.at(key);
  }
  const Json& operator[](std::size_t i) const { return items_.at(i); }
  bool has(const std::string& key) const { return members_.contains(key); }
  const std::vector<Json>& items() const { return items_; }
  bool is_list() const { return !items_.empty(); }
  /// Strings, numbers and booleans as they stand.
  const std::string& text() const { return text_; }
  std::uint64_t number() const { return std::stoull(text_); }
  bool is_true() const { return text_ == "true"; }
  /// A string of hexadecimal digits.
  Bytes bytes() const {
    const auto out = from_hex(text_);
    CHECK(out.has_value());
    return *out;
  }
  template <typename T>
  T as() const {
    const auto out = T::from(bytes());
    CHECK(out.has_value());
    return *out;
  }

  static Json parse(const std::string& text) {
    std::size_t at = 0;
    return Parser{text, at}.value();
  }

 private:
  struct Parser {
    const std::string& in;
    std::size_t& at;
    char peek() {
      while (std::string_view(" \t\r\n").find(in.at(at)) != std::string_view::npos) ++at;
      return in[at];
    }
    bool take(char c) {
      if (peek() != c) return false;
      ++at;
      return true;
    }
    std::string string() {
      CHECK(take('"'));
      std::string out;
      for (; in.at(at) != '"'; ++at) {
        if (in[at] != '\\') {
          out.push_back(in[at]);
          continue;
        }
        const char escaped = in.at(++at);
        if (escaped == 'u') {
          out.push_back(static_cast<char>(std::stoi(in.substr(at + 1, 4), nullptr, 16)));
          at += 4;
        } else {
          out.push_back(escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped == 't' ? '\t' : escaped);
        }
      }
      ++at;
      return out;
    }
    Json value() {
      Json out;
      if (peek() == '"') {
        out.text_ = string();
      } else if (take('{')) {
        while (!take('}')) {
          std::string key = string();
          CHECK(take(':'));
          out.members_.emplace(std::move(key), value());
          take(',');
        }
      } else if (take('[')) {
        while (!take(']')) {
          out.items_.push_back(value());
          take(',');
        }
      } else {
        while (std::string_view(",]} \n\r\t").find(in.at(at)) == std::string_view::npos) out.text_.push_back(in[at++]);
      }
      return out;
    }
  };

  std::string text_;
  std::map<std::string, Json> members_;
  std::vector<Json> items_;
};

inline const Json& vectors() {
  static const Json all = Json::parse(kith::testing::content_of(std::string(KITH_VECTORS_DIR) + "/libp2p.json"));
  return all;
}

}  // namespace kith::p2p::testing
