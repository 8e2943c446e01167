#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "admission/budgets.h"
#include "admission/identity.h"
#include "admission/keys.h"
#include "admission/ledger.h"
#include "admission/limits.h"
#include "admission/prices.h"
#include "admission/specs.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "store/append_log.h"

namespace gatehouse::admission {

class Admission;
class AdmissionService;

/// Internal: what the event loops read of the specs; swapped whole.
struct AdmissionSnapshot {
  KeyTable keys;
  PriceTable prices;
};

/// Everything that admission knows of the configuration; see `Directory` for the store's share.
struct AdmissionSpecs {
  std::vector<TenantSpec> tenants;
  std::vector<UserSpec> users;
  std::vector<KeyRecord> keys;
  std::vector<PriceSpec> prices;
};
/// Refuses with the fault's path as `param` ("keys[3].tenant"): a faulty spec, an id twice, a key
/// of an unknown tenant, a user of another one.
Result<void> validate(const AdmissionSpecs& specs);

/// An amount of budget that is held for a request until it is settled. Move-only. One that is
/// destroyed unsettled charges nothing and gives the amount back, with a note in the journal; so
/// settle what was streamed when a client leaves. Reserve and settle on the same event loop.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation() { release(); }

  /// Charges what was truly used and ends the reservation; the rest of it is free again. More than
  /// was reserved is charged too and counted as overshoot.
  void settle(const Charge& used);
  void release();

  bool open() const { return admission_ != nullptr; }
  const Charge& bound() const { return bound_; }

 private:
  friend class Admission;
  void finish(const Charge& used, bool released);

  Admission* admission_ = nullptr;
  uint64_t number_ = 0;
  Charge bound_;
  BudgetPlaces places_;
  std::shared_ptr<const KeyEntry> owner_;  // keeps the scopes of `places_`
};

/// Admission on one event loop: who asks, may they, is there room, is there money. Belongs to its
/// loop's thread; no call waits for anything.
///
///   auto principal = admission.authenticate(key, peer);
///   auto permit = admission.admit(*principal, model, estimate_tokens(...));
///   auto reservation = admission.reserve(*principal, {price->cost(...), bound.total()},
///   request_id); … the model answers … reservation->settle({price->cost(usage), usage.total()});
///   permit->finish(usage.total());
class Admission {
 public:
  ~Admission();
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// See `admission::authenticate`.
  Result<Principal> authenticate(std::string_view presented, std::string_view client_address);

  /// Refuses a model that the principal may not use (`permission`, "model_not_allowed") and what is
  /// above a limit (see `admission::admit`).
  Result<Permit> admit(const Principal& principal, std::string_view model,
                       int64_t estimated_tokens);

  /// Holds `bound` in every budget of the principal and writes that to the journal before it
  /// returns. Refuses as `reserve_budgets` does, and with `unavailable` while the journal can't be
  /// written. `request_id` (at most 64 bytes, no blanks) goes into the journal for people.
  Result<Reservation> reserve(const Principal& principal, const Charge& bound,
                              std::string_view request_id);

  /// Whether a limit of money or tokens holds for the principal: its key's, its user's or its
  /// tenant's, for the day or the month.
  bool budgeted(const Principal& principal) const;

  /// The price of a model today. No price and a money budget don't go together: see `quote`.
  std::optional<ModelPrice> price(std::string_view upstream, std::string_view model);

  /// What `bound` costs at `price`. With no price: nothing, unless a money budget applies to the
  /// principal; then refuses (`permission`, "model_not_priced"), since such a model would be a way
  /// around the budget.
  Result<Charge> quote(const Principal& principal, const std::optional<ModelPrice>& price,
                       const TokenBound& bound) const;

  /// Settlements that wait for a full or broken disk. They are charged in memory already.
  size_t unwritten() const { return unwritten_.size(); }
  const store::AppendLog& journal() const { return *journal_; }

