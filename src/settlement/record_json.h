#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "settlement/record.h"

namespace gatehouse::settlement {

struct ControlEvent;

/// Appends the members of a record's JSON object, without braces, beginning with
/// `"id":"…","kind":"request"`. Strings are cut at 256 bytes (the error's reason at 512), verdicts
/// at 64, so that a record stays below 64 KB whatever the caller sent. Members without a value are
/// left out. `docs/audit.md` describes them.
void append_members(std::string& out, const RequestRecord& record);
void append_members(std::string& out, const ControlEvent& event, WallTime now, std::string_view id);

}  // namespace gatehouse::settlement
