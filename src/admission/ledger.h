#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "admission/budgets.h"
#include "admission/journal.h"
#include "core/result.h"
#include "store/append_log.h"

namespace gatehouse::admission {

/// What recovery found; for the log and the start's report.
struct LedgerRecovery {
  uint64_t records = 0;
  uint64_t recovered_reservations = 0;  // open at the crash, settled at their bound
  Charge recovered;
  uint64_t torn_bytes = 0;
  std::vector<std::string> damage;  // in words; empty if all was well
};

/// Whose and when: the key of the ledger's totals.
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
  struct OpenReservation {
    ReserveRecord record;  // its views point into `text`
    std::string text;
  };
  struct JournalState {
    store::LogPosition folded;  // records before it are in the totals
    uint64_t next_number = 1;
    std::unordered_map<uint64_t, OpenReservation> open;
  };

  /// Reads the snapshot in `dir` (none: an empty ledger). Refuses (`internal`, "ledger_corrupt") if
  /// it is damaged: guessing would hand out budget twice.
  static Result<Ledger> load(const std::filesystem::path& dir);
  /// Snapshot and all journal records: what a report shows. Works beside a running server.
  static Result<Ledger> read(const std::filesystem::path& dir);

  /// Takes in the records of journal `name` behind what is folded: to its end, or up to and without
  /// segment `before`.
  Result<void> replay(const std::filesystem::path& dir, const std::string& name,
                      uint64_t before = UINT64_MAX);
  /// Takes in one record; false if it makes no sense (a settlement of nothing).
  bool apply(JournalState& journal, const JournalRecord& record);
  /// Settles everything open at its bound, marked as recovered.
  void settle_open();
  /// Writes the snapshot: whole or not at all, on disk when it returns. Forgets days that ended
  /// over 400 days ago.
  Result<void> save(const std::filesystem::path& dir) const;

  const std::map<LedgerKey, LedgerTotals>& totals() const { return totals_; }
  std::map<std::string, JournalState>& journals() { return journals_; }
  const LedgerRecovery& recovery() const { return recovery_; }
  Periods latest() const { return latest_; }

  /// Compares with the sum of records that `other` was built from; names the first difference.
  /// Empty = equal.
  std::string difference(const Ledger& other) const;

 private:
  void add(const ReserveRecord& record, const Charge& used, bool recovered, bool released);
  void hold(const ReserveRecord& record, int sign);
  template <typename Visit>
  void each_place(const ReserveRecord& record, Visit visit);

  std::map<LedgerKey, LedgerTotals> totals_;
  std::map<std::string, JournalState> journals_;
  Periods latest_;
  uint64_t generation_ = 0;  // of the snapshot
  LedgerRecovery recovery_;
};

/// The names of the journals in `dir` ("budget-0", …).
std::vector<std::string> list_journals(const std::filesystem::path& dir);
std::string journal_name(size_t loop);

}  // namespace gatehouse::admission
