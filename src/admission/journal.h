#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admission/budgets.h"

/// The records of the budget journal, one line each, fields parted by one blank, the last one the
/// CRC-32C of all before it:
///
///   R <number> <wall_ms> <day> <month> <nano_usd> <tokens> <key> <user|-> <tenant> <request|->
///   <crc> S <number> <wall_ms> <nano_usd> <tokens> <s|r> <crc>
///
/// R reserves, S ends the reservation of that number: settled or released. Numbers grow within a
/// journal, over restarts too.
namespace gatehouse::admission {

struct ReserveRecord {
  uint64_t number = 0;
  int64_t wall_ms = 0;
  Periods periods;
  Charge bound;
  std::string_view key;
  std::string_view user;  // empty if none
  std::string_view tenant;
  std::string_view request;  // empty if none
};

struct SettleRecord {
  uint64_t number = 0;
  int64_t wall_ms = 0;
  Charge used;
  bool released = false;
};

/// Replaces `line`.
void format(const ReserveRecord& record, std::string& line);
void format(const SettleRecord& record, std::string& line);

/// The record of a line; views point into it. Nullopt: not a record, or its checksum is wrong.
struct JournalRecord {
  std::optional<ReserveRecord> reserve;  // one of the two
  std::optional<SettleRecord> settle;
};
std::optional<JournalRecord> parse_journal_line(std::string_view line);

}  // namespace gatehouse::admission
