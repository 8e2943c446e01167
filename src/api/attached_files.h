#pragma once

#include <string>
#include <vector>

#include "api/chat.h"

namespace gatehouse::api {

/// What a part of a message brings beside text.
struct AttachedFiles {
  std::vector<std::string> pdfs;  // bytes of each
  /// It is a document, and none of that, nor a text: of another kind, or given by its id or URL.
  bool foreign = false;
  bool by_reference = false;  // … the latter
};

/// Whether it is worth while to look into a part, which may take milliseconds. Pictures and sounds
/// are not looked into unless they are said to be a PDF.
bool may_attach_files(const Part& part);

/// Finds what the part's JSON holds in base64 and is a PDF by its first bytes, whatever it is said
/// to be, wherever it stands. Linear in the JSON. Thread-safe.
AttachedFiles attached_files(const Part& part);

}  // namespace gatehouse::api
