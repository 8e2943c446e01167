#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.h"
#include "settlement/chain.h"
#include "settlement/verify.h"

namespace gatehouse::settlement {

/// Walks one stream's lines and says what is wrong where. After each finding it picks the chain up
/// again, so that one damage is reported once and what follows is still checked. Copyable, so that
/// a segment can be read again from where it began.
class StreamVerifier {
 public:
  /// `start` is nothing when the key that it depends on is not known. `sealed` and `anchored` are
  /// what the head and an older head say of the stream; null if they do not name it. `closed`: the
  /// head says that nothing follows it.
  StreamVerifier(std::string stream, std::optional<ChainState> start, const StreamHead* sealed,
                 bool closed, const StreamHead* anchored);

  /// The next segment, in order. Only in the `last` one may the end be an unfinished record.
  void segment(std::string_view file, std::string_view bytes, bool last);
  /// After the last segment.
  void finish(std::string_view head_time);

  const StreamReport& report() const { return report_; }
  const std::vector<AuditIssue>& issues() const { return issues_; }
  uint64_t issue_count() const { return issue_count_; }
  uint64_t expected_seq() const { return seq_ + 1; }

 private:
  struct Place {
    std::string_view file;
    uint64_t line = 0;
  };
  void check_line(std::string_view line, std::string_view rest, Place place);
  bool hash_holds(const ChainLine& line);
  void advance(const ChainLine& line, Place place);
  void add(AuditIssueKind kind, Place place, uint64_t seq, std::string_view id,
           std::string message);

  StreamReport report_;
  std::vector<AuditIssue> issues_;
  uint64_t issue_count_ = 0;
  const StreamHead* sealed_;
  bool closed_;
  const StreamHead* anchored_;

  uint64_t seq_ = 0;                // of the last line that took its place in the chain
  std::optional<Digest> previous_;  // hash that the next line builds on; nothing after a gap
  // Of a line whose stated hash is not that of its bytes: one of the two was altered, and the next
  // line tells which.
  std::optional<Digest> computed_;
  size_t computed_issue_ = 0;
};

}  // namespace gatehouse::settlement
