#include "config/config.h"
#include "config/describe.h"
#include "config/keys.h"

namespace gatehouse::config {
namespace {

const Schema& firewall_schema() {
  static const Schema schema = [] {
    Describe<FirewallSpec> d("firewall", "What is looked for in prompts and answers.");
    d.boolean("enabled", &FirewallSpec::enabled,
              "Off: nothing is inspected. For measuring, not for production.");
    d.objects("policies", &FirewallSpec::policies, policy_schema(),
              "Policies that models, keys and tenants name. `default` is there in any case.")
        .range(0, 1000);
    return d.done();
  }();
  return schema;
}

const Schema& budgets_schema() {
  static const Schema schema = [] {
    Describe<BudgetsSpec> d("budgets", "The budgets of tenants, users and keys.");
    d.boolean("enabled", &BudgetsSpec::enabled,
              "Off: nothing is reserved, counted or refused. For measuring, not for production.");
    return d.done();
  }();
  return schema;
}

}  // namespace

const Schema& root_schema() {
  static const Schema schema = [] {
    Describe<Config> d("gatehouse", "The configuration of Gatehouse.");
    d.text("data_dir", &Config::data_dir,
           "Where keys, budgets and audit records are kept. `--data` overrides it.")
        .path();
    d.object("server", &Config::server, server_schema(), server_schema().doc());
    d.object("admin", &Config::admin, admin_schema(), admin_schema().doc());
    d.object("log", &Config::log, log_schema(), log_schema().doc());
    d.object("engine", &Config::engine, engine_schema(), engine_schema().doc());
    d.objects("upstreams", &Config::upstreams, upstream_schema(), "Servers that answer requests.");
    d.object("upstream_pool", &Config::pool, pool_schema(), pool_schema().doc());
    d.objects("models", &Config::models, model_schema(),
              "Model names that clients use, and where they lead.");
    d.object("firewall", &Config::firewall, firewall_schema(), firewall_schema().doc());
    d.objects("tenants", &Config::tenants, tenant_schema(),
              "Teams or customers. Others can be made with `gatehouse tenant create`.");
    d.objects("users", &Config::users, user_schema(),
              "People or programs of tenants, with budgets of their own.");
    d.objects("keys", &Config::keys, key_schema(),
              "Keys whose text comes from the environment or a file of its own.");
    d.objects("prices", &Config::prices, price_schema(), "What models cost.");
    d.object("budgets", &Config::budgets, budgets_schema(), budgets_schema().doc());
    d.object("audit", &Config::audit, audit_schema(), audit_schema().doc());
    return d.done();
  }();
  return schema;
}

}  // namespace gatehouse::config
