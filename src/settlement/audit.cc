#include "settlement/audit.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/ids.h"
#include "core/log.h"
#include "settlement/record_json.h"
#include "settlement/refusal.h"

namespace gatehouse::settlement {
namespace {

constexpr std::string_view kControl = "control";

void add(std::atomic<uint64_t>& counter, uint64_t n = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

/// The end of a stream's chain: the head's, and the records behind it that a crash left unsealed.
/// Checks that these hold.
Result<PublishedEnd::End> find_end(const std::filesystem::path& dir, const StreamHead& head) {
  PublishedEnd::End end{.state = head.state, .last = head.last};
  store::AppendLogReader reader(dir, head.name, head.last);
  Sha256 sha;
  bool first = head.state.seq != 0;
  while (reader.next()) {
    const auto line = parse_chain_line(reader.record());
    if (first) {
      if (!line || line->seq != head.state.seq || line->hash != head.state.hash ||
          reader.position() != head.last) {
        return refuse(audit_unavailable(
            fmt::format("the last sealed record {} of stream {} is not where the head says",
                        head.state.seq, head.name)));
      }
      first = false;
      continue;
    }
    if (!line || line->seq != end.state.seq + 1 ||
        line->hash != chain_hash(sha, end.state.hash, line->covered)) {
      return refuse(audit_unavailable(fmt::format(
          "record {} of stream {} does not continue its chain (segment {}, byte {})",
          end.state.seq + 1, head.name, reader.position().segment, reader.position().offset)));
    }
    end.state = {.seq = line->seq, .hash = line->hash};
    end.last = reader.position();
  }
  if (first) {
    return refuse(audit_unavailable(
        fmt::format("stream {} ends before its last sealed record {}", head.name, head.state.seq)));
  }
  if (reader.end() != store::AppendLogReader::End::clean) {
    return refuse(audit_unavailable(fmt::format("stream {}: {}", head.name, reader.end_detail())));
  }
  return end;
}

/// Behind the head of a clean stop there is nothing: no crash can have left it there.
Result<void> check_nothing_follows(const std::filesystem::path& dir, const Head& head) {
  for (const StreamHead& stream : head.streams) {
    const auto end = find_end(dir, stream);
    if (!end) return refuse(end.error());
    if (end->state.seq != stream.state.seq) {
      return refuse(audit_unavailable(
          fmt::format("record {} of stream {} was added after the clean stop of {}",
                      stream.state.seq + 1, stream.name, head.time)));
    }
  }
  return {};
}

}  // namespace

AuditStream::AuditStream(std::string name, std::unique_ptr<store::AppendLog> log,
                         const ChainState& state, const store::LogPosition& last)
    : name_(std::move(name)), log_(std::move(log)), chain_(state) {
  end_.publish({.state = state, .last = last});
}

Result<void> AuditStream::append(const RequestRecord& record) {
  members_.clear();
  append_members(members_, record);
  return append_members_text();
}

Result<void> AuditStream::append(const ControlEvent& event, const Clock& clock,
                                 std::string_view id) {
  members_.clear();
  append_members(members_, event, clock.wall(), id);
  return append_members_text();
}

Result<void> AuditStream::append_members_text() {
  // What waits goes first: the order of the chain is the order in which requests ended.
  Result<void> written;
  if (backlog_.empty() || retry()) {
    written = write_line(members_);
    if (written) return written;
  } else {
    written =
        refuse(audit_unavailable(fmt::format("{} records wait to be written", backlog_.size())));
  }
  add(failures_);
  if (backlog_bytes_ + members_.size() > kMaxBacklogBytes) {
    add(lost_);
  } else {
    backlog_bytes_ += members_.size();
    backlog_.push_back(members_);
    waiting_.store(backlog_.size(), std::memory_order_relaxed);
  }
  return written;
}

bool AuditStream::retry() {
  while (!backlog_.empty()) {
    if (!write_line(backlog_.front())) return false;
    backlog_bytes_ -= backlog_.front().size();
    backlog_.pop_front();
    waiting_.store(backlog_.size(), std::memory_order_relaxed);
  }
  return true;
}

Result<void> AuditStream::write_line(std::string_view members) {
  const std::string_view line = chain_.build(members);
  const auto position = log_->append(line);
  if (!position) return refuse(audit_unavailable(position.error().reason));
  chain_.commit();
  end_.publish({.state = chain_.state(), .last = *position});
  add(records_);
  add(bytes_, line.size() + 1);
  return {};
}

bool AuditStream::healthy() const {
  return waiting_.load(std::memory_order_relaxed) == 0 && log_->healthy();
}

AuditStream::Stats AuditStream::stats() const {
  return {.records = records_.load(std::memory_order_relaxed),
          .bytes = bytes_.load(std::memory_order_relaxed),
          .failures = failures_.load(std::memory_order_relaxed),
          .lost = lost_.load(std::memory_order_relaxed),
          .backlog = waiting_.load(std::memory_order_relaxed)};
}

AuditLog::AuditLog(const AuditOptions& options, const Clock& clock, Random& random)
    : options_(options), clock_(clock), random_(random) {}

Result<std::unique_ptr<AuditLog>> AuditLog::open(const AuditOptions& options, const Clock& clock,
                                                 Random& random) {
  std::unique_ptr<AuditLog> audit(new AuditLog(options, clock, random));
  std::error_code error;
  std::filesystem::create_directories(options.dir, error);
  if (error) {
    return refuse(
        audit_unavailable(fmt::format("making {}: {}", options.dir.string(), error.message())));
  }
  std::filesystem::permissions(options.dir, std::filesystem::perms::owner_all, error);

  const auto text = read_head(options.dir);
  if (!text) return refuse(text.error());
  std::optional<Head> head;
  if (*text) {
    auto parsed = parse_head(**text);
    if (!parsed) return refuse(parsed.error());
    head = std::move(*parsed);
  }
  // A new key is made only where there is nothing yet: a log whose key was lost must not go on
  // under another one as if nothing had happened.
  const bool have_key = std::filesystem::exists(options.key_file, error);
  auto keys = have_key || head ? read_audit_keys(options.key_file)
                               : make_audit_keys(options.key_file, random);
  if (!keys) return refuse(keys.error());
  if (head && head->public_key != keys->public_key) {
    return refuse(audit_unavailable(
        fmt::format("head.json was signed by another key than {}", options.key_file.string())));
  }
  audit->keys_ = std::move(*keys);
  if (auto opened = audit->open_streams(head); !opened) return refuse(opened.error());
  // The first head goes out before the first record, so that records without a head are damage, and
  // those behind the head of a clean stop too.
  if (auto sealed = audit->seal(); !sealed) return refuse(sealed.error());
  audit->sealer_ = std::thread(&AuditLog::seal_loop, audit.get());
  return audit;
}

Result<void> AuditLog::open_streams(const std::optional<Head>& head) {
  if (head) head_ = *head;
  head_.public_key = keys_.public_key;
  if (head_.closed) {
    if (auto fine = check_nothing_follows(options_.dir, head_); !fine) return fine;
  }
  for (size_t i = 0; i < options_.streams; ++i) {
    auto stream = open_stream(fmt::format("loop-{}", i));
    if (!stream) return refuse(stream.error());
    streams_.push_back(std::move(*stream));
  }
  auto control = open_stream(std::string(kControl));
  if (!control) return refuse(control.error());
  control_ = std::move(*control);
  return recover_other_streams();
}

Result<std::unique_ptr<AuditStream>> AuditLog::open_stream(const std::string& name) {
  const StreamHead* known = head_.find(name);
  if (known == nullptr) {
    if (!store::list_segments(options_.dir, name).empty()) {
      return refuse(audit_unavailable(fmt::format(
          "{} holds records of stream {}, but its head does not", options_.dir.string(), name)));
    }
    head_.streams.push_back(
        {.name = name, .state = chain_start(name, keys_.public_key), .last = {}});
    known = &head_.streams.back();
  }
  auto log = store::AppendLog::open({.dir = options_.dir,
                                     .name = name,
                                     .segment_bytes = options_.segment_bytes,
                                     .floor = known->last});
  if (!log && log.error().code == "log_damaged") {
    return refuse(audit_unavailable(fmt::format(
        "the log of stream {} ends before its last sealed record {} or is damaged there: {}", name,
        known->state.seq, log.error().reason)));
  }
  if (!log) return refuse(audit_unavailable(log.error().reason));
  if ((*log)->recovery().torn_bytes != 0) {
    log::warn("audit_record_cut", {{"stream", name},
                                   {"bytes", (*log)->recovery().torn_bytes},
                                   {"segment", (*log)->recovery().torn_at.segment},
                                   {"offset", (*log)->recovery().torn_at.offset}});
  }
  const auto end = find_end(options_.dir, *known);
  if (!end) return refuse(end.error());
  return std::unique_ptr<AuditStream>(
      new AuditStream(name, std::move(*log), end->state, end->last));
}

/// Seals what a crash left in the streams that are not written to now, since there are fewer loops:
/// else the head of a clean stop would not cover it.
Result<void> AuditLog::recover_other_streams() {
  for (StreamHead& each : head_.streams) {
    const bool in_use = each.name == kControl ||
                        std::any_of(streams_.begin(), streams_.end(), [&](const auto& stream) {
                          return stream->name() == each.name;
                        });
    if (in_use) continue;
    const auto stream = open_stream(each.name);
    if (!stream) return refuse(stream.error());
    const PublishedEnd::End end = (*stream)->end_.read();
    each.state = end.state;
    each.last = end.last;
  }
  return {};
}

AuditLog::~AuditLog() {
  {
    const std::scoped_lock lock(stop_mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  if (!sealer_.joinable()) return;  // never opened
  sealer_.join();
  for (const auto& stream : streams_) stream->retry();
  control_->retry();
  if (auto sealed = seal_as(/*closed=*/true); !sealed) {
    log::error("audit_seal_failed", {{"reason", sealed.error().reason}});
  }
}

Result<void> AuditLog::note(const ControlEvent& event) {
  const std::scoped_lock lock(control_mutex_);
  return control_->append(event, clock_, make_id("evt_", clock_, random_));
}

bool AuditLog::healthy() const {
  if (!seal_works_.load(std::memory_order_relaxed)) return false;
  for (const auto& stream : streams_) {
    if (!stream->healthy()) return false;
  }
  return true;
}

void AuditLog::seal_loop() {
  std::unique_lock lock(stop_mutex_);
  while (!stopped_.wait_for(lock, options_.seal_every, [this] { return stop_; })) {
    lock.unlock();
    if (auto sealed = seal(); !sealed && seal_works_.exchange(false)) {
      log::error("audit_seal_failed", {{"reason", sealed.error().reason}});
    } else if (sealed && !seal_works_.exchange(true)) {
      log::info("audit_seal_works_again");
    }
    lock.lock();
  }
}

Result<void> AuditLog::seal() {
  return seal_as(/*closed=*/false);
}

Result<void> AuditLog::seal_as(bool closed) {
  const std::scoped_lock lock(seal_mutex_);
  auto sealed = seal_locked(closed);
  if (sealed) {
    seals_.fetch_add(1, std::memory_order_relaxed);
  } else {
    seal_failures_.fetch_add(1, std::memory_order_relaxed);
  }
  return sealed;
}

Result<void> AuditLog::seal_locked(bool closed) {
  Head next = head_;
  next.closed = closed;
  bool changed = closed || !head_written_;
  const auto advance = [&next, &changed](const AuditStream& stream, const PublishedEnd::End& end) {
    for (StreamHead& each : next.streams) {
      if (each.name != stream.name() || each.state == end.state) continue;
      each.state = end.state;
      each.last = end.last;
      changed = true;
    }
  };
  for (const auto& stream : streams_) advance(*stream, stream->end_.read());
  advance(*control_, control_->end_.read());
  if (!changed && seal_works_.load(std::memory_order_relaxed)) return {};

  // Records first, head last: after a loss of power the head must not promise what is gone.
  for (const auto& stream : streams_) {
    if (auto synced = stream->log_->sync(); !synced) return synced;
  }
  if (auto synced = control_->log_->sync(); !synced) return synced;
  next.number = head_.number + 1;
  next.time.clear();
  append_rfc3339(next.time, clock_.wall());
  const auto text = sign_head(next, keys_);
  if (!text) return refuse(text.error());
  if (auto written = write_head(options_.dir, *text); !written) return written;
  head_ = std::move(next);
  head_written_ = true;
  return {};
}

}  // namespace gatehouse::settlement
