// SPDX-License-Identifier: Apache-2.0
#include "node/operations.h"

#include "kith/shape.h"
#include "node/problem.h"

namespace kith::node {
namespace {

constexpr std::string_view kCallPath = "/api/call/";

/// What stands in a path for {names} of the pattern; nullopt if it is another path.
std::optional<net::Headers> match(std::string_view pattern, std::string_view path) {
  net::Headers out;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = pattern.substr(0, pattern.find('/', 1));
    const std::string_view found = path.substr(0, path.find('/', 1));
    pattern.remove_prefix(wanted.size());
    path.remove_prefix(found.size());
    if (wanted.starts_with("/{") && found.size() > 1) {
      out.emplace_back(wanted.substr(2, wanted.size() - 3), found.substr(1));
    } else if (wanted != found) {
      return std::nullopt;
    }
  }
  return pattern.empty() && path.empty() ? std::optional(std::move(out)) : std::nullopt;
}

/// The JSON body; an empty one is an empty object.
Result<Json> body_of(const net::HttpRequest& request) {
  if (request.body.empty()) return Json::object({});
  Json body = KITH_TRY(Json::parse(request.body));
  if (body.is_object()) return body;
  return Error(ErrorCode::kUsage, "The body must be a JSON object.", "See docs/rest.md.");
}

Result<Json> arguments_of(const OperationTable& table, const Operation& operation, const net::HttpRequest& request,
                          net::Headers members) {
  for (auto& field : net::parse_fields(request.query)) members.push_back(std::move(field));
  Json out = KITH_TRY(read_members(members, operation.arguments, table.types));
  const Json body = KITH_TRY(body_of(request));
  for (const auto& [name, value] : body.members()) {
    if (out.at(name).is_null()) out.set(name, value);  // what the path says stands
  }
  return out;
}

net::HttpResponse run(const OperationTable& table, const Operation& operation, kith::Place& place,
                      const Result<Json>& arguments) {
  if (!arguments.ok()) return problem(arguments.error());
  const auto result = call(table, operation, place, *arguments);
  if (!result.ok()) return problem(result.error());
  const auto id = result->at("id").text();
  const bool is_new = operation.method == "POST" && id && arguments->at("id").is_null();
  net::HttpResponse out = json_response(is_new ? 201 : 200, *result);
  if (is_new && operation.path.find('{') == std::string_view::npos)
    out.headers.emplace_back("Location", std::string(operation.path) + "/" + net::percent_encode(*id));
  return out;
}

net::HttpResponse run_named(const OperationTable& table, const Operation& operation, kith::Place& place,
                            const net::HttpRequest& request) {
  if (request.method == "POST") return run(table, operation, place, body_of(request));
  return problem({ErrorCode::kUsage, "A call is a POST.", "See docs/rest.md."});
}

net::HttpResponse no_method(const net::HttpRequest& request, const std::string& possible) {
  return problem(
      {ErrorCode::kUsage, request.method + " is not possible at " + request.path + ".", "Use " + possible + "."});
}

}  // namespace

std::optional<net::HttpResponse> answer_operation(const OperationTable& table, kith::Place& place,
                                                  const net::HttpRequest& request) {
  if (request.path.starts_with(kCallPath)) {
    const Operation* operation = table.find(std::string_view(request.path).substr(kCallPath.size()));
    return operation == nullptr ? std::nullopt : std::optional(run_named(table, *operation, place, request));
  }
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  std::string possible;
  for (const Operation& operation : table.operations) {
    auto members = match(operation.path, request.path);
    if (!members) continue;
    if (operation.method == method) {
      return run(table, operation, place, arguments_of(table, operation, request, std::move(*members)));
    }
    possible += (possible.empty() ? "" : ", ") + std::string(operation.method);
  }
  if (possible.empty()) return std::nullopt;
  return no_method(request, possible);
}

}  // namespace kith::node
