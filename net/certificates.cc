// SPDX-License-Identifier: Apache-2.0
#include "net/certificates.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <optional>

#include "net/endpoint.h"
#include "p2p/multiaddr.h"

namespace kith::net {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

constexpr long kVersion3 = 2;
constexpr std::size_t kSerialBytes = 16;
constexpr std::size_t kNameBytesMax = 40;  // of a common name at most 64, with what stands before it
constexpr std::array<std::string_view, 4> kDomains{"local", "lan", "home.arpa", "internal"};
constexpr const char* kConstraints =
    "critical,permitted;DNS:localhost,permitted;DNS:local,permitted;DNS:lan,permitted;DNS:home.arpa,"
    "permitted;DNS:internal,permitted;IP:10.0.0.0/255.0.0.0,permitted;IP:172.16.0.0/255.240.0.0,"
    "permitted;IP:192.168.0.0/255.255.0.0,permitted;IP:169.254.0.0/255.255.0.0,permitted;IP:127.0.0.0/255.0.0.0,"
    "permitted;IP:100.64.0.0/255.192.0.0,"
    "permitted;IP:fc00:0:0:0:0:0:0:0/fe00:0:0:0:0:0:0:0,permitted;IP:fe80:0:0:0:0:0:0:0/ffc0:0:0:0:0:0:0:0,"
    "permitted;IP:0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

Error failed() {
  return {ErrorCode::kInternal, "OpenSSL could not make a certificate.",
          "Check that OpenSSL on this machine is sound."};
}

Error bad_authority() {
  return {ErrorCode::kBadKey, "The certificate authority of this house is damaged.",
          "Restore its two files from a backup; without them, remove both and install the new one on every device."};
}

Result<std::string> text_of(const Memory& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  if (size <= 0) return failed();
  return std::string(data, static_cast<std::size_t>(size));
}

Result<CertifiedKey> texts(const Certificate& certificate, const Key& key) {
  const Memory first(BIO_new(BIO_s_mem())), second(BIO_new(BIO_s_mem()));
  const bool is_written = first && second && PEM_write_bio_X509(first.get(), certificate.get()) == 1 &&
                          PEM_write_bio_PrivateKey(second.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (!is_written) return failed();
  return CertifiedKey{KITH_TRY(text_of(first)), KITH_TRY(text_of(second))};
}

Certificate read_certificate(const std::string& text) {
  const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return Certificate(memory ? PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr) : nullptr);
}

Key read_key(const std::string& text) {
  const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return Key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr) : nullptr);
}

bool set_serial(X509* certificate) {
  std::array<std::uint8_t, kSerialBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7f) | 0x40);  // positive, and of one length
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_times(X509* certificate, std::uint64_t from_ms, std::uint64_t until_ms) {
  const auto seconds = [](std::uint64_t ms) { return static_cast<std::time_t>(ms / 1000); };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(from_ms)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(until_ms)) != nullptr;
}

bool add_name(X509* certificate, const std::string& common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int which, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, which, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Cut at the beginning of a character.
std::string cut(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
  text.resize(bytes_max);
  return text;
}

std::optional<Bytes> ip_of(const std::string& name) {
  Bytes ip(16);
  if (::inet_pton(AF_INET6, name.c_str(), ip.data()) == 1) return ip;
  ip.resize(4);
  if (::inet_pton(AF_INET, name.c_str(), ip.data()) == 1) return ip;
  return std::nullopt;
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!may_be_certified(name)) continue;
    if (!out.empty()) out += ',';
    out += (ip_of(name) ? "IP:" : "DNS:") + name;
  }
  return out;
}

/// Both kinds: what they have in common.
Result<Certificate> begin_certificate(const Key& key, std::uint64_t from_ms, std::uint64_t until_ms,
                                      const std::string& common_name) {
  Certificate out(X509_new());
  const bool is_made = out && X509_set_version(out.get(), kVersion3) == 1 && set_serial(out.get()) &&
                       set_times(out.get(), from_ms, until_ms) && add_name(out.get(), common_name) &&
                       X509_set_pubkey(out.get(), key.get()) == 1;
  if (!is_made) return failed();
  return out;
}

}  // namespace

