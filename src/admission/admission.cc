#include "admission/admission.h"

#include <algorithm>
#include <utility>

#include "core/log.h"

namespace gatehouse::admission {
namespace {

/// Settlements that may wait for the disk; each is some 60 bytes. What does not fit is settled at
/// its bound by the next recovery.
constexpr size_t kMaxUnwritten = 65'536;

/// Of key, user and tenant; null where there is none.
std::array<BudgetScope*, 3> budgets_of(const Principal& principal) {
  const KeyEntry& key = principal.key();
  const UserEntry* const user = principal.user();
  return {key.account->budget.get(), user == nullptr ? nullptr : user->state->budget.get(),
          key.tenant->state->budget.get()};
}

bool any_budget(const Principal& principal, bool (BudgetScope::*is)() const) {
  const std::array<BudgetScope*, 3> scopes = budgets_of(principal);
  return std::any_of(scopes.begin(), scopes.end(),
                     [is](const BudgetScope* scope) { return scope != nullptr && (scope->*is)(); });
}

}  // namespace

Reservation::Reservation(Reservation&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)),
      number_(other.number_),
      bound_(other.bound_),
      places_(other.places_),
      owner_(std::move(other.owner_)) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  release();
  admission_ = std::exchange(other.admission_, nullptr);
  number_ = other.number_;
  bound_ = other.bound_;
  places_ = other.places_;
  owner_ = std::move(other.owner_);
  return *this;
}

void Reservation::settle(const Charge& used) {
  finish(used, false);
}

void Reservation::release() {
  finish({}, true);
}

void Reservation::finish(const Charge& used, bool released) {
  if (admission_ == nullptr) return;
  std::exchange(admission_, nullptr)->settle(*this, used, released);
  owner_.reset();
}

Admission::Admission(AdmissionService& service, std::unique_ptr<store::AppendLog> journal,
                     uint64_t first_number)
    : service_(service),
      hasher_(service.pepper_),
      journal_(std::move(journal)),
      next_number_(first_number) {}

Admission::~Admission() {
  if (!write_unwritten()) {
    log::error("settlements_lost", {{"count", unwritten_.size()},
                                    {"consequence", "settled at their bound at the next start"}});
  }
}

const AdmissionSnapshot& Admission::snapshot() {
  const uint64_t version = service_.version_.load(std::memory_order_acquire);
  if (version != seen_version_) {
    const std::lock_guard lock(service_.snapshot_mutex_);
    snapshot_ = service_.snapshot_;
    seen_version_ = version;
  }
  return *snapshot_;
}

Result<Principal> Admission::authenticate(std::string_view presented,
                                          std::string_view client_address) {
  return admission::authenticate(snapshot().keys, hasher_, presented, client_address,
                                 service_.options_.clock->wall());
}

Result<Permit> Admission::admit(const Principal& principal, std::string_view model,
                                int64_t estimated_tokens) {
  if (!principal.may_use_model(model)) {
    Refusal refusal;
    refusal.kind = ErrorKind::permission;
    refusal.layer = Layer::admission;
    refusal.code = "model_not_allowed";
    refusal.message =
        "The API key given may not use the model '" + std::string(model.substr(0, 200)) + "'.";
    refusal.param = "model";
    refusal.reason = "key " + principal.key_id() + " of tenant " + principal.tenant_id();
    return refuse(std::move(refusal));
  }
  const KeyEntry& key = principal.key();
  const TenantEntry& tenant = principal.tenant();
  return admission::admit(key.account->limits, key.record.spec.limits, tenant.state->limits,
                          tenant.spec.limits, principal.shared_key(), estimated_tokens,
                          *service_.options_.clock);
}

Result<Reservation> Admission::reserve(const Principal& principal, const Charge& bound,
                                       std::string_view request_id) {
  if (!write_unwritten() || !journal_->healthy()) {
    Refusal refusal;
    refusal.kind = ErrorKind::unavailable;
    refusal.layer = Layer::admission;
    refusal.code = "journal_unavailable";
    refusal.message = "The server cannot keep account of requests at the moment.";
    refusal.reason = "the budget journal " + journal_->options().name + " can't be written";
    refusal.retry_after = std::chrono::seconds(1);
    return refuse(std::move(refusal));
  }
  const Clock& clock = *service_.options_.clock;
  const WallTime wall = clock.wall();
  const Periods periods = service_.periods_.now(wall);
  const KeyEntry& key = principal.key();
  auto places = reserve_budgets(budgets_of(principal), bound, periods, clock);
  if (!places) return refuse(std::move(places.error()));

  ReserveRecord record;
  record.number = next_number_;
  record.wall_ms = unix_millis(wall);
  record.periods = periods;
  record.bound = bound;
  record.key = key.record.account();
  record.user = key.record.spec.user;
  record.tenant = key.record.spec.tenant;
  record.request = request_id;
  format(record, line_);
  if (auto written = journal_->append(line_); !written) {
    settle_budgets(*places, bound, {});
    return refuse(std::move(written.error()));
  }
  Reservation reservation;
  reservation.admission_ = this;
  reservation.number_ = next_number_++;
  reservation.bound_ = bound;
  reservation.places_ = *places;
  reservation.owner_ = principal.shared_key();
  return reservation;
}

void Admission::settle(const Reservation& reservation, const Charge& used, bool released) {
  settle_budgets(reservation.places_, reservation.bound_, used);
  SettleRecord record;
  record.number = reservation.number_;
  record.wall_ms = unix_millis(service_.options_.clock->wall());
  record.used = {Money{std::max<int64_t>(used.money.nanos, 0)}, std::max<int64_t>(used.tokens, 0)};
  record.released = released;
  format(record, line_);
  // The reserved space of the log is there for this moment: a full disk stops new reservations
  // first, and what is in flight can still be settled.
  if (write_unwritten() && journal_->append(line_)) return;
  if (unwritten_.size() < kMaxUnwritten) unwritten_.push_back(line_);
}

/// Writes what a full disk has held up; false if it still does.
bool Admission::write_unwritten() {
  if (unwritten_.empty()) return true;
  size_t written = 0;
  while (written < unwritten_.size() && journal_->append(unwritten_[written])) ++written;
  unwritten_.erase(unwritten_.begin(), unwritten_.begin() + static_cast<std::ptrdiff_t>(written));
  return unwritten_.empty();
}

bool Admission::budgeted(const Principal& principal) const {
  return any_budget(principal, &BudgetScope::has_limit);
}

std::optional<ModelPrice> Admission::price(std::string_view upstream, std::string_view model) {
  const ModelPrice* const price =
      snapshot().prices.find(upstream, model, service_.options_.clock->wall());
  return price == nullptr ? std::nullopt : std::optional(*price);
}

Result<Charge> Admission::quote(const Principal& principal, const std::optional<ModelPrice>& price,
                                const TokenBound& bound) const {
  if (price) return Charge{price->most(bound.input, bound.output), bound.total()};
  if (any_budget(principal, &BudgetScope::has_money_limit)) {
    Refusal refusal;
    refusal.kind = ErrorKind::permission;
    refusal.layer = Layer::admission;
    refusal.code = "model_not_priced";
    refusal.message = "This model has no price, so it can't be used under a budget in money.";
    refusal.param = "model";
    return refuse(std::move(refusal));
  }
  return Charge{Money{}, bound.total()};
}

}  // namespace gatehouse::admission
