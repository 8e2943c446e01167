#include <fmt/chrono.h>
#include <fmt/format.h>

#include "config/config.h"
#include "config/describe.h"
#include "config/keys.h"

namespace gatehouse::config {
namespace {

using admission::BudgetSpec;
using admission::KeySpec;
using admission::LimitSpec;
using admission::Period;
using admission::Price;
using admission::PriceSpec;
using admission::Role;
using admission::TenantSpec;
using admission::UserSpec;

constexpr const char* kIdWords = "1 to 64 of a-z, 0-9, '-', '_' and '.'";
constexpr const char* kIdPattern = "^[a-z0-9._-]{1,64}$";
constexpr int64_t kMost = 1'000'000'000'000;

boost::json::value print_money(Money money) {
  return boost::json::string(money.to_string());
}

/// Prices are read and written as money, since they are the same decimals.
boost::json::value print_price(Price price) {
  return boost::json::string(Money{price.nanos_per_million}.to_string());
}

std::string print_day(WallTime time) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

boost::json::value print_from(WallTime time) {
  if (time == WallTime{}) return nullptr;
  return boost::json::string(print_day(time));
}

/// A time of the day too, where it is not midnight: keys made for hours need it.
boost::json::value print_expiry(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  if (seconds % 86'400 == 0) return boost::json::string(print_day(time));
  return boost::json::string(fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds)));
}

std::optional<WallTime> parse_expiry(const std::string& text) {
  if (text.size() == 10) return admission::parse_date(text);
  if (text.size() != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != 'Z') {
    return std::nullopt;
  }
  auto time = admission::parse_date(text.substr(0, 10));
  const auto two = [&](size_t at) {
    const char high = text[at];
    const char low = text[at + 1];
    if (high < '0' || high > '9' || low < '0' || low > '9') return 99;
    return (high - '0') * 10 + (low - '0');
  };
  if (!time || two(11) > 23 || two(14) > 59 || two(17) > 59) return std::nullopt;
  return *time + std::chrono::seconds(two(11) * 3600 + two(14) * 60 + two(17));
}

std::optional<Money> parse_money(const std::string& text) {
  return Money::parse(text);
}
std::optional<Price> parse_price(const std::string& text) {
  return Price::parse(text);
}
std::optional<WallTime> parse_day(const std::string& text) {
  return admission::parse_date(text);
}

template <typename T, typename Member>
Key& price(Describe<T>& d, std::string name, Member member, std::string doc) {
  return d
      .parsed(std::move(name), Key::Type::decimal, member, parse_price, print_price, std::move(doc))
      .written("dollars with at most nine decimals, without a sign", "")
      .such_as("0.15");
}

template <typename T, typename Limits, typename Budgets>
void limits_and_budgets(Describe<T>& d, Limits limits, Budgets budgets) {
  d.object("limits", limits, limits_schema(), "Limits in time; what is not there is not limited.");
  d.objects("budgets", budgets, budget_schema(), "What may be spent; one for each period.")
      .range(0, 2);
}

/// What may be changed while a key stays the same: nothing that it may do or spend.
void describe_changes(Describe<KeyEntry>& d) {
  d.text(
      "name", [](KeyEntry& k) -> auto& { return k.spec.name; }, "For people.");
  d.text(
       "policy", [](KeyEntry& k) -> auto& { return k.spec.policy; },
       "Its firewall policy, where the model has none of its own.")
      .else_means("the tenant's");
}

void describe_key(Describe<KeyEntry>& d) {
  d.text(
       "tenant", [](KeyEntry& k) -> auto& { return k.spec.tenant; }, "The tenant's id.")
      .required()
      .written(kIdWords, kIdPattern);
  d.text(
       "user", [](KeyEntry& k) -> auto& { return k.spec.user; }, "The id of a user of the tenant.")
      .written(kIdWords, kIdPattern);
  describe_changes(d);
  d.texts(
       "models", [](KeyEntry& k) -> auto& { return k.spec.models; },
       "Models that it may use, out of the tenant's; `*` at the end matches any rest.")
      .else_means("the tenant's");
  d.texts(
       "ip_ranges", [](KeyEntry& k) -> auto& { return k.spec.ip_ranges; },
       "Addresses and CIDR ranges that it may be used from.")
      .else_means("from anywhere");
  d.parsed(
       "expires", Key::Type::text, [](KeyEntry& k) -> auto& { return k.spec.expires; },
       parse_expiry, print_expiry, "From when on it is refused; a date is its 00:00 UTC.")
      .written("a date, YYYY-MM-DD", "")
      .such_as("2027-01-31")
      .else_means("never");
  limits_and_budgets(
      d, [](KeyEntry& k) -> auto& { return k.spec.limits; },
      [](KeyEntry& k) -> auto& { return k.spec.budgets; });
  d.choices(
       "roles", {"data", "admin"},
       [](KeyEntry& k, const std::vector<std::string>& names) {
         k.spec.roles = 0;
         for (const std::string& name : names) {
           k.spec.roles = static_cast<admission::Roles>(
               k.spec.roles | admission::roles_of(name == "admin" ? Role::admin : Role::data));
         }
       },
       [](const KeyEntry& k) {
         std::vector<std::string_view> names;
         for (const Role role : {Role::data, Role::admin}) {
           if ((k.spec.roles & admission::roles_of(role)) != 0) names.push_back(to_string(role));
         }
         return names;
       },
       "What it is for: `data` is the model APIs, `admin` the admin API.")
      .at_least(1);
}

}  // namespace

