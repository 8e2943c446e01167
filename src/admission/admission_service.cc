#include <algorithm>
#include <condition_variable>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <unistd.h>

#include "admission/admission.h"
#include "core/log.h"
#include "store/file.h"

namespace gatehouse::admission {
namespace {

Result<void> at(std::string_view list, size_t index, Result<void> result) {
  if (result) return result;
  Refusal refusal = std::move(result.error());
  refusal.param = std::string(list) + "[" + std::to_string(index) + "]." + refusal.param;
  return refuse(std::move(refusal));
}

Result<void> fault(std::string_view list, size_t index, std::string_view field,
                   std::string message) {
  return refuse(
      Refusal::invalid(std::string(list) + "[" + std::to_string(index) + "]." + std::string(field),
                       std::move(message)));
}

std::string user_scope_id(const UserSpec& user) {
  return user.tenant + "/" + user.id;
}

}  // namespace

Result<void> validate(const AdmissionSpecs& specs) {
  std::unordered_set<std::string> tenants;
  for (size_t i = 0; i < specs.tenants.size(); ++i) {
    const TenantSpec& spec = specs.tenants[i];
    if (auto fine = at("tenants", i, validate(spec)); !fine) return fine;
    if (!tenants.insert(spec.id).second) return fault("tenants", i, "id", "expected each id once");
  }
  std::unordered_set<std::string> users;
  for (size_t i = 0; i < specs.users.size(); ++i) {
    const UserSpec& spec = specs.users[i];
    if (auto fine = at("users", i, validate(spec)); !fine) return fine;
    if (!tenants.contains(spec.tenant)) {
      return fault("users", i, "tenant", "expected the id of a tenant");
    }
    if (!users.insert(user_scope_id(spec)).second) {
      return fault("users", i, "id", "expected each id once in a tenant");
    }
  }
  std::unordered_set<std::string> keys;
  for (size_t i = 0; i < specs.keys.size(); ++i) {
    const KeySpec& spec = specs.keys[i].spec;
    if (auto fine = at("keys", i, validate(spec)); !fine) return fine;
    if (!keys.insert(spec.id).second) return fault("keys", i, "id", "expected each id once");
    if (!tenants.contains(spec.tenant)) {
      return fault("keys", i, "tenant", "expected the id of a tenant");
    }
    if (!spec.user.empty() && !users.contains(spec.tenant + "/" + spec.user)) {
      return fault("keys", i, "user", "expected the id of a user of the key's tenant");
    }
  }
  for (size_t i = 0; i < specs.prices.size(); ++i) {
    if (auto fine = at("prices", i, validate(specs.prices[i])); !fine) return fine;
  }
  return {};
}

/// The states by id. They are never dropped: an owner that goes and comes back finds its counters.
struct AdmissionService::Registry {
  std::mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<AccountState>> tenants;
  std::unordered_map<std::string, std::shared_ptr<UserState>> users;
  std::unordered_map<std::string, std::shared_ptr<AccountState>> accounts;  // of keys
  std::unordered_map<std::string, std::shared_ptr<KeyState>> keys;
  std::map<LedgerKey, LedgerTotals> recovered;  // of the latest day and month