 private:
  friend class AdmissionService;
  friend class Reservation;
  Admission(AdmissionService& service, std::unique_ptr<store::AppendLog> journal,
            uint64_t first_number);
  void settle(const Reservation& reservation, const Charge& used, bool released);
  const AdmissionSnapshot& snapshot();
  bool write_unwritten();

  AdmissionService& service_;
  KeyHasher hasher_;
  std::unique_ptr<store::AppendLog> journal_;
  uint64_t next_number_;
  uint64_t seen_version_ = 0;
  std::shared_ptr<const AdmissionSnapshot> snapshot_;
  std::string line_;
  std::vector<std::string> unwritten_;
};

struct AdmissionOptions {
  std::filesystem::path dir;  // for the pepper and the journals; made 0700
  size_t loops = 1;
  uint64_t journal_segment_bytes = uint64_t{16} << 20;
  uint64_t journal_reserve_bytes = uint64_t{1} << 20;
  std::chrono::milliseconds sync_every{100};
  /// The journals' finished segments are folded into the ledger's snapshot this often, so that the
  /// time to start and the disk space stay bounded.
  std::chrono::seconds fold_every{10};
  const Clock* clock = &Clock::system();
  Random* random = &Random::system();
};

/// What one owner has left in one period.
struct Balance {
  ScopeKind kind = ScopeKind::key;
  std::string id;
  Period period = Period::month;
  std::string period_name;  // "2026-11"
  BudgetScope::Limit limit;
  Charge spent;
  Charge reserved;
  Charge overshoot;  // part of spent
};

/// Admission of the whole program: keeps the snapshot of specs, the counters and the journals.
/// All functions are thread-safe except the event loops' own `Admission` objects.
class AdmissionService {
 public:
  /// Recovers the ledger: reservations that a crash left open are settled at their bound, since the
  /// provider may have billed them.
  static Result<std::unique_ptr<AdmissionService>> open(const AdmissionOptions& options,
                                                        const AdmissionSpecs& specs);
  ~AdmissionService();
  AdmissionService(const AdmissionService&) = delete;
  AdmissionService& operator=(const AdmissionService&) = delete;

  /// Swaps all specs; counters stay. On error the old specs stay. Revoked keys are refused, and
  /// their principals invalid, before this returns.
  Result<void> update(const AdmissionSpecs& specs);
  /// Revokes one key now, until an `update` says otherwise (so mark it in the store first); false
  /// if it is unknown.
  bool revoke(std::string_view key_id);

  /// The loop's own; `index` below `options.loops`.
  Admission& loop(size_t index) { return *loops_[index]; }

  /// False while a journal can't be written: no new request can be reserved then.
  bool healthy() const;
  const Pepper& pepper() const { return pepper_; }
  /// Every owner's balances for the current day and month, from memory.
  std::vector<Balance> balances() const;
  /// What the start found: reservations settled at their bound, torn tails.
  const LedgerRecovery& recovery() const { return recovery_; }
  /// Segments of journals that were damaged, until an operator has moved them. Reads the folder.
  std::vector<std::filesystem::path> damaged_segments() const { return list_damaged(options_.dir); }
  /// Folds finished journal segments into the ledger's snapshot now.
  Result<void> fold();

 private:
  friend class Admission;
  AdmissionService(AdmissionOptions options, const Pepper& pepper);
  Result<void> recover();
  void fold_until(const std::stop_token& stop);
  void set_aside(const LedgerRecovery& found) const;
  struct Registry;

  AdmissionOptions options_;
  Pepper pepper_;
  mutable PeriodClock periods_;
  LedgerRecovery recovery_;
  std::unique_ptr<Registry> registry_;
  std::mutex fold_mutex_;
  Ledger folded_;  // under fold_mutex_: what the snapshot file says
  std::atomic<uint64_t> version_{0};
  mutable std::mutex snapshot_mutex_;
  std::shared_ptr<const AdmissionSnapshot> snapshot_;
  std::vector<std::unique_ptr<Admission>> loops_;
  std::jthread folder_;
};

}  // namespace gatehouse::admission
