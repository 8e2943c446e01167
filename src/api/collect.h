#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "core/json.h"

/// Reading side texts (side_texts.h) while a request is parsed. Internal to the layer.
namespace gatehouse::api {

/// Appends what `side_text` would read in an element.
void collect_side_text(const json::Element& element, std::string& out);

/// Appends what a message, or a part of one, says in members other than those named in `native`.
void collect_beside(const json::Object& object, std::initializer_list<std::string_view> native,
                    std::string& out);

/// Whether a file of this media type is text; none at all means text in a data URL.
bool is_text_type(std::string_view media_type);

}  // namespace gatehouse::api