  template <typename State>
  std::shared_ptr<State> find(std::unordered_map<std::string, std::shared_ptr<State>>& states,
                              ScopeKind kind, const std::string& id) {
    std::shared_ptr<State>& state = states[id];
    if (!state) {
      state = std::make_shared<State>();
      state->budget = std::make_shared<BudgetScope>(kind, id);
      for (auto it = recovered.lower_bound({kind, id, Period::day, INT32_MIN});
           it != recovered.end() && it->first.kind == kind && it->first.id == id; ++it) {
        state->budget->restore(it->first.period, it->first.index, it->second.spent,
                               it->second.overshoot);
      }
    }
    return state;
  }
};

AdmissionService::AdmissionService(AdmissionOptions options, const Pepper& pepper)
    : options_(std::move(options)), pepper_(pepper), registry_(std::make_unique<Registry>()) {}

AdmissionService::~AdmissionService() {
  folder_.request_stop();
  if (folder_.joinable()) folder_.join();
}

Result<std::unique_ptr<AdmissionService>> AdmissionService::open(const AdmissionOptions& options,
                                                                 const AdmissionSpecs& specs) {
  if (auto made = store::make_private_dir(options.dir); !made) return refuse(made.error());
  const auto pepper = Pepper::load_or_make(options.dir, *options.random);
  if (!pepper) return refuse(pepper.error());
  std::unique_ptr<AdmissionService> service(new AdmissionService(options, *pepper));
  if (auto recovered = service->recover(); !recovered) return refuse(recovered.error());
  if (auto updated = service->update(specs); !updated) return refuse(updated.error());
  AdmissionService* const raw = service.get();
  service->folder_ = std::jthread([raw](const std::stop_token& stop) { raw->fold_until(stop); });
  return service;
}

Result<void> AdmissionService::recover() {
  auto ledger = Ledger::load(options_.dir);
  if (!ledger) return refuse(ledger.error());
  // The journals are opened first: that locks them, and cuts off what a crash left unfinished.
  std::vector<std::unique_ptr<store::AppendLog>> journals;
  uint64_t torn_bytes = 0;
  for (size_t loop = 0; loop < options_.loops; ++loop) {
    store::AppendLogOptions log;
    log.dir = options_.dir;
    log.name = journal_name(loop);
    log.segment_bytes = options_.journal_segment_bytes;
    log.reserve_bytes = options_.journal_reserve_bytes;
    log.sync_every = options_.sync_every;
    log.keep_behind_holes = true;  // what stands there was spent, whatever the hole has taken
    log.first_segment = std::max<uint64_t>(ledger->journal(log.name).folded.segment, 1);
    auto journal = store::AppendLog::open(log);
    if (!journal) return refuse(journal.error());
    torn_bytes += (*journal)->recovery().torn_bytes;
    journals.push_back(std::move(*journal));
  }
  const auto names = list_journals(options_.dir);
  for (const std::string& name : names) ledger->replay(options_.dir, name);
  ledger->settle_open();
  for (const auto& journal : journals) {
    const auto start = journal->rotate();
    if (!start) return refuse(start.error());
    ledger->journal(journal->options().name).folded = *start;
  }
  if (auto saved = ledger->save(options_.dir); !saved) return saved;

  recovery_ = ledger->recovery();
  recovery_.torn_bytes += torn_bytes;
  set_aside(recovery_);
  for (const std::string& name : names) {
    const uint64_t before = ledger->journal(name).folded.segment;
    for (const uint64_t segment : store::list_segments(options_.dir, name)) {
      if (segment < before) {
        ::unlink(store::segment_path(options_.dir, name, segment).c_str());
      }
    }
  }
  if (recovery_.torn_bytes > 0) {
    log::warn("budget_journal_torn", {{"bytes", recovery_.torn_bytes},
                                      {"consequence", "its last, unfinished record is dropped"}});
  }
  if (recovery_.recovered_reservations > 0) {
    log::warn("reservations_recovered", {{"count", recovery_.recovered_reservations},
                                         {"usd", recovery_.recovered.money.to_string()},
                                         {"tokens", recovery_.recovered.tokens}});
  }
  const Periods latest = ledger->latest();
  const Periods today = periods_at(options_.clock->wall());
  if (latest.day > today.day + 1) {
    log::error("clock_behind_ledger", {{"ledger", period_name(Period::day, latest.day)},
                                       {"clock", period_name(Period::day, today.day)}});
  }
  periods_.at_least(latest);
  for (const auto& [key, totals] : ledger->totals()) {
    if (key.index >= (key.period == Period::day ? latest.day : latest.month)) {
      registry_->recovered.emplace(key, totals);
    }
  }
  for (auto& journal : journals) {
    const uint64_t first = ledger->journal(journal->options().name).next_number;
    loops_.emplace_back(new Admission(*this, std::move(journal), first));
  }
  folded_ = std::move(*ledger);
  return {};
}

Result<void> AdmissionService::update(const AdmissionSpecs& specs) {
  if (auto fine = validate(specs); !fine) return fine;
  const std::lock_guard lock(registry_->mutex);
  std::unordered_map<std::string, std::shared_ptr<const TenantEntry>> tenants;
  for (const TenantSpec& spec : specs.tenants) {
    auto entry = std::make_shared<TenantEntry>();
    entry->spec = spec;
    entry->state = registry_->find(registry_->tenants, ScopeKind::tenant, spec.id);
    entry->state->budget->set_limits(spec.budgets);
    tenants.emplace(spec.id, std::move(entry));
  }
  std::unordered_map<std::string, std::shared_ptr<const UserEntry>> users;
  for (const UserSpec& spec : specs.users) {
    auto entry = std::make_shared<UserEntry>();
    entry->spec = spec;
    entry->state = registry_->find(registry_->users, ScopeKind::user, user_scope_id(spec));
    entry->state->budget->set_limits(spec.budgets);
    users.emplace(user_scope_id(spec), std::move(entry));
  }
  std::vector<std::shared_ptr<const KeyEntry>> keys;
  keys.reserve(specs.keys.size());
  std::unordered_set<const KeyState*> usable;
  for (const KeyRecord& record : specs.keys) {
    auto entry = std::make_shared<KeyEntry>();
    entry->record = record;
    for (const std::string& range : record.spec.ip_ranges) {
      entry->ip_ranges.push_back(*IpRange::parse(range));
    }
    entry->tenant = tenants.at(record.spec.tenant);
    if (!record.spec.user.empty()) {
      entry->user = users.at(record.spec.tenant + "/" + record.spec.user);
    }
    entry->account = registry_->find(registry_->accounts, ScopeKind::key, record.account());
    entry->account->budget->set_limits(record.spec.budgets);
    std::shared_ptr<KeyState>& state = registry_->keys[record.spec.id];
    if (!state) state = std::make_shared<KeyState>();
    entry->state = state;
    entry->state->expires.store(record.spec.expires.value_or(WallTime::max()),
                                std::memory_order_relaxed);
    if (!record.revoked && !entry->tenant->spec.suspended) usable.insert(entry->state.get());
    keys.push_back(std::move(entry));
  }
  for (const auto& [id, state] : registry_->keys) {
    state->revoked.store(!usable.contains(state.get()), std::memory_order_relaxed);
  }
  auto next = std::make_shared<const AdmissionSnapshot>(
      AdmissionSnapshot{KeyTable(std::move(keys)), PriceTable(specs.prices)});
  {
    const std::lock_guard snapshot_lock(snapshot_mutex_);
    snapshot_ = std::move(next);
  }
  version_.fetch_add(1, std::memory_order_release);
  return {};
}

bool AdmissionService::revoke(std::string_view key_id) {
  const std::lock_guard lock(registry_->mutex);
  const auto found = registry_->keys.find(std::string(key_id));
  if (found == registry_->keys.end()) return false;
  found->second->revoked.store(true, std::memory_order_relaxed);
  return true;
}

bool AdmissionService::healthy() const {
  return std::all_of(loops_.begin(), loops_.end(),
                     [](const auto& loop) { return loop->journal_->healthy(); });
}

std::vector<Balance> AdmissionService::balances() const {
  const Periods now = periods_.now(options_.clock->wall());
  std::vector<Balance> balances;
  const auto add = [&](const BudgetScope& scope) {
    for (const Period period : {Period::day, Period::month}) {
      const int32_t index = period == Period::day ? now.day : now.month;
      Balance balance{scope.kind(),        scope.id(), period, period_name(period, index),
                      scope.limit(period), {},         {},     {}};
      if (const BudgetCell* cell = scope.find(period, index)) {
        balance.spent = {Money{cell->spent_money.load()}, cell->spent_tokens.load()};
        balance.reserved = {
            Money{std::max<int64_t>(cell->committed_money.load() - balance.spent.money.nanos, 0)},
            std::max<int64_t>(cell->committed_tokens.load() - balance.spent.tokens, 0)};
        balance.overshoot = {Money{cell->overshoot_money.load()}, cell->overshoot_tokens.load()};
      }
      balances.push_back(std::move(balance));
    }
  };
  const std::lock_guard lock(registry_->mutex);
  for (const auto& [id, state] : registry_->tenants) add(*state->budget);
  for (const auto& [id, state] : registry_->users) add(*state->budget);
  for (const auto& [id, state] : registry_->accounts) add(*state->budget);
  std::sort(balances.begin(), balances.end(), [](const Balance& a, const Balance& b) {
    return std::tie(a.kind, a.id, a.period) < std::tie(b.kind, b.id, b.period);
  });
  return balances;
}

/// Tells of damage, and renames the segments that hold it before the folded ones are deleted.
void AdmissionService::set_aside(const LedgerRecovery& found) const {
  if (found.damaged == 0) return;
  log::error("budget_journal_damaged",
             {{"places", found.damaged}, {"first", found.damage.front()}});
  for (const auto& [name, segment] : found.damaged_segments) {
    if (auto aside = set_aside_damaged(options_.dir, name, segment); !aside) {
      log::error("budget_journal_not_kept", {{"reason", aside.error().reason}});
    }
  }
}

Result<void> AdmissionService::fold() {
  const std::lock_guard lock(fold_mutex_);
  bool changed = false;
  folded_.forget_recovery();
  for (const auto& loop : loops_) {
    const std::string& name = loop->journal_->options().name;
    const uint64_t current = loop->journal_->position().segment;
    if (folded_.journal(name).folded.segment >= current) continue;
    folded_.replay(options_.dir, name, current);
    changed = true;
  }
  if (!changed) return {};
  if (auto saved = folded_.save(options_.dir); !saved) return saved;
  set_aside(folded_.recovery());
  for (const auto& loop : loops_) {
    const std::string& name = loop->journal_->options().name;
    auto removed = store::remove_segments(options_.dir, name, folded_.journal(name).folded.segment);
    if (!removed) return removed;
  }
  return {};
}

void AdmissionService::fold_until(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!wake.wait_for(lock, stop, options_.fold_every, [&] { return stop.stop_requested(); })) {
    if (auto folded = fold(); !folded) {
      log::error("ledger_fold_failed", {{"reason", folded.error().reason}});
    }
  }
}

}  // namespace gatehouse::admission
