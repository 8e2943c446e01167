#pragma once

#include "config/schema.h"

/// All keys of gatehouse.yaml. The loader, gatehouse.schema.json, docs/configuration.md and
/// `GET /admin/v1/config` are all made from what these functions return. Thread-safe; what they
/// return lives as long as the program.
namespace gatehouse::config {

const Schema& root_schema();  // describes Config

const Schema& server_schema();       // ServerSpec
const Schema& admin_schema();        // AdminSpec
const Schema& log_schema();          // LogSpec
const Schema& pool_schema();         // net::ClientOptions
const Schema& audit_schema();        // AuditSpec
const Schema& engine_schema();       // inference::LocalEngineSpec
const Schema& upstream_schema();     // inference::UpstreamSpec
const Schema& model_schema();        // routing::AliasSpec
const Schema& policy_schema();       // firewall::PolicySpec
const Schema& tenant_schema();       // admission::TenantSpec
const Schema& user_schema();         // admission::UserSpec
const Schema& key_schema();          // KeyEntry
const Schema& key_request_schema();  // KeyEntry without its secret: what the admin API takes
const Schema& key_change_schema();   // KeyEntry, of which it names what can be changed
const Schema& price_schema();        // admission::PriceSpec
const Schema& limits_schema();       // admission::LimitSpec
const Schema& budget_schema();       // admission::BudgetSpec

}  // namespace gatehouse::config
