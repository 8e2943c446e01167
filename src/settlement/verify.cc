#include "settlement/verify.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "settlement/file_reader.h"
#include "settlement/stream_verifier.h"
#include "store/append_log.h"

namespace gatehouse::settlement {
namespace {

namespace fs = std::filesystem;

/// Whether a process has the stream open for writing.
bool is_being_written(const fs::path& dir, const std::string& stream) {
  const int fd = ::open((dir / (stream + ".lock")).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool locked = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  ::close(fd);
  return locked;
}

class Verification {
 public:
  Verification(const VerifyOptions& options, fs::path dir)
      : options_(options), dir_(std::move(dir)) {
    report_.dir = dir_.string();
  }

  AuditReport run(const std::set<std::string>& found) {
    check_head();
    std::set<std::string> names = found;
    if (head_) {
      for (const StreamHead& stream : head_->streams) names.insert(stream.name);
    }
    if (anchor_) {
      for (const StreamHead& stream : anchor_->streams) names.insert(stream.name);
    }
    for (const std::string& name : names) check_stream(name);
    return std::move(report_);
  }

  /// Whether a start has gone on behind the closed head that was read: what follows it is no
  /// finding then.
  bool was_reopened() const {
    if (!head_ || !head_->closed) return false;
    const auto text = read_head(dir_);
    if (!text || !*text) return false;
    const auto now = parse_head(**text);
    return now && now->number != head_->number;
  }

 private:
  void add(AuditIssueKind kind, std::string stream, std::string file, std::string message) {
    ++report_.issue_count;
    if (report_.issues.size() >= AuditReport::kMaxIssues) return;
    report_.issues.push_back({.kind = kind,
                              .stream = std::move(stream),
                              .file = std::move(file),
                              .request_id = {},
                              .message = std::move(message)});
  }

  void find_key() {
    key_ = options_.public_key;
    if (key_.empty() && dir_ != options_.dir) {
      if (const auto keys = read_audit_keys(options_.dir / "audit.key")) key_ = keys->public_key;
    }
    report_.key_checked = !key_.empty();
  }

  void check_head() {
    find_key();
    const auto text = read_head(dir_);
    if (!text) {
      add(AuditIssueKind::unreadable, {}, "head.json", text.error().reason);
    } else if (!*text) {
      add(AuditIssueKind::head_missing, {}, "head.json",
          "head.json is missing: nothing says how far the log reached");
    } else if (auto head = parse_head(**text); !head) {
      add(AuditIssueKind::head_invalid, {}, "head.json", head.error().reason);
    } else {
      head_ = std::move(*head);
      report_.head_number = head_->number;
      report_.head_time = head_->time;
      report_.public_key = head_->public_key;
      if (key_.empty()) {
        key_ = head_->public_key;
      } else if (key_ != head_->public_key) {
        add(AuditIssueKind::key_mismatch, {}, "head.json",
            fmt::format("head.json was signed by key {}, not by {}", head_->public_key, key_));
      }
    }
    if (options_.anchor.empty()) return;
    auto anchor = parse_head(options_.anchor);
    if (!anchor) {
      add(AuditIssueKind::anchor_mismatch, {}, {},
          "the given older head is not valid: " + anchor.error().reason);
    } else if (!key_.empty() && anchor->public_key != key_) {
      add(AuditIssueKind::anchor_mismatch, {}, {},
          "the given older head was signed by another key");
    } else {
      anchor_ = std::move(*anchor);
    }
  }

  void check_stream(const std::string& name) {
    const StreamHead* const sealed = head_ ? head_->find(name) : nullptr;
    if (head_ && sealed == nullptr) {
      add(AuditIssueKind::unknown_stream, name, {},
          fmt::format("the head does not know stream {}", name));
    }
    std::optional<ChainState> start;
    if (!key_.empty()) start = chain_start(name, key_);
    StreamVerifier verifier(name, start, sealed, head_ && head_->closed,
                            anchor_ ? anchor_->find(name) : nullptr);
    const auto segments = store::list_segments(dir_, name);
    uint64_t expected = 1;
    for (size_t i = 0; i < segments.size(); ++i) {
      const uint64_t missing = verifier.expected_seq();
      const uint64_t issues_before = verifier.issue_count();
      check_segment(verifier, name, segments[i], i + 1 == segments.size());
      // Numbers may be left out where nothing is lost; a gap in the chain there is a lost file.
      if (segments[i] != expected && verifier.issue_count() != issues_before) {
        add(AuditIssueKind::segment_missing, name,
            store::segment_path(dir_, name, expected).filename().string(),
            fmt::format("{} is missing, with records from {} on",
                        store::segment_path(dir_, name, expected).filename().string(), missing));
      }
      expected = segments[i] + 1;
    }
    verifier.finish(report_.head_time);
    report_.streams.push_back(verifier.report());
    report_.issue_count += verifier.issue_count();
    for (const AuditIssue& issue : verifier.issues()) {
      if (report_.issues.size() < AuditReport::kMaxIssues) report_.issues.push_back(issue);
    }
  }

  void check_segment(StreamVerifier& verifier, const std::string& name, uint64_t number,
                     bool last) {
    const auto path = store::segment_path(dir_, name, number);
    const std::string file = path.filename().string();
    for (int attempt = 0;; ++attempt) {
      if (const int error = reader_.read(path); error != 0) {
        add(AuditIssueKind::unreadable, name, file,
            fmt::format("{} cannot be read: {}", file, std::generic_category().message(error)));
        return;
      }
      StreamVerifier tried = verifier;
      tried.segment(file, reader_.bytes(), last);
      // A record that is being appended while it is read looks damaged for a moment.
      const bool again = last && attempt < 3 && tried.issue_count() != verifier.issue_count() &&
                         is_being_written(dir_, name);
      if (!again) {
        verifier = std::move(tried);
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  const VerifyOptions& options_;
  fs::path dir_;
  AuditReport report_;
  std::string key_;  // 64 hex digits; empty if not known
  std::optional<Head> head_;
  std::optional<Head> anchor_;
  FileReader reader_;
};

}  // namespace

fs::path audit_dir_of(const fs::path& dir) {
  std::error_code error;
  return fs::is_directory(dir / "audit", error) ? dir / "audit" : dir;
}

std::set<std::string> find_streams(const fs::path& audit_dir) {
  std::set<std::string> streams;
  std::error_code error;
  for (fs::directory_iterator it(audit_dir, error), last; !error && it != last;
       it.increment(error)) {
    const std::string file = it->path().filename().string();
    const size_t dot = file.find('.');
    if (dot != std::string::npos && file.ends_with(".log") && dot + 4 < file.size()) {
      streams.insert(file.substr(0, dot));
    }
  }
  return streams;
}

Result<AuditReport> verify_audit(const VerifyOptions& options) {
  const fs::path dir = audit_dir_of(options.dir);
  const auto streams = find_streams(dir);
  std::error_code error;
  if (streams.empty() && !fs::exists(head_path(dir), error)) {
    Refusal refusal;
    refusal.kind = ErrorKind::not_found;
    refusal.layer = Layer::settlement;
    refusal.code = "no_audit_log";
    refusal.message = fmt::format("There is no audit log in {}.", dir.string());
    return refuse(std::move(refusal));
  }
  AuditReport report;
  for (int attempt = 0; attempt < 3; ++attempt) {
    Verification verification(options, dir);
    report = verification.run(find_streams(dir));
    if (!verification.was_reopened()) break;
  }
  return report;
}

}  // namespace gatehouse::settlement
