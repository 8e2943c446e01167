#pragma once

#include <cstddef>
#include <string_view>

namespace gatehouse::firewall {

/// What a reader made of the text at some place.
struct Reading {
  enum class Kind : unsigned char { none, found, open } kind = Kind::none;
  size_t begin = 0;
  size_t end = 0;
  float score = 0;
};

// Each reader looks at one place of `text` and reads at most a bounded number of bytes. `goes_on`:
// more text may follow, so a candidate that reaches the end is `open`, not decided.

/// The bytes that the key block read last consists of, up to its closing line.
struct KeyBody {
  size_t begin = 0;
  size_t end = 0;
};
/// A PEM private key whose "-----BEGIN " ends at `at`. One that begins within `known`, from an
/// earlier place of the same text, is read from there on only: a text may be made of beginnings.
Reading read_private_key(std::string_view text, size_t at, bool goes_on, KeyBody& known);
/// A JSON Web Token (RFC 7519) that begins with "eyJ" at `at`: the header must decode to JSON.
Reading read_jwt(std::string_view text, size_t at, bool goes_on);
/// An address "scheme://user:password@host…" whose "://" ends at `at` (RFC 3986).
Reading read_credential_url(std::string_view text, size_t at, bool goes_on);
/// The value assigned to a name that holds a word like "password" ending at `at`:
/// DB_PASSWORD=…, "api_key": "…", secret_token: … `password`: the word speaks of a password, for
/// which a shorter value is enough.
Reading read_assignment(std::string_view text, size_t at, bool password, bool goes_on);
/// The token behind "Bearer " or "Basic " that ends at `at`.
Reading read_bearer(std::string_view text, size_t at, bool goes_on);

/// Whether a value only stands for a secret: "${API_KEY}", "changeme", "<token>", "xxxx".
bool is_placeholder(std::string_view value);
/// Whether a value is a digest, a UUID, a number, code or an address rather than a credential.
bool is_ordinary_value(std::string_view value);

}  // namespace gatehouse::firewall
