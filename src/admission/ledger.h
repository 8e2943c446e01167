#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "admission/budgets.h"
#include "admission/journal.h"
#include "core/result.h"
#include "store/append_log.h"

namespace gatehouse::admission {

/// What recovery found; for the log and the start's report.
struct LedgerRecovery {
  uint64_t records = 0;                 // read from journals, behind the snapshot
  uint64_t recovered_reservations = 0;  // open at the crash, settled at their bound
  Charge recovered;
  uint64_t torn_bytes = 0;
  std::vector<std::string> damage;  // in words, the first few; empty if all was well
  uint64_t damaged = 0;             // how many there were
  std::set<std::pair<std::string, uint64_t>> damaged_segments;  // journal, number
};

/// Whose and when: what the ledger's totals go by.
struct LedgerKey {
  ScopeKind kind = ScopeKind::key;
  std::string id;  // of a user: "tenant/user"
  Period period = Period::day;
  int32_t index = 0;
  auto operator<=>(const LedgerKey&) const = default;
};

struct LedgerTotals {
  Charge spent;      // everything settled, `recovered` and `overshoot` included
  Charge overshoot;  // above what had been reserved
  Charge recovered;  // settled at the bound after a crash
  Charge reserved;   // open now
  int64_t requests = 0;
  bool operator==(const LedgerTotals&) const = default;
};

/// The ledger as its files tell it: the snapshot, and the journals' records behind it. The same
/// code recovers at the start, folds finished segments while the server runs, and reads for
/// reports, so that all three agree. Not thread-safe.
class Ledger {
 public:
  Ledger() = default;
  Ledger(Ledger&&) = default;
  // The compiler's own name for an index.
  Ledger& operator=(Ledger&&) = default;  // NOLINT(bugprone-reserved-identifier)
  Ledger(const Ledger&) = delete;         // open reservations point to owners
  Ledger& operator=(const Ledger&) = delete;

  struct Journal {
    store::LogPosition folded;  // records before it are in the totals
    uint64_t next_number = 1;
  };

  /// Reads the snapshot in `dir` (none: an empty ledger). Refuses (`internal`, "ledger_corrupt") if
  /// it is damaged: guessing would hand out budget twice.
  static Result<Ledger> load(const std::filesystem::path& dir);
  /// Snapshot and all journal records: what a report shows. Works beside a running server.
  static Result<Ledger> read(const std::filesystem::path& dir);

  /// Takes in the records of journal `name` behind what is folded: to its end, or up to and without
  /// segment `before`. Damage is stepped over, counted and told in `recovery()`.
  void replay(const std::filesystem::path& dir, const std::string& name,
              uint64_t before = UINT64_MAX);
  /// Settles everything open at its bound, marked as recovered.
  void settle_open();
  /// Writes the snapshot: whole or not at all, on disk when it returns. Forgets days that ended
  /// over 400 days ago and months that ended over ten years ago.
  Result<void> save(const std::filesystem::path& dir);

  /// Of each owner and period, reservations that are open included.
  std::map<LedgerKey, LedgerTotals> totals() const;
  /// Of journal `name`, made if it is new.
  Journal& journal(const std::string& name) { return journals_[name].journal; }
  const LedgerRecovery& recovery() const { return recovery_; }
  /// So that `recovery` tells only what comes.
  void forget_recovery() { recovery_ = {}; }
  /// The latest day and month that anything was charged to.
  Periods latest() const { return latest_; }
  size_t open_reservations() const;

 private:
  struct Dated {
    int32_t index = 0;
    LedgerTotals totals;
  };
  struct Owner {
    ScopeKind kind = ScopeKind::key;
    std::string id;
    std::vector<Dated> periods[2];  // by Period; ascending
    LedgerTotals& at(Period period, int32_t index);
  };
  struct Open {
    Charge bound;
    Periods periods;
    Owner* owners[3] = {};
    int64_t wall_ms = 0;
    std::string request;
  };
  struct JournalState {
    Journal journal;
    std::unordered_map<uint64_t, Open> open;
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  Owner& owner(ScopeKind kind, std::string_view id);
  void apply(const std::string& name, std::string_view line, const store::LogPosition& at);
  bool reserve(JournalState& journal, const ReserveRecord& record);
  void charge(const Open& open, const Charge& used, bool recovered, bool released);
  void damaged(const std::string& name, const store::LogPosition& at, std::string_view what);
  Result<void> load_lines(std::string_view text);
  bool load_line(std::string_view line);
  void forget_old();

  std::unordered_map<std::string, std::unique_ptr<Owner>, TextHash, std::equal_to<>> owners_[3];
  std::map<std::string, JournalState> journals_;
  Periods latest_;
  uint64_t generation_ = 0;  // of the snapshot
  std::string scratch_;
  LedgerRecovery recovery_;
};

/// The first difference between two reports in words; empty if they agree.
std::string difference(const std::map<LedgerKey, LedgerTotals>& a,
                       const std::map<LedgerKey, LedgerTotals>& b);

/// The names of the journals in `dir` ("budget-0", …), and that of one event loop.
std::vector<std::string> list_journals(const std::filesystem::path& dir);
std::string journal_name(size_t loop);

/// Keeps a journal's segment from being deleted with those that are folded, as evidence.
Result<void> set_aside_damaged(const std::filesystem::path& dir, const std::string& name,
                               uint64_t segment);
/// The files in `dir` that were set aside and that nobody has moved since.
std::vector<std::filesystem::path> list_damaged(const std::filesystem::path& dir);

}  // namespace gatehouse::admission
