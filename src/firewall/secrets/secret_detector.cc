#include "firewall/secrets/secret_detector.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include <hs.h>

#include "firewall/rules/embedded.h"
#include "firewall/secrets/readers.h"
#include "firewall/signatures/vectorscan.h"
#include "firewall/text/utf8.h"
#include "firewall/text/views.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kContextReach = 64;  // bytes between a context word and its token

enum class Use : uint8_t { prefix, anchor, context, assignment, password, bearer, url, pem, jwt };

// One literal that the pass looks for, and what a hit means.
struct Literal {
  std::string text;
  bool caseless = false;
  Use use = Use::prefix;
  std::vector<uint32_t> rules;
};

constexpr std::string_view kSecretWords[] = {
    "secret",     "token",          "api_key",     "apikey",    "api-key", "api key",
    "access_key", "access-key",     "accesskey",   "auth_key",  "authkey", "private_key",
    "credential", "encryption_key", "signing_key", "client_key"};
constexpr std::string_view kPasswordWords[] = {"password", "passwd", "passphrase",
                                               "pwd",      "_pw",    "passcode"};

struct Hit {
  unsigned literal;
  size_t end;
};

int take_hit(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
  static_cast<std::vector<Hit>*>(context)->push_back({id, static_cast<size_t>(to)});
  return 0;
}

}  // namespace

struct SecretDetector::Compiled {
  std::vector<SecretRule> rules;
  std::vector<Literal> literals;
  Database database;
};

namespace {

class Scan {
 public:
  Scan(std::string_view text, bool goes_on, std::span<const SecretRule> rules, Findings& out)
      : text_(text), goes_on_(goes_on), rules_(rules), out_(out) {}

  void at(const Literal& literal, size_t end) {
    switch (literal.use) {
      case Use::prefix:
        for (const uint32_t rule : literal.rules) try_format(rule, end - literal.text.size());
        break;
      case Use::anchor:
        for (const uint32_t rule : literal.rules) try_before(rule, end - literal.text.size());
        break;
      case Use::context:
        for (const uint32_t rule : literal.rules) try_after(rule, end);
        break;
      case Use::assignment:
        take(read_assignment(text_, end, false, goes_on_), "secret.assignment", "context");
        break;
      case Use::password:
        take(read_assignment(text_, end, true, goes_on_), "secret.password", "context");
        break;
      case Use::bearer:
        take(read_bearer(text_, end, goes_on_), "secret.bearer", "context");
        break;
      case Use::url:
        if (end >= 3) take(read_credential_url(text_, end, goes_on_), "secret.url", "format");
        break;
      case Use::pem:
        take(read_private_key(text_, end, goes_on_, key_body_), "secret.private-key", "format");
        break;
      case Use::jwt:
        take(read_jwt(text_, end - literal.text.size(), goes_on_), "secret.jwt", "format");
        break;
    }
  }

  SecretDetector::Tail tail;

 private:
  void take(const Reading& reading, std::string_view rule, std::string_view evidence) {
    if (reading.kind == Reading::Kind::none) return;
    if (reading.kind == Reading::Kind::open) {
      hold(reading.begin, rule);
      return;
    }
    add(rule, reading.begin, reading.end, reading.score, evidence);
  }

  void hold(size_t begin, std::string_view rule) {
    if (begin < tail.hold_from || tail.open_from == text_.npos) {
      tail.hold_from = std::min(tail.hold_from, begin);
      tail.open_from = tail.hold_from;
      tail.open_rule = rule;
    }
  }

  void add(std::string_view rule, size_t begin, size_t end, float score,
           std::string_view evidence) {
    out_.push_back({Category::secret, rule, static_cast<uint32_t>(begin),
                    static_cast<uint32_t>(end), score, evidence});
  }

  bool try_format(uint32_t index, size_t begin) {
    const SecretRule& rule = rules_[index];
    const TokenFormat::Match match = rule.format.match(text_, begin, goes_on_);
    if (match.kind == TokenFormat::Match::Kind::none) return false;
    if (match.kind == TokenFormat::Match::Kind::partial) {
      hold(begin, rule.id);
      return true;
    }
    const std::string_view token = text_.substr(begin, match.end - begin);
    if (rule.entropy > 0 && rule.format.class_entropy(token) < rule.entropy) return false;
    add(rule.id, begin, match.end, rule.context.empty() ? 0.97F : 0.85F,
        rule.context.empty() ? "format" : "context");
    return true;
  }

  // The parts before an anchor have bounded lengths: each possible beginning is tried.
  void try_before(uint32_t index, size_t anchor) {
    const TokenFormat::Reach reach = rules_[index].format.before(rules_[index].anchor);
    for (size_t back = reach.fewest; back <= reach.most && back <= anchor; ++back) {
      if (try_format(index, anchor - back)) return;
    }
  }

