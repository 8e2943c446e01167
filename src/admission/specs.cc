#include "admission/specs.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "admission/ip_range.h"

namespace gatehouse::admission {
namespace {

constexpr size_t kMaxIdChars = 64;
constexpr size_t kMaxModels = 1000;
constexpr size_t kMaxIpRanges = 1000;
constexpr size_t kMaxNameBytes = 200;

Result<void> not_negative(const std::optional<int64_t>& value, std::string_view field) {
  if (!value || *value >= 0) return {};
  return refuse(Refusal::invalid(std::string(field), "expected a number that is not negative"));
}

Result<void> within(Result<void> result, std::string_view field) {
  if (result) return result;
  Refusal refusal = std::move(result.error());
  const bool index = refusal.param.starts_with('[');
  refusal.param = std::string(field) + (refusal.param.empty() || index ? "" : ".") + refusal.param;
  return refuse(std::move(refusal));
}

Result<void> check_id(std::string_view id, std::string_view field) {
  if (is_valid_id(id)) return {};
  return refuse(
      Refusal::invalid(std::string(field), "expected 1 to 64 of a-z, 0-9, '-', '_' and '.'"));
}

Result<void> check_name(std::string_view name) {
  if (name.size() <= kMaxNameBytes) return {};
  return refuse(Refusal::invalid("name", "expected at most 200 bytes"));
}

Result<void> check_pattern(std::string_view pattern, std::string field) {
  const size_t star = pattern.find('*');
  if (!pattern.empty() && pattern.size() <= kMaxNameBytes &&
      (star == std::string_view::npos || star + 1 == pattern.size())) {
    return {};
  }
  return refuse(
      Refusal::invalid(std::move(field), "expected a model's name, or its beginning and '*'"));
}

std::string at(std::string_view field, size_t index) {
  return std::string(field) + "[" + std::to_string(index) + "]";
}

Result<void> check_models(const std::vector<std::string>& models) {
  if (models.size() > kMaxModels) {
    return refuse(Refusal::invalid("models", "expected at most 1000 entries"));
  }
  for (size_t i = 0; i < models.size(); ++i) {
    if (auto fine = check_pattern(models[i], at("models", i)); !fine) return fine;
  }
  return {};
}

/// Whether `pattern` ("gpt-4*", "gpt-4o") covers `model`.
bool covers(std::string_view pattern, std::string_view model) {
  if (!pattern.ends_with('*')) return pattern == model;
  return model.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

std::string_view to_string(Period period) {
  return period == Period::day ? "day" : "month";
}

std::optional<Period> parse_period(std::string_view name) {
  if (name == "day") return Period::day;
  if (name == "month") return Period::month;
  return std::nullopt;
}

std::string_view to_string(Role role) {
  return role == Role::admin ? "admin" : "data";
}

std::optional<Role> parse_role(std::string_view name) {
  if (name == "data") return Role::data;
  if (name == "admin") return Role::admin;
  return std::nullopt;
}

bool is_valid_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxIdChars && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

std::optional<Price> Price::parse(std::string_view dollars_per_million_tokens) {
  const auto money = Money::parse(dollars_per_million_tokens);
  if (!money) return std::nullopt;
  return Price{money->nanos};
}

Result<void> validate(const LimitSpec& spec) {
  if (auto fine = not_negative(spec.requests_per_minute, "requests_per_minute"); !fine) return fine;
  if (auto fine = not_negative(spec.tokens_per_minute, "tokens_per_minute"); !fine) return fine;
  return not_negative(spec.max_concurrency, "max_concurrency");
}

Result<void> validate(const std::vector<BudgetSpec>& specs) {
  std::array<bool, 2> seen{};
  for (size_t i = 0; i < specs.size(); ++i) {
    const BudgetSpec& spec = specs[i];
    const std::string field = "[" + std::to_string(i) + "]";
    if (!spec.money && !spec.tokens) {
      return refuse(Refusal::invalid(field, "expected a limit in money or tokens"));
    }
    if ((spec.money && spec.money->nanos < 0) || (spec.tokens && *spec.tokens < 0)) {
      return refuse(Refusal::invalid(field, "expected limits that are not negative"));
    }
    if (std::exchange(seen[static_cast<size_t>(spec.period)], true)) {
      return refuse(Refusal::invalid(field, "expected one budget for each period"));
    }
  }
  return {};
}

Result<void> validate(const TenantSpec& spec) {
  if (auto fine = check_id(spec.id, "id"); !fine) return fine;
  if (auto fine = check_name(spec.name); !fine) return fine;
  if (auto fine = check_models(spec.models); !fine) return fine;
  if (auto fine = within(validate(spec.limits), "limits"); !fine) return fine;
  return within(validate(spec.budgets), "budgets");
}

Result<void> validate(const UserSpec& spec) {
  if (auto fine = check_id(spec.id, "id"); !fine) return fine;
  if (auto fine = check_id(spec.tenant, "tenant"); !fine) return fine;
  if (auto fine = check_name(spec.name); !fine) return fine;
  return within(validate(spec.budgets), "budgets");
}

Result<void> validate(const KeySpec& spec) {
  if (auto fine = check_id(spec.id, "id"); !fine) return fine;
  if (auto fine = check_id(spec.tenant, "tenant"); !fine) return fine;
  if (!spec.user.empty()) {
    if (auto fine = check_id(spec.user, "user"); !fine) return fine;
  }
  if (auto fine = check_name(spec.name); !fine) return fine;
  if (auto fine = check_models(spec.models); !fine) return fine;
  if (spec.ip_ranges.size() > kMaxIpRanges) {
    return refuse(Refusal::invalid("ip_ranges", "expected at most 1000 entries"));
  }
  for (size_t i = 0; i < spec.ip_ranges.size(); ++i) {
    if (IpRange::parse(spec.ip_ranges[i])) continue;
    return refuse(Refusal::invalid(
        at("ip_ranges", i),
        "expected an address or a range like 10.0.0.0/8 or 2001:db8::/32 with no bits behind it"));
  }
  if ((spec.roles & (roles_of(Role::data) | roles_of(Role::admin))) != spec.roles ||
      spec.roles == 0) {
    return refuse(Refusal::invalid("roles", "expected data, admin or both"));
  }
  if (auto fine = within(validate(spec.limits), "limits"); !fine) return fine;
  return within(validate(spec.budgets), "budgets");
}

Result<void> validate(const PriceSpec& spec) {
  if (spec.upstream.empty()) {
    return refuse(Refusal::invalid("upstream", "expected an upstream's name or '*'"));
  }
  if (auto fine = check_pattern(spec.model, "model"); !fine) return fine;
  for (const Price price : {spec.input, spec.cached_input.value_or(Price{}),
                            spec.cache_write_input.value_or(Price{}), spec.output}) {
    if (price.nanos_per_million >= 0) continue;
    return refuse(Refusal::invalid("input", "expected prices that are not negative"));
  }
  return {};
}

std::optional<WallTime> parse_date(std::string_view date) {
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') return std::nullopt;
  std::array<int, 3> numbers{};
  size_t part = 0;
  for (const char c : date) {
    if (c == '-') {
      ++part;
      continue;
    }
    if (c < '0' || c > '9' || part > 2) return std::nullopt;
    numbers[part] = numbers[part] * 10 + (c - '0');
  }
  const std::chrono::year_month_day day{std::chrono::year(numbers[0]),
                                        std::chrono::month(static_cast<unsigned>(numbers[1])),
                                        std::chrono::day(static_cast<unsigned>(numbers[2]))};
  if (part != 2 || !day.ok() || numbers[0] < 1970 || numbers[0] > 2200) return std::nullopt;
  return WallTime{std::chrono::sys_days(day).time_since_epoch()};
}

bool matches_model(const std::vector<std::string>& patterns, std::string_view model) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                         [model](const auto& p) { return covers(p, model); });
}

}  // namespace gatehouse::admission
