#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace gatehouse::api {

/// Given the name of the member that it is (or is in), makes of a text what is to stand there.
using TextChange = std::function<void(std::string_view name, std::string& text)>;

/// `json` with each text in it changed: strings, names of members (which have no name), numbers as
/// they are written. A number that changes becomes a string. What nobody can read stays (an image,
/// a signature, encrypted content). Empty if `json` is not valid. Linear in its size.
std::string change_texts(std::string_view json, const TextChange& change);

}  // namespace gatehouse::api
