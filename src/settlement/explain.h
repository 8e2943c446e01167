#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gatehouse::settlement {

/// A record found in the audit log, and what can be said of it from where it stands.
struct FoundRecord {
  std::string line;  // as it is in the log
  std::string stream;
  std::string file;  // name within the audit folder
  uint64_t line_number = 0;
  uint64_t seq = 0;
  bool hash_holds = false;  // with the record before it
  bool sealed = false;      // the signed head reaches it
};

/// Finds a request's or an event's record. The time in the id tells where to look first; everything
/// else is searched after that, newest first. `not_found` if it is not there.
Result<FoundRecord> find_record(const std::filesystem::path& data_dir, std::string_view id);

/// What happened to the request, told for a person. `color` marks the parts for a terminal.
Result<std::string> explain_text(const FoundRecord& found, bool color = false);

/// The record and where it stands, as one JSON object.
std::string explain_json(const FoundRecord& found);

}  // namespace gatehouse::settlement
