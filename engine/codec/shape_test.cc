// SPDX-License-Identifier: Apache-2.0
#include "kith/shape.h"

#include <gtest/gtest.h>

#include "kith/typescript.h"

namespace kith {
namespace {

constexpr NamedType kNames[] = {{"Id", "string"},
                                {"Kind", "'sell' | 'give'"},
                                {"Tree", "{id: Id; children: Tree[]}"},
                                {"Loop", "Loop"},
                                {"Level", "1 | 2 | 3"}};

/// Empty: it fits.
std::string complaint(const char* json, const char* type) {
  const auto checked = check_shape(Json::parse(json).value(), type, kNames, "The call");
  return checked.ok() ? "" : checked.error().cause();
}

TEST(Shape, what_fits_is_taken) {
  const char* const fits[][2] = {{"\"x\"", "string"},
                                 {"1.5", "number"},
                                 {"1", "number"},
                                 {"null", "string | null"},
                                 {"[]", "Id[]"},
                                 {"[[1], []]", "number[][]"},
                                 {"[\"a\", null]", "(string | null)[]"},
                                 {"{}", "{}"},
                                 {"{}", "{a?: string}"},
                                 {"{\"a\": \"sell\", \"b\": true}", "{a: Kind, b: boolean}"},
                                 {"{\"id\": \"1\", \"children\": [{\"id\": \"2\", \"children\": []}]}", "Tree"},
                                 {"{\"anything\": [1]}", "unknown"},
                                 {"2", "Level"}};
  for (const auto& [json, type] : fits) EXPECT_EQ(complaint(json, type), "") << json << " as " << type;
}

TEST(Shape, what_does_not_fit_is_named) {
  EXPECT_EQ(complaint("1", "string"), "The call must be string.");
  EXPECT_EQ(complaint("{\"a\": 1}", "{a: string}"), "\"a\" must be string.");
  EXPECT_EQ(complaint("{}", "{a: string}"), "\"a\" is missing.");
  EXPECT_EQ(complaint("{\"b\": 1}", "{a?: string}"), "\"b\" is not known here.");
  EXPECT_EQ(complaint("{\"a\": null}", "{a?: string}"), "\"a\" must be string.");
  EXPECT_EQ(complaint("{\"a\": \"lend\"}", "{a: Kind}"), "\"a\" must be 'sell' | 'give'.");
  EXPECT_EQ(complaint("{\"a\": [\"x\", 2]}", "{a: string[]}"), "\"a.1\" must be string.");
  EXPECT_EQ(complaint("{\"id\": \"1\", \"children\": [{\"id\": 2, \"children\": []}]}", "Tree | null"),
            "\"children.0.id\" must be string.");
  EXPECT_EQ(complaint("4", "Level"), "The call must be 1 | 2 | 3.");
  EXPECT_EQ(complaint("[]", "{}"), "The call must be {}.");
}

TEST(Shape, members_from_a_url_become_what_the_type_says) {
  const std::pair<std::string, std::string> members[] = {{"limit", "20"}, {"tag", "1"}, {"on", "true"}, {"tags", "a"},
                                                         {"tags", "b"},   {"at", "7"},  {"deep", "x"}};
  const auto read =
      read_members(members, "{limit: number; tag: Id; on: boolean; tags: string[]; at?: Level; deep?: number}", kNames);
  ASSERT_TRUE(read.ok()) << read.error().message();
  // What is no number stays a text, so that the check names it.
  EXPECT_EQ(read->dump(), R"({"limit":20,"tag":"1","on":true,"at":"7","deep":"x","tags":["a","b"]})");
  EXPECT_EQ(read_members(members, "{limit: number}", kNames).error().code(), ErrorCode::kUsage);
}

TEST(Typescript, prints_types_once_and_refuses_two_meanings_of_one_name) {
  const auto run = [](Place&, const Json&) -> Result<Json> { return Json(); };
  const OperationTable town{{{"Id", "string"}}, {{"a.b", false, Needs::kNothing, "GET", "/a", "{}", "{id: Id}", run}}};
  const OperationTable same{{{"Id", "string"}}, {}};
  const OperationTable other{{{"Id", "number"}}, {}};
  const OperationTable* const fine[] = {&town, &same};
  EXPECT_EQ(*typescript(fine),
            "// Printed from the tables of operations by kith_types; do not edit.\nexport type Id = string;\n"
            "export interface Operations {\n  'a.b': {args: Record<string, never>; result: {id: Id}};\n}\n");
  const OperationTable* const bad[] = {&town, &other};
  EXPECT_EQ(typescript(bad).error().code(), ErrorCode::kUsage);
}

TEST(Shape, an_expression_of_ours_that_is_wrong_is_our_fault) {
  for (const char* type : {"", "{a string}", "Nobody", "'open", "string |", "Loop", "{a: string", "(string"}) {
    const auto checked = check_shape(Json("x"), type, kNames, "The call");
    ASSERT_FALSE(checked.ok()) << type;
    EXPECT_EQ(checked.error().code(), ErrorCode::kInternal) << type;
  }
}

}  // namespace
}  // namespace kith
