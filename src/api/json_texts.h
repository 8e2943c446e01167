#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace gatehouse::api {

/// Given the name of the member that it is (or is in), makes of a text what is to stand there.
using TextChange = std::function<void(std::string_view name, std::string& text)>;

/// `json` with each text in it changed; names and numbers stay, and so does what nobody can read
/// (an image, a signature, encrypted content). Empty if it is not valid JSON. Linear in its size.
std::string change_texts(std::string_view json, const TextChange& change);

}  // namespace gatehouse::api