const Schema& limits_schema() {
  static const Schema schema = [] {
    Describe<LimitSpec> d("limits", "Limits in time. 0 lets nothing through.");
    d.integer("requests_per_minute", &LimitSpec::requests_per_minute,
              "Requests; a minute's worth may come at once.")
        .range(0, 1'000'000'000)
        .else_means("no limit");
    d.integer("tokens_per_minute", &LimitSpec::tokens_per_minute, "Input and output tokens.")
        .range(0, kMost)
        .else_means("no limit");
    d.integer("max_concurrency", &LimitSpec::max_concurrency, "Requests at the same time.")
        .range(0, 1'000'000)
        .else_means("no limit");
    return d.done();
  }();
  return schema;
}

const Schema& budget_schema() {
  static const Schema schema = [] {
    Describe<BudgetSpec> d("budget",
                           "At most this much in one period of the UTC calendar. At least one of "
                           "`usd` and `tokens`.");
    d.choice<Period>("period", &BudgetSpec::period,
                     {{"day", Period::day}, {"month", Period::month}}, "The period.")
        .required();
    d.parsed("usd", Key::Type::decimal, &BudgetSpec::money, parse_money, print_money, "Dollars.")
        .written("dollars with at most nine decimals, without a sign", "")
        .such_as("250.00")
        .else_means("no limit");
    d.integer("tokens", &BudgetSpec::tokens, "Input and output tokens together.")
        .range(0, kMost)
        .else_means("no limit");
    return d.done();
  }();
  return schema;
}

const Schema& tenant_schema() {
  static const Schema schema = [] {
    Describe<TenantSpec> d("tenant", "A team or customer: its own limits, budgets and policy.");
    d.text("id", &TenantSpec::id, "Its id, in keys, records and metrics.")
        .required()
        .written(kIdWords, kIdPattern)
        .such_as("acme");
    d.text("name", &TenantSpec::name, "Its name, for people.");
    d.text("policy", &TenantSpec::policy, "Its firewall policy.").else_means("`default`");
    d.texts("models", &TenantSpec::models,
            "Models that it may use; `*` at the end matches any rest.")
        .else_means("all");
    limits_and_budgets(d, &TenantSpec::limits, &TenantSpec::budgets);
    d.boolean("suspended", &TenantSpec::suspended, "Refuses every key of it.");
    return d.done();
  }();
  return schema;
}

const Schema& user_schema() {
  static const Schema schema = [] {
    Describe<UserSpec> d("user", "A person or program of a tenant, who may have several keys.");
    d.text("id", &UserSpec::id, "Unique within the tenant.")
        .required()
        .written(kIdWords, kIdPattern)
        .such_as("ada");
    d.text("tenant", &UserSpec::tenant, "The tenant's id.")
        .required()
        .written(kIdWords, kIdPattern);
    d.text("name", &UserSpec::name, "For people.");
    d.objects("budgets", &UserSpec::budgets, budget_schema(),
              "What may be spent with all keys of the user; one for each period.")
        .range(0, 2);
    return d.done();
  }();
  return schema;
}

const Schema& key_schema() {
  static const Schema schema = [] {
    Describe<KeyEntry> d("key",
                         "A key that the file declares. Others are made with `gatehouse key "
                         "create` and live in the data folder.");
    d.secret("secret", &KeyEntry::secret, "The key itself, as `gatehouse key generate` prints it.")
        .required();
    describe_key(d);
    return d.done();
  }();
  return schema;
}

const Schema& key_request_schema() {
  static const Schema schema = [] {
    Describe<KeyEntry> d("key_request", "A key to make; its text is given once, in the answer.");
    describe_key(d);
    return d.done();
  }();
  return schema;
}

const Schema& key_change_schema() {
  static const Schema schema = [] {
    Describe<KeyEntry> d("key_change", "What to change of a key; what is not there stays.");
    describe_changes(d);
    return d.done();
  }();
  return schema;
}

const Schema& price_schema() {
  static const Schema schema = [] {
    Describe<PriceSpec> d("price",
                          "The price of a model from a date on, until the next entry of the same "
                          "upstream and model. Without an entry, a model costs nothing, and money "
                          "budgets refuse it.");
    d.text("upstream", &PriceSpec::upstream,
           "An upstream's name; `*` is any upstream without an entry of its own.")
        .required()
        .such_as("openai");
    d.text("model", &PriceSpec::model,
           "The model's name at the upstream; `*` at the end matches any rest.")
        .required()
        .such_as("gpt-4o-mini*");
    d.parsed("from", Key::Type::text, &PriceSpec::from, parse_day, print_from,
             "The first day (UTC) on which it applies.")
        .written("a date, YYYY-MM-DD", "")
        .such_as("2026-11-01")
        .else_means("since ever");
    price(d, "input_usd_per_million_tokens", &PriceSpec::input, "Of input tokens.").required();
    price(d, "cached_input_usd_per_million_tokens", &PriceSpec::cached_input,
          "Of input tokens that the upstream had cached.")
        .else_means("as input");
    price(
        d, "cache_write_usd_per_million_tokens", &PriceSpec::cache_write_input,
        "Of input tokens that the upstream wrote to its cache. Anthropic asks 1.25 times the price "
        "of input for what it keeps five minutes, and twice that price for an hour.")
        .else_means("as input, which is too little for Anthropic's");
    price(d, "output_usd_per_million_tokens", &PriceSpec::output, "Of output tokens.").required();
    return d.done();
  }();
  return schema;
}

}  // namespace gatehouse::config