  // A token of this format within reach behind the context word.
  void try_after(uint32_t index, size_t end) {
    const size_t limit = std::min(text_.size(), end + kContextReach);
    for (size_t at = end; at < limit; ++at) {
      const char before = at > 0 ? text_[at - 1] : ' ';
      if (is_ascii_alnum(before) || before == '_' || before == '/' || before == '+') continue;
      if (!rules_[index].format.may_begin(text_[at])) continue;
      // Context formats are open classes: a match must stand alone, not be cut from a longer run.
      if (try_format(index, at)) return;
    }
  }

  std::string_view text_;
  bool goes_on_;
  std::span<const SecretRule> rules_;
  Findings& out_;
  KeyBody key_body_;
};

void scan_text(std::string_view text, const hs_database_t* database,
               std::span<const Literal> literals, std::span<const SecretRule> rules, Findings& out,
               SecretDetector::Tail* tail) {
  thread_local std::vector<Hit> hits;
  hits.clear();
  hs_scan(database, text.data(), static_cast<unsigned>(text.size()), 0, scratch_for(database),
          take_hit, &hits);
  Scan scan(text, tail != nullptr, rules, out);
  scan.tail.hold_from = text.size();
  for (const Hit& hit : hits) scan.at(literals[hit.literal], hit.end);
  if (tail != nullptr) *tail = scan.tail;
}

}  // namespace

SecretDetector::SecretDetector(std::unique_ptr<Compiled> compiled)
    : compiled_(std::move(compiled)) {}
SecretDetector::~SecretDetector() = default;

Result<std::unique_ptr<SecretDetector>> SecretDetector::compile(std::string_view yaml) {
  auto rules = parse_secret_rules(yaml);
  if (!rules) return unexpected<Refusal>(rules.error());
  auto compiled = std::make_unique<Compiled>();
  compiled->rules = std::move(*rules);
  std::map<std::pair<Use, std::string>, size_t> known;
  const auto add = [&](Use use, std::string_view text, bool caseless) -> Literal& {
    const auto [at, added] =
        known.emplace(std::pair(use, std::string(text)), compiled->literals.size());
    if (added) compiled->literals.push_back({std::string(text), caseless, use, {}});
    return compiled->literals[at->second];
  };
  for (uint32_t i = 0; i < compiled->rules.size(); ++i) {
    const SecretRule& rule = compiled->rules[i];
    if (!rule.context.empty()) {
      for (const std::string& word : rule.context) add(Use::context, word, true).rules.push_back(i);
    } else if (!rule.anchor.empty()) {
      add(Use::anchor, rule.anchor, false).rules.push_back(i);
    } else {
      add(Use::prefix, rule.format.prefix(), false).rules.push_back(i);
    }
  }
  for (const std::string_view word : kSecretWords) add(Use::assignment, word, true);
  for (const std::string_view word : kPasswordWords) add(Use::password, word, true);
  add(Use::bearer, "bearer ", true);
  add(Use::bearer, "authorization: basic ", true);
  add(Use::url, "://", false);
  add(Use::pem, "-----BEGIN ", false);
  add(Use::jwt, "eyJ", false);

  std::vector<const char*> texts;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  std::vector<size_t> sizes;
  for (unsigned i = 0; i < compiled->literals.size(); ++i) {
    texts.push_back(compiled->literals[i].text.data());
    flags.push_back(compiled->literals[i].caseless ? HS_FLAG_CASELESS : 0u);
    ids.push_back(i);
    sizes.push_back(compiled->literals[i].text.size());
  }
  hs_database_t* made = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), sizes.data(),
                           static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr, &made,
                           &error) != HS_SUCCESS) {
    std::string message = error != nullptr ? error->message : "out of memory";
    hs_free_compile_error(error);
    return refuse(Refusal::invalid("rules", "secret rules: " + message, "bad_rules"));
  }
  compiled->database.reset(made);
  return std::unique_ptr<SecretDetector>(new SecretDetector(std::move(compiled)));
}

const SecretDetector& SecretDetector::standard() {
  static const std::unique_ptr<SecretDetector> detector = [] {
    auto made = compile(rules::secrets());
    if (!made) {
      // As with the signatures: tested with the program, and there is no firewall without them.
      std::fprintf(stderr, "gatehouse: built-in secret rules: %s\n", made.error().message.c_str());
      std::abort();
    }
    return std::move(*made);
  }();
  return *detector;
}

void SecretDetector::scan(std::string_view text, Findings& out) const {
  scan_text(text, compiled_->database.get(), compiled_->literals, compiled_->rules, out, nullptr);
}

void SecretDetector::scan(std::string_view text, Findings& out, Tail& tail) const {
  scan_text(text, compiled_->database.get(), compiled_->literals, compiled_->rules, out, &tail);
}

void SecretDetector::scan(const Normalised& text, Findings& out) const {
  const size_t first = out.size();
  scan_clean_views(text, out,
                   [this](std::string_view view, Findings& views_out) { scan(view, views_out); });
  Findings found(out.begin() + static_cast<std::ptrdiff_t>(first), out.end());
  settle_overlaps(found);
  out.resize(first);
  out.insert(out.end(), found.begin(), found.end());
}

std::span<const SecretRule> SecretDetector::rules() const {
  return compiled_->rules;
}

}  // namespace gatehouse::firewall
