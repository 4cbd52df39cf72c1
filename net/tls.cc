// SPDX-License-Identifier: Apache-2.0
#include "net/tls.h"

#include <openssl/ssl.h>

#include "net/tls_stream.h"

namespace kith::net {

using boost::system::error_code;

struct TlsIdentity::Impl {
  Impl() { SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION); }
  asio::ssl::context context{asio::ssl::context::tls_server};
};

TlsIdentity::TlsIdentity(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

TlsIdentity::~TlsIdentity() = default;

Result<std::shared_ptr<TlsIdentity>> TlsIdentity::load(const std::string& certificate_file,
                                                       const std::string& key_file) {
  auto impl = std::make_unique<Impl>();
  error_code error;
  impl->context.use_certificate_chain_file(certificate_file, error);
  if (error) {
    return Error(ErrorCode::kNotFound,
                 "The certificate " + certificate_file + " could not be read: " + error.message() + ".",
                 "Give a PEM file with --tls-cert: your certificate first, then those that vouch for it.");
  }
  impl->context.use_private_key_file(key_file, asio::ssl::context::pem, error);
  if (error) {
    return Error(ErrorCode::kBadKey, "The key " + key_file + " could not be used: " + error.message() + ".",
                 "Give the PEM file of the key that belongs to the certificate with --tls-key.");
  }
  return std::shared_ptr<TlsIdentity>(new TlsIdentity(std::move(impl)));
}

Result<std::shared_ptr<TlsIdentity>> TlsIdentity::of(const std::string& certificates, const std::string& key) {
  auto impl = std::make_unique<Impl>();
  error_code error;
  impl->context.use_certificate_chain(asio::buffer(certificates), error);
  if (!error) impl->context.use_private_key(asio::buffer(key), asio::ssl::context::pem, error);
  if (error) {
    return Error(ErrorCode::kBadKey, "A certificate of our own could not be used: " + error.message() + ".",
                 "Check that OpenSSL on this machine is sound.");
  }
  return std::shared_ptr<TlsIdentity>(new TlsIdentity(std::move(impl)));
}

std::unique_ptr<TlsStream> make_tls_stream(Loop& loop, Socket socket, TlsIdentity& identity) {
  return std::make_unique<TlsStream>(adopt_socket(loop, std::move(socket)), identity.impl().context);
}

}  // namespace kith::net
