#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/money.h"
#include "core/result.h"

/// What the configuration file, the admin API and the store say about who may do what: plain data,
/// checked by `validate`. The run-time forms (key table, limiters, budgets) are built from it.
namespace gatehouse::admission {

/// Absent = no limit; 0 = nothing is let through. Per minute means a bucket that holds one minute's
/// worth and refills evenly, so that a caller may burst up to the limit and then continues at the
/// limit's pace.
struct LimitSpec {
  std::optional<int64_t> requests_per_minute;
  std::optional<int64_t> tokens_per_minute;
  std::optional<int64_t> max_concurrency;
  bool operator==(const LimitSpec&) const = default;
};

enum class Period : unsigned char { day, month };  // of the UTC calendar
std::string_view to_string(Period period);
std::optional<Period> parse_period(std::string_view name);

/// At most this much in one period; at least one of the two is set. One spec per period and owner.
struct BudgetSpec {
  Period period = Period::month;
  std::optional<Money> money;
  std::optional<int64_t> tokens;  // input and output together
  bool operator==(const BudgetSpec&) const = default;
};

/// What a key may be used for.
enum class Role : unsigned char {
  data = 1,   // the model APIs
  admin = 2,  // the admin API
};
std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view name);
using Roles = unsigned char;  // Role values or-ed
constexpr Roles roles_of(Role role) {
  return static_cast<Roles>(role);
}

/// Ids of tenants, users and keys: 1 to 64 of a-z, 0-9, '-', '_' and '.'.
bool is_valid_id(std::string_view id);

struct TenantSpec {
  std::string id;
  std::string name;    // for people; may be empty
  std::string policy;  // the firewall policy's name; empty = the default one
  /// Model names that may be asked for; "*" at the end matches any rest ("gpt-4*"). Empty = all.
  std::vector<std::string> models;
  LimitSpec limits;
  std::vector<BudgetSpec> budgets;
  bool suspended = false;  // every key of it is refused
};

struct UserSpec {
  std::string id;
  std::string tenant;
  std::string name;
  std::vector<BudgetSpec> budgets;
};

struct KeySpec {
  std::string id;                   // public and short, part of the key's text; made by `make_key`
  std::string tenant;               // a TenantSpec's id
  std::string user;                 // a UserSpec's id, or empty
  std::string name;                 // for people
  std::string policy;               // the firewall policy's name; empty = the tenant's
  std::vector<std::string> models;  // narrows the tenant's; empty = what the tenant may use
  std::vector<std::string> ip_ranges;  // CIDR or one address, v4 or v6; empty = from anywhere
  std::optional<WallTime> expires;
  LimitSpec limits;
  std::vector<BudgetSpec> budgets;
  Roles roles = roles_of(Role::data);
};

/// Dollars per million tokens as an exact integer of nano-dollars: "0.075" is 75'000'000. Reads the
/// same decimals as `Money::parse`.
struct Price {
  int64_t nanos_per_million = 0;
  static std::optional<Price> parse(std::string_view dollars_per_million_tokens);
  bool operator==(const Price&) const = default;
};

/// The price of a model from a date on, until the next entry of the same upstream and model.
struct PriceSpec {
  std::string upstream;  // an upstream's name; "*" = any upstream that has no entry of its own
  std::string model;     // the model's name at the upstream; "*" at the end matches any rest
  WallTime from{};       // 00:00 UTC of the date; the epoch = since ever
  Price input;
  std::optional<Price> cached_input;       // absent = as input
  std::optional<Price> cache_write_input;  // likewise
  Price output;
};

/// Each refuses with the field at fault as `param` and what was expected as `message`.
Result<void> validate(const LimitSpec& spec);
Result<void> validate(const std::vector<BudgetSpec>& specs);
Result<void> validate(const TenantSpec& spec);
Result<void> validate(const UserSpec& spec);
Result<void> validate(const KeySpec& spec);
Result<void> validate(const PriceSpec& spec);

/// 00:00 UTC of "2026-11-24"; nullopt if it is not a date of the calendar.
std::optional<WallTime> parse_date(std::string_view date);

/// Whether `model` matches one of `patterns` (a name, or a beginning and "*"); empty = all.
bool matches_model(const std::vector<std::string>& patterns, std::string_view model);

}  // namespace gatehouse::admission
