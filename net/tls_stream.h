// SPDX-License-Identifier: Apache-2.0
// TLS on an accepted socket, for the .cc files of this room alone.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>

#include "net/asio.h"
#include "net/tls.h"
#include "net/web_socket.h"

namespace kith::net {

using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;

/// A descriptor that cannot be watched fails at the first operation on it.
asio::ip::tcp::socket adopt_socket(Loop& loop, Socket socket);
/// Before its handshake.
std::unique_ptr<TlsStream> make_tls_stream(Loop& loop, Socket socket, TlsIdentity& identity);
/// As in web_socket.h, on a stream that has shaken hands.
Cancel accept_web_socket(std::unique_ptr<TlsStream> stream, const HttpRequest& request, AcceptDone done);

}  // namespace kith::net
