// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "net/unix_socket.h"

namespace kith::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kAnswerBytesMax = 64 << 20;

http::request<http::string_body> message_of(const HttpRequest& request) {
  http::request<http::string_body> out;
  out.method_string({request.method.data(), request.method.size()});
  out.target(request.query.empty() ? request.path : request.path + "?" + request.query);
  out.version(11);
  out.set(http::field::host, "localhost");
  for (const auto& [name, value] : request.headers) out.insert(name, value);
  out.keep_alive(false);
  out.body() = request.body;
  out.prepare_payload();
  return out;
}

}  // namespace

Result<HttpResponse> http_call(const std::string& socket_path, const HttpRequest& request, std::uint64_t ms_max) {
  const int fd = KITH_TRY(connect_unix(socket_path));
  asio::io_context context(1);
  asio::local::stream_protocol::socket socket(context, asio::local::stream_protocol(), fd);
  const auto message = message_of(request);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kAnswerBytesMax);
  error_code failure = asio::error::timed_out;
  http::async_write(socket, message, [&](const error_code& error, std::size_t) {
    failure = error;
    if (error) return;
    failure = asio::error::timed_out;
    http::async_read(socket, buffer, parser, [&](const error_code& done, std::size_t) { failure = done; });
  });
  context.run_for(std::chrono::milliseconds(ms_max));
  if (failure == asio::error::timed_out) {
    return Error(ErrorCode::kTimeout, "The node that runs on this directory does not answer.",
                 "Look at its messages, or stop and start it.");
  }
  if (failure) {
    return Error(ErrorCode::kClosed, "The node that runs on this directory broke off: " + failure.message() + ".",
                 "Start it again with `kith serve`.");
  }
  auto answer = parser.release();
  HttpResponse out;
  out.status = static_cast<int>(answer.result_int());
  for (const auto& field : answer)
    out.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  out.content_type = std::string(answer[http::field::content_type]);
  out.body = std::move(answer.body());
  return out;
}

}  // namespace kith::net
