// SPDX-License-Identifier: Apache-2.0
// The certificate that a node shows to browsers (https, wss). Who a peer is is proven by Noise inside of it, never by
// this.
#pragma once

#include <memory>
#include <string>

#include "kith/result.h"

namespace kith::net {

class TlsIdentity {
 public:
  /// PEM files: a chain that begins with the own certificate, and its key. kNotFound, kBadKey.
  static Result<std::shared_ptr<TlsIdentity>> load(const std::string& certificate_file, const std::string& key_file);
  /// The same from texts.
  static Result<std::shared_ptr<TlsIdentity>> of(const std::string& certificates, const std::string& key);
  ~TlsIdentity();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  explicit TlsIdentity(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kith::net
