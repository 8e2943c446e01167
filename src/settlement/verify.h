#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "settlement/head.h"

namespace gatehouse::settlement {

enum class AuditIssueKind : unsigned char {
  altered,          // the record's bytes are not those that were hashed
  hash_altered,     // the record's stated hash is not its own, the record is
  malformed,        // not a record's line
  missing,          // records between two others are not there
  out_of_place,     // a record that stands where another one belongs: moved, repeated or put in
  added,            // records behind the head of a clean stop
  truncated,        // records up to the head are missing at the end
  rewritten,        // the chain holds, but is not the one that was sealed
  segment_missing,  // a file between two others, or before the first one, is not there
  unknown_stream,   // files of a stream that the head does not know
  head_missing,
  head_invalid,     // not well formed, or its signature is not valid
  key_mismatch,     // signed by another key than the expected one
  anchor_mismatch,  // the log does not continue the older head that was given
  unreadable,
};
std::string_view to_string(AuditIssueKind kind);

struct AuditIssue {
  AuditIssueKind kind = AuditIssueKind::altered;
  std::string stream;
  std::string file;        // name within the audit folder
  uint64_t line = 0;       // in the file, from 1; 0 if it is about no line
  uint64_t seq = 0;        // of the record concerned, 0 if unknown
  std::string request_id;  // as far as the line tells
  std::string message;     // for people, complete in itself
};

struct StreamReport {
  std::string name;
  uint64_t records = 0;  // lines whose hash holds
  uint64_t bytes = 0;
  uint64_t segments = 0;
  uint64_t sealed_seq = 0;  // as the head says
  uint64_t last_seq = 0;    // as found
  uint64_t torn_bytes =
      0;  // of a record at the end that a crash or a running writer left unfinished
};

struct AuditReport {
  std::string dir;
  std::vector<StreamReport> streams;
  std::vector<AuditIssue> issues;  // at most `kMaxIssues`
  uint64_t issue_count = 0;
  uint64_t head_number = 0;
  std::string head_time;
  std::string public_key;
  bool key_checked = false;  // the head's key is the expected one, not only the one it names itself

  static constexpr size_t kMaxIssues = 1000;

  bool ok() const { return issue_count == 0; }
  uint64_t records() const;
  uint64_t bytes() const;
  /// Records behind the head: their chain holds, but what was added to its end, or cut off there,
  /// leaves no trace.
  uint64_t unsealed() const;
};

struct VerifyOptions {
  /// The data folder, or the audit folder itself (then there is no key file to compare with).
  std::filesystem::path dir;
  /// 64 hex digits; if empty, the key file beside the audit folder is used where it can be read.
  std::string public_key;
  /// An older head, kept elsewhere: the log must still hold what it sealed. Empty for none.
  std::string anchor;
};

/// Reads all records of all streams and checks every hash, sequence number and the head. Works
/// beside a running writer. An error only if there is no audit log to read.
Result<AuditReport> verify_audit(const VerifyOptions& options);

/// The report for people (several lines) and as one JSON object.
std::string report_text(const AuditReport& report);
std::string report_json(const AuditReport& report);

/// Where the audit log of `dir` is: `dir`/audit if there is one, else `dir`.
std::filesystem::path audit_dir_of(const std::filesystem::path& dir);
/// The names of all streams that have segments in an audit folder.
std::set<std::string> find_streams(const std::filesystem::path& audit_dir);

}  // namespace gatehouse::settlement
