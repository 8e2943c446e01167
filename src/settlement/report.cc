#include <fmt/format.h>

#include "core/json.h"
#include "settlement/verify.h"

namespace gatehouse::settlement {

std::string_view to_string(AuditIssueKind kind) {
  switch (kind) {
    case AuditIssueKind::altered:
      return "altered";
    case AuditIssueKind::hash_altered:
      return "hash_altered";
    case AuditIssueKind::malformed:
      return "malformed";
    case AuditIssueKind::missing:
      return "missing";
    case AuditIssueKind::out_of_place:
      return "out_of_place";
    case AuditIssueKind::added:
      return "added";
    case AuditIssueKind::truncated:
      return "truncated";
    case AuditIssueKind::rewritten:
      return "rewritten";
    case AuditIssueKind::segment_missing:
      return "segment_missing";
    case AuditIssueKind::unknown_stream:
      return "unknown_stream";
    case AuditIssueKind::head_missing:
      return "head_missing";
    case AuditIssueKind::head_invalid:
      return "head_invalid";
    case AuditIssueKind::key_mismatch:
      return "key_mismatch";
    case AuditIssueKind::anchor_mismatch:
      return "anchor_mismatch";
    case AuditIssueKind::unreadable:
      return "unreadable";
  }
  return "unknown";
}

uint64_t AuditReport::records() const {
  uint64_t sum = 0;
  for (const StreamReport& stream : streams) sum += stream.records;
  return sum;
}

uint64_t AuditReport::bytes() const {
  uint64_t sum = 0;
  for (const StreamReport& stream : streams) sum += stream.bytes;
  return sum;
}

uint64_t AuditReport::unsealed() const {
  uint64_t sum = 0;
  for (const StreamReport& stream : streams) {
    if (stream.last_seq > stream.sealed_seq) sum += stream.last_seq - stream.sealed_seq;
  }
  return sum;
}

std::string report_text(const AuditReport& report) {
  std::string out = fmt::format("{}: {} records in {} streams, {} bytes\n", report.dir,
                                report.records(), report.streams.size(), report.bytes());
  for (const StreamReport& stream : report.streams) {
    out += fmt::format("  {}: records 1 to {} in {} segments, sealed to {}", stream.name,
                       stream.last_seq, stream.segments, stream.sealed_seq);
    if (stream.torn_bytes != 0) {
      out += fmt::format(", and {} bytes of an unfinished record", stream.torn_bytes);
    }
    out.push_back('\n');
  }
  if (!report.public_key.empty()) {
    out += fmt::format("  head {} of {}, signed by {}{}\n", report.head_number, report.head_time,
                       report.public_key,
                       report.key_checked ? "" : " (the key that the head names itself)");
  }
  if (report.unsealed() != 0) {
    out += fmt::format(
        "  {} records are newer than the head: their chain holds, but no signature covers them "
        "yet\n",
        report.unsealed());
  }
  for (const AuditIssue& issue : report.issues) {
    out += fmt::format("WRONG {}", to_string(issue.kind));
    if (!issue.file.empty()) out += fmt::format(" {}", issue.file);
    if (issue.line != 0) out += fmt::format(":{}", issue.line);
    out += fmt::format(": {}\n", issue.message);
  }
  if (report.issue_count > report.issues.size()) {
    out += fmt::format("… and {} findings more\n", report.issue_count - report.issues.size());
  }
  if (report.ok()) {
    out += fmt::format("OK: nothing was altered, dropped, added or reordered{}.\n",
                       report.unsealed() != 0 ? " up to the head" : "");
  } else {
    out += fmt::format("NOT OK: {} finding{}.\n", report.issue_count,
                       report.issue_count == 1 ? "" : "s");
  }
  return out;
}

std::string report_json(const AuditReport& report) {
  json::build::array streams;
  for (const StreamReport& stream : report.streams) {
    streams.push_back(json::build::object{{"name", stream.name},
                                          {"records", stream.records},
                                          {"bytes", stream.bytes},
                                          {"segments", stream.segments},
                                          {"last_seq", stream.last_seq},
                                          {"sealed_seq", stream.sealed_seq},
                                          {"torn_bytes", stream.torn_bytes}});
  }
  std::string issues = "[";
  for (const AuditIssue& issue : report.issues) {
    // By hand: ids and names come from damaged files and may hold any bytes.
    if (issues.size() > 1) issues.push_back(',');
    issues += fmt::format(R"({{"kind":"{}","line":{},"seq":{},"stream":)", to_string(issue.kind),
                          issue.line, issue.seq);
    json::append_untrusted_string(issues, issue.stream);
    issues += ",\"file\":";
    json::append_untrusted_string(issues, issue.file);
    issues += ",\"request_id\":";
    json::append_untrusted_string(issues, issue.request_id);
    issues += ",\"message\":";
    json::append_untrusted_string(issues, issue.message);
    issues.push_back('}');
  }
  issues.push_back(']');
  std::string out = fmt::format(R"({{"ok":{},"records":{},"bytes":{},"unsealed":{},"dir":)",
                                report.ok(), report.records(), report.bytes(), report.unsealed());
  json::append_untrusted_string(out, report.dir);
  out += fmt::format(R"(,"head":{{"number":{},"public_key":"{}","key_checked":{},"time":)",
                     report.head_number, report.public_key, report.key_checked);
  json::append_untrusted_string(out, report.head_time);
  out += "},";
  out += fmt::format(R"("streams":{},"issue_count":{},"issues":{}}})",
                     json::build::serialize(streams), report.issue_count, issues);
  return out;
}

}  // namespace gatehouse::settlement
