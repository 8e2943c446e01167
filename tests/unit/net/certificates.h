#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace gatehouse::net::test {

/// A certificate and its key, written to PEM files.
struct Identity {
  std::string certificate_file;
  std::string key_file;
  X509* certificate = nullptr;
  EVP_PKEY* key = nullptr;
};

/// A little certificate authority in a temporary folder.
class Authority {
 public:
  explicit Authority(const std::string& name) {
    folder_ = std::filesystem::temp_directory_path() /
              ("gatehouse_net_test_" + std::to_string(::getpid()) + "_" + name);
    std::filesystem::create_directories(folder_);
    root_ = make(name, "", nullptr, 3650);
  }
  ~Authority() {
    for (const Identity& identity : made_) {
      X509_free(identity.certificate);
      EVP_PKEY_free(identity.key);
    }
    std::filesystem::remove_all(folder_);
  }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  const Identity& root() const { return root_; }
  /// `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1".
  Identity issue(const std::string& name, const std::string& names, int days = 30) {
    return make(name, names, &root_, days);
  }

 private:
  Identity make(const std::string& name, const std::string& names, const Identity* issuer,
                int days) {
    Identity identity;
    identity.key = EVP_EC_gen("P-256");
    identity.certificate = X509_new();
    X509* cert = identity.certificate;
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(cert), -86400L * 60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * days);
    X509_set_pubkey(cert, identity.key);
    X509_NAME* subject = X509_get_subject_name(cert);
    const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
    X509* by = issuer == nullptr ? cert : issuer->certificate;
    X509_set_issuer_name(cert, X509_get_subject_name(by));
    X509V3_CTX context;
    X509V3_set_ctx(&context, by, cert, nullptr, nullptr, 0);
    const auto extend = [&](int what, const std::string& value) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
      X509_add_ext(cert, extension, -1);
      X509_EXTENSION_free(extension);
    };
    if (issuer == nullptr) extend(NID_basic_constraints, "critical,CA:TRUE");
    if (!names.empty()) extend(NID_subject_alt_name, names);
    X509_sign(cert, issuer == nullptr ? identity.key : issuer->key, EVP_sha256());

    identity.certificate_file = (folder_ / (name + ".pem")).string();
    identity.key_file = (folder_ / (name + ".key")).string();
    FILE* file = std::fopen(identity.certificate_file.c_str(), "w");
    PEM_write_X509(file, cert);
    std::fclose(file);
    file = std::fopen(identity.key_file.c_str(), "w");
    PEM_write_PrivateKey(file, identity.key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    made_.push_back(identity);
    return identity;
  }

  std::filesystem::path folder_;
  long serial_ = 0;
  std::vector<Identity> made_;
  Identity root_;
};

}  // namespace gatehouse::net::test
