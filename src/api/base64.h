#pragma once

#include <string>
#include <string_view>

namespace gatehouse::api {

/// Appends `data` in base64 (RFC 4648 section 4, padded).
void append_base64(std::string& out, std::string_view data);

/// Reads base64, padded or not; false if it is not that.
bool decode_base64(std::string_view text, std::string& out);

}  // namespace gatehouse::api
