// SPDX-License-Identifier: Apache-2.0
#include "net/certificates.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/tls.h"

namespace kith::net {
namespace {

constexpr std::uint64_t kNow = 1'790'000'000'000;
constexpr std::uint64_t kDay = 86'400'000;

X509* parse(const std::string& text) {
  BIO* memory = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  X509* out = PEM_read_bio_X509(memory, nullptr, nullptr, nullptr);
  BIO_free(memory);
  return out;
}

/// Would a browser that trusts this authority accept the leaf for the name at that time? OpenSSL's reason if not.
int verdict(const std::string& authority, const std::string& leaf, const std::string& name, std::uint64_t at_ms) {
  X509* const ca = parse(authority);
  X509* const own = parse(leaf);
  X509_STORE* const store = X509_STORE_new();
  X509_STORE_add_cert(store, ca);
  X509_STORE_CTX* const context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, own, nullptr);
  X509_VERIFY_PARAM* const wanted = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_time(wanted, static_cast<std::time_t>(at_ms / 1000));
  X509_VERIFY_PARAM_set_purpose(wanted, X509_PURPOSE_SSL_SERVER);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) != 1) X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), 0);
  X509_verify_cert(context);
  const int out = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  X509_free(own);
  X509_free(ca);
  return out;
}

const CertifiedKey& elm() {
  static const CertifiedKey made = std::move(make_authority("Elm Street", kNow)).value();
  return made;
}

TEST(Certificates, a_house_is_vouched_for_under_its_names_and_no_other) {
  const auto leaf =
      std::move(make_leaf(elm(), {"localhost", "192.168.1.20", "fd00::1", "ana.local", "bank.example"}, kNow)).value();
  for (const char* name : {"localhost", "192.168.1.20", "fd00::1", "ana.local"}) {
    EXPECT_EQ(verdict(elm().certificate, leaf.certificate, name, kNow), X509_V_OK) << name;
  }
  EXPECT_EQ(verdict(elm().certificate, leaf.certificate, "192.168.1.21", kNow), X509_V_ERR_IP_ADDRESS_MISMATCH);
  EXPECT_EQ(verdict(elm().certificate, leaf.certificate, "bank.example", kNow), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_TRUE(TlsIdentity::of(leaf.certificate + elm().certificate, leaf.key).ok());
}

TEST(Certificates, a_leaf_lives_thirty_days_and_bears_clocks_that_are_a_day_off) {
  const auto leaf = std::move(make_leaf(elm(), {"localhost"}, kNow)).value();
  EXPECT_EQ(verdict(elm().certificate, leaf.certificate, "localhost", kNow - kDay + 60'000), X509_V_OK);
  EXPECT_EQ(verdict(elm().certificate, leaf.certificate, "localhost", kNow + 30 * kDay - 60'000), X509_V_OK);
  EXPECT_EQ(verdict(elm().certificate, leaf.certificate, "localhost", kNow + 30 * kDay + 60'000),
            X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST(Certificates, another_authority_of_the_same_name_does_not_vouch) {
  const auto other = std::move(make_authority("Elm Street", kNow)).value();
  const auto leaf = std::move(make_leaf(other, {"localhost"}, kNow)).value();
  EXPECT_NE(verdict(elm().certificate, leaf.certificate, "localhost", kNow), X509_V_OK);
  EXPECT_FALSE(public_key_info(other.certificate).value() == public_key_info(elm().certificate).value());
}

/// What a thief of the authority's key could sign.
std::string forged(const char* name) {
  X509* const ca = parse(elm().certificate);
  BIO* const memory = BIO_new_mem_buf(elm().key.data(), static_cast<int>(elm().key.size()));
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(memory, nullptr, nullptr, nullptr);
  X509* const leaf = X509_new();
  X509_set_version(leaf, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(leaf), 7);
  ASN1_TIME_set(X509_getm_notBefore(leaf), static_cast<std::time_t>(kNow / 1000));
  ASN1_TIME_set(X509_getm_notAfter(leaf), static_cast<std::time_t>((kNow + kDay) / 1000));
  X509_set_issuer_name(leaf, X509_get_subject_name(ca));
  X509_set_pubkey(leaf, key);
  X509_EXTENSION* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name);
  X509_add_ext(leaf, names, -1);
  X509_sign(leaf, key, EVP_sha256());
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, leaf);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(out);
  X509_EXTENSION_free(names);
  X509_free(leaf);
  EVP_PKEY_free(key);
  BIO_free(memory);
  X509_free(ca);
  return text;
}

TEST(Certificates, whoever_steals_the_key_cannot_vouch_for_the_internet) {
  EXPECT_EQ(verdict(elm().certificate, forged("IP:192.168.7.7"), "192.168.7.7", kNow), X509_V_OK);
  for (const char* name : {"DNS:bank.example", "DNS:local.bank.example", "IP:93.184.216.34", "IP:2a00:1450::1"}) {
    EXPECT_EQ(verdict(elm().certificate, forged(name), std::string(name).substr(std::string(name).find(':') + 1), kNow),
              X509_V_ERR_PERMITTED_VIOLATION)
        << name;
  }
}

TEST(Certificates, only_names_of_a_house_may_be_certified) {
  for (const char* name : {"localhost", "10.0.0.1", "172.16.3.4", "192.168.0.1", "169.254.1.1", "fe80::1", "fd12::3",
                           "ana.local", "nas.home.arpa"})
    EXPECT_TRUE(may_be_certified(name)) << name;
  for (const char* name : {"8.8.8.8", "2a00:1450::1", "example.org", "local", ".local", "notlocal",
                           "a,DNS:bank.example.local", "", "x y.local", "elm"})
    EXPECT_FALSE(may_be_certified(name)) << name;
  EXPECT_FALSE(make_leaf(elm(), {"8.8.8.8"}, kNow).ok());
}

TEST(Certificates, damaged_texts_are_said) {
  EXPECT_EQ(make_leaf({elm().certificate, "nothing"}, {"localhost"}, kNow).error().code(), ErrorCode::kBadKey);
  const auto other = std::move(make_authority("Oak Lane", kNow)).value();
  EXPECT_EQ(make_leaf({elm().certificate, other.key}, {"localhost"}, kNow).error().code(), ErrorCode::kBadKey);
  EXPECT_FALSE(certificate_der("-----BEGIN").ok());
}

TEST(Certificates, long_names_of_places_are_cut_between_characters) {
  std::string place;
  for (int i = 0; i < 60; ++i) place += "ä";
  EXPECT_TRUE(make_authority(place, kNow).ok());
}

}  // namespace
}  // namespace kith::net
