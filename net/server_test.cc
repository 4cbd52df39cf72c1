// SPDX-License-Identifier: Apache-2.0
// The HTTP server and the channels against a client that speaks raw bytes. The loop runs in a thread of its own; the
// client blocks on its socket, so no test waits for time: it waits for bytes or for the end of the stream.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <thread>

#include "net/channel.h"
#include "net/front_door.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/unix_socket.h"

namespace kith::net {
namespace {

/// A directory that goes with the test.
class TempDir {
 public:
  TempDir() {
    char name[] = "/tmp/kith-net-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TempDir() { std::system(("rm -r " + path_).c_str()); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

Endpoint loopback(std::uint16_t port) {
  return {Bytes{127, 0, 0, 1}, port, 0};
}

/// Answers with the method, path, query and body's length; "/later" only when released.
class Served {
 public:
  explicit Served(const HttpLimits& limits = {}) : server_(std::make_unique<HttpServer>(loop_, handler(), limits)) {
    door_ = std::make_unique<FrontDoor>(loop_, admission_, *server_, [](const Visitor&) {});
    port_ = door_->listen(loopback(0)).value().port;
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Served() {
    loop_.post([this] {
      door_.reset();
      server_.reset();
      loop_.stop();
    });
    thread_.join();
  }
  std::uint16_t port() const { return port_; }
  Loop& loop() { return loop_; }
  void on_loop(const std::function<void(HttpServer&)>& job) {
    std::promise<void> done;
    loop_.post([&] {
      job(*server_);
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  HttpHandler handler() {
    return [this](HttpRequest request, const Respond& respond) {
      HttpResponse response;
      response.content_type = "text/plain";
      response.body = request.method + " " + request.path + " " + request.query + " " +
                      std::to_string(request.body.size()) + (request.is_local ? " local" : "");
      if (request.path != "/later") return respond(response);
      loop_.post([respond, response] { respond(response); });
    };
  }
  Loop loop_;
  Admission admission_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<FrontDoor> door_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) ADD_FAILURE() << "connect";
  }
  ~Client() { ::close(fd_); }
  void send(std::string_view text) {
    ASSERT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  std::string read_until(std::string_view end) {
    while (seen_.find(end) == std::string::npos && read_some()) {
    }
    return seen_;
  }
  std::string read_all() {
    while (read_some()) {
    }
    return seen_;
  }

 private:
  bool read_some() {
    char buffer[4096];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n > 0) seen_.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }
  int fd_;
  std::string seen_;
};

TEST(HttpServer, answers_several_requests_on_one_connection) {
  Served served;
  Client client(served.port());
  client.send("GET /a%20b?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(client.read_until("0").find("GET /a b x=1 0"), std::string::npos);
  client.send("POST /later HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  EXPECT_NE(client.read_all().find("POST /later  5"), std::string::npos);
}

TEST(HttpServer, pipelined_requests_are_answered_in_order) {
  Served served;
  Client client(served.port());
  client.send("GET /later HTTP/1.1\r\nHost: l\r\n\r\nGET /second HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n");
  const std::string all = client.read_all();
  EXPECT_LT(all.find("/later"), all.find("/second"));
}

TEST(HttpServer, refuses_what_is_too_large_or_no_http) {
  Served served;
  const std::pair<std::string, std::string> cases[] = {
      {"GET / HTTP/1.1\r\nHost: l\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "HTTP/1.1 431"},
      {"POST / HTTP/1.1\r\nHost: l\r\nContent-Length: 2000000\r\n\r\n", "HTTP/1.1 413"},
      {"rubbish\r\n\r\n", "HTTP/1.1 400"},
      {"GET /%zz HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n", "HTTP/1.1 400"},
      {"GET http://elsewhere/ HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n", "HTTP/1.1 400"},
  };
  for (const auto& [request, expected] : cases) {
    Client client(served.port());
    client.send(request);
    const std::string answer = client.read_all();
    EXPECT_EQ(answer.substr(0, expected.size()), expected) << request.substr(0, 40);
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
  }
}

TEST(HttpServer, cuts_off_who_drips_bytes_or_says_nothing) {
  Served served({.idle_ms_max = 30, .request_ms_max = 30});
  Client quiet(served.port());
  quiet.send("GET /in HTTP/1.1\r\nHost: l\r\n\r\n");
  quiet.read_until("/in");
  quiet.read_all();
  Client dripping(served.port());
  dripping.send("GET / HT");
  EXPECT_EQ(dripping.read_all(), "");
}

TEST(HttpServer, connections_are_bounded) {
  Served served({.connections_max = 2});
  Client first(served.port()), second(served.port());
  for (Client* client : {&first, &second}) {
    client->send("GET /in HTTP/1.1\r\nHost: l\r\n\r\n");
    client->read_until("/in");
  }
  Client third(served.port());
  third.send("G");  // who says nothing is nobody yet
  EXPECT_EQ(third.read_all().substr(0, 12), "HTTP/1.1 503");
}

TEST(HttpServer, a_port_in_use_is_said) {
  Served served;
  served.on_loop([&](HttpServer&) {
    const auto taken = TcpListener::open(served.loop(), loopback(served.port()), [](const Socket&, const Endpoint&) {});
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().code(), ErrorCode::kPortInUse);
    EXPECT_NE(taken.error().message().find("--port"), std::string::npos);
  });
}

TEST(HttpServer, the_local_socket_is_private_and_replaces_a_dead_one) {
  TempDir dir;
  const std::string path = dir.file("ctl");
  ASSERT_TRUE(
      listen_unix(path).ok());  // its descriptor is never accepted from: like a process that was killed, once closed
  Served served;
  served.on_loop([&](HttpServer& server) { EXPECT_EQ(server.listen_local(path).error().code(), ErrorCode::kExists); });
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(HttpServer, a_call_over_the_local_socket_is_marked_local) {
  TempDir dir;
  const std::string path = dir.file("ctl");
  const auto dead = listen_unix(path);
  ASSERT_TRUE(dead.ok());
  ::close(*dead);
  Served served;
  served.on_loop([&](HttpServer& server) { EXPECT_TRUE(server.listen_local(path).ok()); });
  HttpRequest request;
  request.method = "PATCH";
  request.path = "/api";
  request.query = "q=1";
  request.body = std::string(100'000, 'x');
  const auto answer = http_call(path, request, 10'000);
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(answer->body, "PATCH /api q=1 100000 local");
  EXPECT_EQ(http_call(dir.file("nobody"), request, 10'000).error().code(), ErrorCode::kUnreachable);
}

TEST(UnixSocket, a_path_that_is_too_long_or_no_socket_is_said) {
  TempDir dir;
  EXPECT_EQ(listen_unix(dir.file(std::string(200, 'x'))).error().code(), ErrorCode::kUsage);
  std::system(("echo letters > " + dir.file("file")).c_str());
  EXPECT_EQ(listen_unix(dir.file("file")).error().code(), ErrorCode::kExists);
}

/// Collects what a channel says until it closes.
struct Heard {
  std::string bytes;
  std::string reason;
  bool is_closed = false;
};

TEST(Channel, carries_megabytes_both_ways_and_ends_in_order) {
  Loop loop;
  TempDir dir;
  const std::string path = dir.file("sock");
  const std::string text(5 << 20, 'k');
  Heard near_end, far_end;
  std::unique_ptr<Channel> accepted;
  auto listener = UnixListener::open(loop, path, [&](std::unique_ptr<Channel> channel) {
    accepted = std::move(channel);
    accepted->start({[&](ByteView bytes) {
                       far_end.bytes += as_text(bytes);
                       if (far_end.bytes.size() != text.size()) return;
                       accepted->write(to_bytes(as_bytes(text)));
                       accepted->close();
                     },
                     {},
                     [&](const std::string&) { far_end.is_closed = true; }});
  });
  ASSERT_TRUE(listener.ok());
  auto dialed = dial_unix(loop, path);
  ASSERT_TRUE(dialed.ok());
  (*dialed)->start({[&](ByteView bytes) { near_end.bytes += as_text(bytes); },
                    {},
                    [&](const std::string& reason) {
                      near_end.reason = reason;
                      loop.stop();
                    }});
  (*dialed)->write(to_bytes(as_bytes(text)));
  loop.run();
  EXPECT_EQ(far_end.bytes.size(), text.size());
  EXPECT_EQ(near_end.bytes, text);
  EXPECT_EQ(near_end.reason, "");
}

TEST(Channel, a_child_speaks_over_its_pipes) {
  Loop loop;
  auto child = Child::start(loop, "read line; echo \"heard $line\"");
  ASSERT_TRUE(child.ok());
  auto channel = (*child)->take_channel();
  Heard heard;
  channel->start(
      {[&](ByteView bytes) { heard.bytes += as_text(bytes); }, {}, [&](const std::string&) { loop.stop(); }});
  channel->write(to_bytes(as_bytes("a cat\n")));
  loop.run();
  EXPECT_EQ(heard.bytes, "heard a cat\n");
}

TEST(Channel, a_relay_copies_until_one_side_ends) {
  Loop loop;
  auto one = Child::start(loop, "echo from one; cat >/dev/null");
  auto two = Child::start(loop, "read line; test \"$line\" = 'from one'");
  ASSERT_TRUE(one.ok() && two.ok());
  bool done = false;
  connect_channels((*one)->take_channel(), (*two)->take_channel(), [&] {
    done = true;
    loop.stop();
  });
  loop.run();
  EXPECT_TRUE(done);
}

TEST(Loop, the_end_of_a_batch_is_announced_after_its_jobs) {
  Loop loop;
  std::string order;
  loop.set_after_batch([&] {
    order += '|';
    loop.stop();
  });
  loop.post([&] { order += 'a'; });
  loop.post([&] { order += 'b'; });
  loop.run();
  EXPECT_EQ(order, "ab|");
}

}  // namespace
}  // namespace kith::net