bool may_be_certified(const std::string& name) {
  if (const auto ip = ip_of(name)) return !p2p::Multiaddr::of_tcp(*ip, 1).is_public();
  if (!is_host_name(name)) return false;
  return name == "localhost" || std::any_of(kDomains.begin(), kDomains.end(), [&](std::string_view domain) {
           return name.size() > domain.size() + 1 && name.ends_with(domain) &&
                  name[name.size() - domain.size() - 1] == '.';
         });
}

Result<CertifiedKey> make_authority(const std::string& place, std::uint64_t now_ms) {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return failed();
  const Certificate out = KITH_TRY(
      begin_certificate(key, now_ms - kBackdateMs, now_ms + kAuthorityMs, "Kith: " + cut(place, kNameBytesMax)));
  X509* const ca = out.get();
  const bool is_done = X509_set_issuer_name(ca, X509_get_subject_name(ca)) == 1 &&
                       add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                       add_extension(ca, ca, NID_key_usage, "critical,keyCertSign") &&
                       add_extension(ca, ca, NID_subject_key_identifier, "hash") &&
                       add_extension(ca, ca, NID_name_constraints, kConstraints) &&
                       X509_sign(ca, key.get(), EVP_sha256()) > 0;
  if (!is_done) return failed();
  return texts(out, key);
}

Result<CertifiedKey> make_leaf(const CertifiedKey& authority, const std::vector<std::string>& names,
                               std::uint64_t now_ms) {
  const Certificate ca = read_certificate(authority.certificate);
  const Key ca_key = read_key(authority.key);
  if (!ca || !ca_key || X509_check_private_key(ca.get(), ca_key.get()) != 1) return bad_authority();
  const std::string alternatives = alternative_names(names);
  const Key key(EVP_EC_gen("P-256"));
  if (!key || alternatives.empty()) return failed();
  const Certificate out =
      KITH_TRY(begin_certificate(key, now_ms - kBackdateMs, now_ms + kLeafMs, "A house of this neighbourhood"));
  X509* const leaf = out.get();
  const bool is_done = X509_set_issuer_name(leaf, X509_get_subject_name(ca.get())) == 1 &&
                       add_extension(leaf, ca.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                       add_extension(leaf, ca.get(), NID_key_usage, "critical,digitalSignature") &&
                       add_extension(leaf, ca.get(), NID_ext_key_usage, "serverAuth") &&
                       add_extension(leaf, ca.get(), NID_authority_key_identifier, "keyid") &&
                       add_extension(leaf, ca.get(), NID_subject_alt_name, alternatives) &&
                       X509_sign(leaf, ca_key.get(), EVP_sha256()) > 0;
  if (!is_done) return failed();
  return texts(out, key);
}

Result<Bytes> public_key_info(const std::string& certificate) {
  const Certificate read = read_certificate(certificate);
  unsigned char* der = nullptr;
  const int size = read ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(read.get()), &der) : -1;
  if (size <= 0) return bad_authority();
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

Result<Bytes> certificate_der(const std::string& certificate) {
  const Certificate read = read_certificate(certificate);
  unsigned char* der = nullptr;
  const int size = read ? i2d_X509(read.get(), &der) : -1;
  if (size <= 0) return bad_authority();
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

Result<std::string> certificate_fingerprint(const std::string& certificate) {
  const Bytes der = KITH_TRY(certificate_der(certificate));
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(der.data(), der.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return failed();
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    std::string byte = to_hex(ByteView(digest).subspan(i, 1));
    std::transform(byte.begin(), byte.end(), byte.begin(), [](char c) { return c >= 'a' ? c - 'a' + 'A' : c; });
    out += (out.empty() ? "" : ":") + byte;
  }
  return out;
}

}  // namespace kith::net
