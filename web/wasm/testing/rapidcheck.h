// SPDX-License-Identifier: Apache-2.0
// What our properties use of rapidcheck, for the tests as WebAssembly: the library itself wants exceptions, and clang's
// target has none. The same generators from a fixed seed, a hundred cases, no shrinking; a case that fails ends the
// program and says where.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace rc {

inline constexpr int kNominalSize = 100;
inline constexpr int kCases = 100;

namespace detail {

inline std::mt19937_64& engine() {
  static std::mt19937_64 made(1);
  return made;
}
inline int& size() {
  static int now = 0;
  return now;
}
inline std::uint64_t below(std::uint64_t bound) {
  return bound == 0 ? 0 : engine()() % bound;
}

}  // namespace detail

template <typename T>
class Gen {
 public:
  explicit Gen(std::function<T()> make) : make_(std::move(make)) {}
  T operator*() const { return make_(); }

 private:
  std::function<T()> make_;
};

template <typename T>
struct Arbitrary;

namespace gen {

template <typename T>
Gen<T> arbitrary() {
  return Arbitrary<T>::make();
}
template <typename T>
Gen<T> inRange(T min, T end) {
  return Gen<T>([=] {
    return static_cast<T>(
        min + static_cast<T>(detail::below(static_cast<std::uint64_t>(end) - static_cast<std::uint64_t>(min))));
  });
}
template <typename T, typename... Others>
Gen<T> element(Others... others) {
  return Gen<T>([all = std::vector<T>{static_cast<T>(others)...}] { return all[detail::below(all.size())]; });
}
template <typename Container, typename T>
Gen<Container> container(Gen<T> of) {
  return Gen<Container>([of] {
    Container out{};
    if constexpr (requires { std::tuple_size<Container>::value; }) {
      for (auto& one : out) one = *of;
      return out;
    } else {
      for (auto left = detail::below(static_cast<std::uint64_t>(detail::size()) + 1); left > 0; --left)
        out.push_back(*of);
      return out;
    }
  });
}
template <typename T>
Gen<T> resize(int size, Gen<T> of) {
  return Gen<T>([=] {
    const int before = std::exchange(detail::size(), size);
    T out = *of;
    detail::size() = before;
    return out;
  });
}
template <typename T, typename Predicate>
Gen<T> suchThat(Predicate holds) {
  return Gen<T>([=] {
    for (;;) {
      T out = *arbitrary<T>();
      if (holds(out)) return out;
    }
  });
}

}  // namespace gen

template <typename T>
struct Arbitrary {
  static Gen<T> make() {
    static_assert(std::is_arithmetic_v<T>, "there is no generator for this type");
    return Gen<T>([] {
      if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(static_cast<std::int64_t>(detail::engine()()) / 1000.0);
      } else {
        // Small numbers find more than large ones.
        const auto any = detail::engine()();
        return static_cast<T>(any % 3 == 0 ? detail::below(16) : detail::engine()());
      }
    });
  }
};
template <typename T>
struct Arbitrary<std::vector<T>> {
  static Gen<std::vector<T>> make() { return gen::container<std::vector<T>>(gen::arbitrary<T>()); }
};
template <>
struct Arbitrary<std::string> {
  static Gen<std::string> make() { return gen::container<std::string>(gen::arbitrary<char>()); }
};

namespace detail {

template <typename Property>
struct Arguments : Arguments<decltype(&Property::operator())> {};
template <typename Class, typename Out, typename... In>
struct Arguments<Out (Class::*)(In...) const> {
  template <typename Property>
  static void run(const Property& property) {
    property(*gen::arbitrary<std::remove_cvref_t<In>>()...);
  }
};
template <typename Class, typename Out, typename... In>
struct Arguments<Out (Class::*)(In...)> : Arguments<Out (Class::*)(In...) const> {};

[[noreturn]] inline void fail(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: the property does not hold: %s\n", file, line, condition);
  std::abort();
}

}  // namespace detail

template <typename Property>
bool check(Property property) {
  for (int i = 0; i < kCases; ++i) {
    detail::size() = i * kNominalSize / kCases;
    detail::Arguments<Property>::run(property);
  }
  return true;
}
template <typename Property>
bool check(const std::string&, Property property) {
  return check(std::move(property));
}

}  // namespace rc

#define RC_ASSERT(condition) ((condition) ? void() : ::rc::detail::fail(#condition, __FILE__, __LINE__))
/// A case that does not count.
#define RC_PRE(condition) \
  if (!(condition)) return
