// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "rapidcheck.h"

#define RC_GTEST_BODY(Suite, Name) kith_property_##Suite##_##Name
#define RC_GTEST_PROP(Suite, Name, Arguments)                            \
  static void RC_GTEST_BODY(Suite, Name) Arguments;                      \
  TEST(Suite, Name) {                                                    \
    EXPECT_TRUE(::rc::check(std::function(RC_GTEST_BODY(Suite, Name)))); \
  }                                                                      \
  static void RC_GTEST_BODY(Suite, Name) Arguments
#define RC_GTEST_FIXTURE_PROP(Fixture, Name, Arguments) \
  struct RC_GTEST_BODY(Fixture, Name) : Fixture {       \
    void TestBody() override {}                         \
    void SetUp() override {                             \
      Fixture::SetUp();                                 \
    }                                                   \
    void run Arguments;                                 \
  };                                                    \
  TEST(Fixture##Property, Name) {                       \
    for (int i = 0; i < ::rc::kCases; ++i) {            \
      RC_GTEST_BODY(Fixture, Name) one;                 \
      one.SetUp();                                      \
      one.run();                                        \
    }                                                   \
  }                                                     \
  void RC_GTEST_BODY(Fixture, Name)::run Arguments
