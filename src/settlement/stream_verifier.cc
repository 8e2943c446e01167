#include "settlement/stream_verifier.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace gatehouse::settlement {
namespace {

Sha256& thread_sha() {
  thread_local Sha256 sha;
  return sha;
}

/// The sequence number of the first line of `rest`; 0 if it is no record.
uint64_t peek_seq(std::string_view rest) {
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto line = parse_chain_line(rest.substr(0, end));
  return line ? line->seq : 0;
}

/// An id from a file that anybody may have written to: no byte of it steers a terminal.
std::string printable(std::string_view id) {
  std::string out(id.substr(0, 64));
  for (char& c : out) {
    if (c <= ' ' || c > '~') c = '?';
  }
  return out;
}

std::string range(uint64_t first, uint64_t last) {
  return first == last ? fmt::format("record {} is", first)
                       : fmt::format("records {} to {} are", first, last);
}

}  // namespace

StreamVerifier::StreamVerifier(std::string stream, std::optional<ChainState> start,
                               const StreamHead* sealed, bool closed, const StreamHead* anchored)
    : sealed_(sealed), closed_(closed), anchored_(anchored) {
  report_.name = std::move(stream);
  report_.sealed_seq = sealed != nullptr ? sealed->state.seq : 0;
  if (start) previous_ = start->hash;
}

void StreamVerifier::add(AuditIssueKind kind, Place place, uint64_t seq, std::string_view id,
                         std::string message) {
  ++issue_count_;
  if (issues_.size() >= AuditReport::kMaxIssues) return;
  issues_.push_back({.kind = kind,
                     .stream = report_.name,
                     .file = std::string(place.file),
                     .line = place.line,
                     .seq = seq,
                     .request_id = printable(id),
                     .message = std::move(message)});
}

void StreamVerifier::segment(std::string_view file, std::string_view bytes, bool last) {
  ++report_.segments;
  // Zeros at the end are space that was allocated ahead.
  bytes = bytes.substr(0, bytes.find_last_not_of('\0') + 1);
  report_.bytes += bytes.size();
  Place place{.file = file};
  while (!bytes.empty()) {
    ++place.line;
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      if (last && !closed_) {
        report_.torn_bytes = bytes.size();
      } else {
        add(AuditIssueKind::malformed, place, seq_ + 1, {},
            fmt::format("{} ends in {} bytes that are no whole record", file, bytes.size()));
      }
      return;
    }
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    check_line(line, bytes, place);
  }
}

void StreamVerifier::check_line(std::string_view text, std::string_view rest, Place place) {
  const uint64_t expected = seq_ + 1;
  const auto line = parse_chain_line(text);
  if (!line) {
    // Either a damaged record in its place, or something that was put in.
    const bool put_in = peek_seq(rest) == expected;
    add(AuditIssueKind::malformed, place, put_in ? 0 : expected, {},
        put_in ? std::string("a line that is no record was put in")
               : fmt::format("record {} is not readable as one", expected));
    if (put_in) return;
    seq_ = expected;
    previous_.reset();
    computed_.reset();
    return;
  }
  if (line->seq != expected) {
    const uint64_t next = peek_seq(rest);
    if (next == expected || (line->seq < expected && next != expected + 1)) {
      add(AuditIssueKind::out_of_place, place, line->seq, line->id,
          fmt::format("record {} ({}) stands where {} belongs: it was moved, repeated or put in",
                      line->seq, printable(line->id), expected));
      return;
    }
    if (next == expected + 1) {
      // The lines around it go on as if it were the expected one.
      add(AuditIssueKind::altered, place, expected, line->id,
          fmt::format("record {} calls itself {}: it was altered or replaced", expected,
                      line->seq));
      ChainLine in_place = *line;
      in_place.seq = expected;
      computed_.reset();
      advance(in_place, place);
      return;
    }
    add(AuditIssueKind::missing, place, expected, {},
        fmt::format("{} missing before this line", range(expected, line->seq - 1)));
    previous_.reset();
    computed_.reset();
  }
  if (hash_holds(*line)) {
    ++report_.records;
  } else if (peek_seq(rest) == expected && line->seq == expected) {
    // The next line claims the same place; whichever of them holds will be told by its hash.
    add(AuditIssueKind::out_of_place, place, expected, line->id,
        fmt::format("a line that calls itself record {} ({}) was put in", expected,
                    printable(line->id)));
    return;
  } else {
    computed_issue_ = issues_.size();
    add(AuditIssueKind::altered, place, line->seq, line->id,
        fmt::format("record {} ({}) was altered: its hash does not hold", line->seq,
                    printable(line->id)));
    computed_ = chain_hash(thread_sha(), *previous_, line->covered);
  }
  advance(*line, place);
}

bool StreamVerifier::hash_holds(const ChainLine& line) {
  if (!previous_) return true;  // the damage before it is reported already
  bool holds = chain_hash(thread_sha(), *previous_, line.covered) == line.hash;
  if (!holds && computed_ && chain_hash(thread_sha(), *computed_, line.covered) == line.hash) {
    holds = true;
    if (computed_issue_ < issues_.size()) {
      AuditIssue& before = issues_[computed_issue_];
      before.kind = AuditIssueKind::hash_altered;
      before.message = fmt::format("the hash of record {} was altered, the record was not", seq_);
    }
  }
  if (holds) computed_.reset();
  return holds;
}

void StreamVerifier::advance(const ChainLine& line, Place place) {
  if (closed_ && seq_ <= report_.sealed_seq && line.seq > report_.sealed_seq) {
    add(AuditIssueKind::added, place, line.seq, line.id,
        fmt::format("record {} ({}) stands behind the head of a clean stop: it was added since",
                    line.seq, printable(line.id)));
  }
  seq_ = line.seq;
  previous_ = line.hash;
  const auto differs = [&line](const StreamHead* head) {
    return head != nullptr && head->state.seq == line.seq && head->state.hash != line.hash;
  };
  if (differs(sealed_)) {
    add(AuditIssueKind::rewritten, place, line.seq, line.id,
        fmt::format("record {} is not the one that the head sealed: the chain was written anew",
                    line.seq));
  }
  if (differs(anchored_)) {
    add(AuditIssueKind::anchor_mismatch, place, line.seq, line.id,
        fmt::format("record {} is not the one that the given head sealed", line.seq));
  }
}

void StreamVerifier::finish(std::string_view head_time) {
  report_.last_seq = seq_;
  const auto sealed_seq = [](const StreamHead* head) {
    return head != nullptr ? head->state.seq : uint64_t{0};
  };
  if (seq_ < sealed_seq(sealed_)) {
    add(AuditIssueKind::truncated, {}, seq_ + 1, {},
        fmt::format("{} missing at the end of stream {}; the head of {} sealed them",
                    range(seq_ + 1, sealed_->state.seq), report_.name, head_time));
  } else if (sealed_ != nullptr && sealed_->state.seq == 0 && seq_ == 0 && previous_ &&
             *previous_ != sealed_->state.hash) {
    add(AuditIssueKind::rewritten, {}, 0, {},
        fmt::format("the head names another beginning for stream {}", report_.name));
  }
  if (seq_ < sealed_seq(anchored_)) {
    add(AuditIssueKind::anchor_mismatch, {}, seq_ + 1, {},
        fmt::format("{} missing at the end of stream {}; the given head sealed them",
                    range(seq_ + 1, anchored_->state.seq), report_.name));
  }
}

}  // namespace gatehouse::settlement
