// What the admin API tells and doesn't change: usage, budgets, configuration, health.
#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "admission/ledger.h"
#include "config/keys.h"
#include "control/admin_routes.h"

namespace gatehouse::control {
namespace {

boost::json::object charge_json(const admission::Charge& charge) {
  return {{"usd", charge.money.to_string()}, {"tokens", charge.tokens}};
}

/// A user's scope is "tenant/user"; a key's tenant is looked up.
std::string tenant_of(const admission::LedgerKey& key, const admission::AdmissionSpecs& specs) {
  switch (key.kind) {
    case admission::ScopeKind::tenant:
      return key.id;
    case admission::ScopeKind::user:
      return key.id.substr(0, key.id.find('/'));
    case admission::ScopeKind::key:
      break;
  }
  for (const admission::KeyRecord& record : specs.keys) {
    if (record.spec.id == key.id) return record.spec.tenant;
  }
  return {};
}

}  // namespace

AdminResponse AdminRoutes::usage() {
  const std::string tenant = query("tenant");
  const std::string by = query("by");
  const std::string period = query("period");
  if (!by.empty() && by != "tenant" && by != "user" && by != "key") {
    return problem(bad_query("by", "Expected tenant, user or key."));
  }
  if (!period.empty() && !admission::parse_period(period)) {
    return problem(bad_query("period", "Expected day or month."));
  }
  const auto ledger = admission::Ledger::read(control_.dir().admission());
  if (!ledger) return problem(ledger.error());
  const admission::AdmissionSpecs specs = control_.merged(*control_.config_);
  boost::json::array rows;
  for (const auto& [key, totals] : ledger->totals()) {
    if (to_string(key.kind) != (by.empty() ? "tenant" : by)) continue;
    if (to_string(key.period) != (period.empty() ? "month" : period)) continue;
    const std::string owner = tenant_of(key, specs);
    if (!tenant.empty() && owner != tenant) continue;
    boost::json::object row{{"kind", to_string(key.kind)},
                            {"id", key.id},
                            {"tenant", owner},
                            {"period", admission::period_name(key.period, key.index)},
                            {"requests", totals.requests},
                            {"spent", charge_json(totals.spent)},
                            {"reserved", charge_json(totals.reserved)}};
    if (totals.overshoot != admission::Charge{}) row["overshoot"] = charge_json(totals.overshoot);
    if (totals.recovered != admission::Charge{}) row["recovered"] = charge_json(totals.recovered);
    rows.push_back(std::move(row));
  }
  return answer(200, {{"usage", std::move(rows)}});
}

AdminResponse AdminRoutes::budgets() {
  if (!control_.hooks_.balances) {
    Refusal refusal;
    refusal.kind = ErrorKind::unavailable;
    refusal.layer = Layer::control;
    refusal.code = "server_not_running";
    refusal.message = "Balances are kept by the running server; `usage` reads the ledger.";
    return problem(refusal);
  }
  boost::json::array rows;
  for (const admission::Balance& balance : control_.hooks_.balances()) {
    if (!balance.limit.money && !balance.limit.tokens) continue;
    boost::json::object limit;
    if (balance.limit.money) limit["usd"] = balance.limit.money->to_string();
    if (balance.limit.tokens) limit["tokens"] = *balance.limit.tokens;
    rows.push_back(boost::json::object{{"kind", to_string(balance.kind)},
                                       {"id", balance.id},
                                       {"period", balance.period_name},
                                       {"limit", std::move(limit)},
                                       {"spent", charge_json(balance.spent)},
                                       {"reserved", charge_json(balance.reserved)}});
  }
  return answer(200, {{"budgets", std::move(rows)}});
}

AdminResponse AdminRoutes::config() {
  const config::Config& config = *control_.config_;
  boost::json::object out{{"file", config.file.string()}};
  out["config"] = config::to_json(config::root_schema(), &config);
  return answer(200, out);
}

AdminResponse AdminRoutes::health() {
  boost::json::array problems;
  if (control_.hooks_.problems) {
    for (const auto& [name, what] : control_.hooks_.problems()) {
      problems.push_back(boost::json::object{{"name", name}, {"detail", what}});
    }
  }
  if (const size_t unwritten = control_.registry_->unwritten().size(); unwritten > 0) {
    problems.push_back(boost::json::object{
        {"name", "control_db"},
        {"detail", fmt::format("{} revoked keys are refused, but control.db can't be written: they "
                               "would be taken again after a restart.",
                               unwritten)}});
  }
  const bool well = problems.empty();
  return answer(200, {{"status", well ? "ok" : "degraded"},
                      {"problems", std::move(problems)},
                      {"tenants", control_.merged(*control_.config_).tenants.size()}});
}

}  // namespace gatehouse::control
