#include "firewall/signatures/signature_set.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "firewall/rules/embedded.h"
#include "firewall/signatures/vectorscan.h"

namespace gatehouse::firewall {
namespace {

// Patterns are bounded; no match of the standard rules is longer.
constexpr size_t kLongestMatch = 1024;
// Bytes before and after a match in which an exception is looked for.
constexpr size_t kExceptReach = 48;
// So many matches of a rule are looked at in a text before it counts as excepted altogether:
// looking at one takes microseconds, and a text may be made of them.
constexpr unsigned kMostExcepted = 16;
// No pattern is shorter: what ends nearer than this behind a match is a longer form of it.
constexpr size_t kShortestMatch = 8;

struct Hit {
  unsigned rule;
  size_t end;
};

int take_hit(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
  static_cast<std::vector<Hit>*>(context)->push_back({id, static_cast<size_t>(to)});
  return 0;
}

/// What became of a rule in the text that is scanned.
struct Progress {
  bool settled = false;
  unsigned excepted = 0;  // matches
  size_t excepted_to = 0;
};

constexpr size_t kAnywhere = static_cast<size_t>(-1);

struct Probe {
  unsigned id = 0;
  size_t end = kAnywhere;  // where the match has to end
  bool matched = false;
};

int note_match(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
  auto& probe = *static_cast<Probe*>(context);
  probe.matched |= id == probe.id && (probe.end == kAnywhere || probe.end == to);
  return probe.matched ? 1 : 0;
}

bool matches(const hs_database_t* database, std::string_view text, Probe probe) {
  hs_scan(database, text.data(), static_cast<unsigned>(text.size()), 0, scratch_for(database),
          note_match, &probe);
  return probe.matched;
}

}  // namespace

struct SignatureSet::Compiled {
  std::vector<SignatureRule> rules;
  // Few rules hold for output, which is scanned again and again as it streams.
  Database input;
  Database output;  // null if no rule holds for output
  Database around;  // null if no rule looks around its matches

  const hs_database_t* patterns(Direction direction) const {
    return direction == Direction::input ? input.get() : output.get();
  }

  /// Whether the rule matches `text` from `from` on, and up to `hit.end`.
  bool matches_from(const hs_database_t* database, std::string_view text, const Hit& hit,
                    size_t from) const {
    // One byte beyond the end lets \b and look-ahead classes see what follows.
    const std::string_view window = text.substr(from, hit.end + 1 - from);
    if (rules[hit.rule].lead.empty()) return matches(database, window, {hit.rule});
    return matches(around.get(), window, {around_id(hit.rule, Around::whole), hit.end - from});
  }

  // Where the match that ends at `hit.end` begins. Start offsets would make the database larger and
  // every scan slower; a match is rare, so its start is searched for: the last offset from which
  // the rule still matches up to the end.
  size_t begin_of(const hs_database_t* database, std::string_view text, const Hit& hit) const {
    size_t low = hit.end > kLongestMatch ? hit.end - kLongestMatch : 0;
    size_t high = hit.end;
    while (high - low > 1) {
      const size_t middle = low + (high - low) / 2;
      (matches_from(database, text, hit, middle) ? low : high) = middle;
    }
    return low;
  }

  bool excepted(std::string_view text, const Hit& hit, size_t begin) const {
    const size_t from = begin > kExceptReach ? begin - kExceptReach : 0;
    const auto has = [&](Around what, std::string_view where) {
      return matches(around.get(), where, {around_id(hit.rule, what)});
    };
    if (!rules[hit.rule].except.empty() && has(Around::except, text.substr(from, hit.end - from))) {
      return true;
    }
    if (rules[hit.rule].except_after.empty()) return false;
    const std::string_view rest = text.substr(hit.end, kExceptReach);
    return has(Around::except_after, rest.substr(0, rest.find_first_of(".!?\n")));
  }
};

/// Tells before which matches of patterns in one text their lead stands.
class SignatureSet::Leads {
 public:
  Leads(const Compiled& compiled, std::string_view text) : compiled_(compiled), text_(text) {}

  bool stands_before(const Hit& hit) {
    if (compiled_.rules[hit.rule].lead.empty()) return true;
    if (asked_++ < kMostAsked) {
      // One byte before the longest match lets \b see what stands there.
      const size_t reach = kLongestLed + 1;
      return compiled_.matches_from(nullptr, text_, hit, hit.end > reach ? hit.end - reach : 0);
    }
    if (ends_.empty()) find_all();
    return std::binary_search(ends_[hit.rule].begin(), ends_[hit.rule].end(), hit.end);
  }

 private:
  /// Beyond these, one scan of the whole text costs less than one around each match.
  static constexpr size_t kMostAsked = 8;

  static int take_end(unsigned id, unsigned long long, unsigned long long to, unsigned,
                      void* context) {
    auto& ends = *static_cast<std::vector<std::vector<size_t>>*>(context);
    if (id == around_id(id / kArounds, Around::whole)) ends[id / kArounds].push_back(to);
    return 0;
  }

  void find_all() {
    ends_.resize(compiled_.rules.size());
    hs_scan(compiled_.around.get(), text_.data(), static_cast<unsigned>(text_.size()), 0,
            scratch_for(compiled_.around.get()), take_end, &ends_);
    for (auto& ends : ends_) std::sort(ends.begin(), ends.end());
  }

  const Compiled& compiled_;
  std::string_view text_;
  size_t asked_ = 0;
  std::vector<std::vector<size_t>> ends_;  // of each rule's matches, once all were looked for
};

SignatureSet::SignatureSet(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
SignatureSet::~SignatureSet() = default;

Result<std::unique_ptr<SignatureSet>> SignatureSet::compile(std::string_view yaml) {
  auto rules = parse_signature_rules(yaml);
  if (!rules) return unexpected<Refusal>(rules.error());
  for (const SignatureRule& rule : *rules) {
    if (rule.lead.empty() || longest_match(rule.whole()) <= kLongestLed) continue;
    return refuse(Refusal::invalid("rules." + rule.id,
                                   "rule " + rule.id +
                                       ": 'lead' and 'pattern' together match more than " +
                                       std::to_string(kLongestLed) + " bytes",
                                   "bad_rule"));
  }
  auto compiled = std::make_unique<Compiled>();
  compiled->rules = std::move(*rules);
  for (const Direction direction : {Direction::input, Direction::output}) {
    const auto expressions = pattern_expressions(compiled->rules, direction);
    if (expressions.empty()) continue;
    auto made = compile_database(expressions);
    if (!made) return unexpected<Refusal>(made.error());
    (direction == Direction::input ? compiled->input : compiled->output) = std::move(*made);
  }
  if (const auto expressions = around_expressions(compiled->rules); !expressions.empty()) {
    auto around = compile_database(expressions);
    if (!around) return unexpected<Refusal>(around.error());
    compiled->around = std::move(*around);
  }
  return std::unique_ptr<SignatureSet>(new SignatureSet(std::move(compiled)));
}

/// Rules that are part of the program, and what the build compiled them to.
struct SignatureSet::BuiltIn {
  std::string_view yaml, input, output, around;
};

// Compiling takes a second; the build has done it, for the processor that it ran on. Another one
// compiles anew.
std::unique_ptr<SignatureSet> SignatureSet::precompiled(const BuiltIn& rules) {
  auto parsed = parse_signature_rules(rules.yaml);
  if (!parsed) return nullptr;
  auto compiled = std::make_unique<Compiled>();
  compiled->rules = std::move(*parsed);
  compiled->input = deserialize(rules.input);
  compiled->output = deserialize(rules.output);
  compiled->around = deserialize(rules.around);
  const bool input = rules.input.empty() || compiled->input;
  if (!input || !compiled->output || !compiled->around) return nullptr;
  return std::unique_ptr<SignatureSet>(new SignatureSet(std::move(compiled)));
}

std::unique_ptr<SignatureSet> SignatureSet::built_in(const BuiltIn& rules) {
  if (auto ready = precompiled(rules)) return ready;
  auto made = compile(rules.yaml);
  if (!made) {
    // The rules are part of the program and tested with it: this cannot happen in a program that
    // passed its tests, and there is no firewall without them.
    std::fprintf(stderr, "gatehouse: built-in rules: %s\n", made.error().message.c_str());
    std::abort();
  }
  return std::move(*made);
}

const SignatureSet& SignatureSet::standard() {
  static const std::unique_ptr<SignatureSet> set =
      built_in({rules::signatures(), rules::input_database(), rules::output_database(),
                rules::around_database()});
  return *set;
}

const SignatureSet& SignatureSet::refusals() {
  static const std::unique_ptr<SignatureSet> set = built_in(
      {rules::refusals(), {}, rules::refusal_database(), rules::refusal_around_database()});
  return *set;
}

void SignatureSet::scan(std::string_view canonical, Source source, Direction direction,
                        std::string_view evidence, Findings& out) const {
  thread_local std::vector<Hit> hits;
  thread_local std::vector<Progress> progress;
  hits.clear();
  const hs_database_t* database = compiled_->patterns(direction);
  if (database == nullptr) return;
  hs_scan(database, canonical.data(), static_cast<unsigned>(canonical.size()), 0,
          scratch_for(database), take_hit, &hits);
  progress.assign(compiled_->rules.size(), {});
  Leads leads(*compiled_, canonical);
  for (const Hit& hit : hits) {
    const SignatureRule& rule = compiled_->rules[hit.rule];
    Progress& so_far = progress[hit.rule];
    if (!rule.holds_for(source) || so_far.settled || !leads.stands_before(hit)) continue;
    if (so_far.excepted > 0 && hit.end < so_far.excepted_to + kShortestMatch) {
      so_far.excepted_to = hit.end;
      continue;
    }
    const size_t begin = compiled_->begin_of(database, canonical, hit);
    if (begin < so_far.excepted_to || compiled_->excepted(canonical, hit, begin)) {
      so_far.excepted_to = hit.end;
      so_far.settled = ++so_far.excepted == kMostExcepted;
      continue;
    }
    so_far.settled = true;
    out.push_back({rule.category, rule.id, static_cast<uint32_t>(begin),
                   static_cast<uint32_t>(hit.end), rule.score, evidence});
  }
}

void SignatureSet::scan(const Normalised& text, Source source, Direction direction,
                        Findings& out) const {
  const size_t first = out.size();
  const auto merge = [&](size_t from) {
    // A rule already found in an outer view says nothing new in an inner one.
    const auto known = [&](const Finding& finding) {
      return std::any_of(out.begin() + static_cast<std::ptrdiff_t>(first),
                         out.begin() + static_cast<std::ptrdiff_t>(from),
                         [&](const Finding& other) { return other.rule == finding.rule; });
    };
    out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), known),
              out.end());
  };
  const auto to_original = [&](size_t from, const OffsetMap& map) {
    for (size_t i = from; i < out.size(); ++i) {
      out[i].begin = map.to_original(out[i].begin);
      out[i].end = map.to_original(out[i].end);
    }
  };
  scan(text.canonical, source, direction, "signature", out);
  to_original(first, text.map);
  if (!text.undone.empty()) {
    const size_t from = out.size();
    scan(text.undone, source, direction, "undone", out);
    to_original(from, text.undone_map);
    merge(from);
  }
  for (const Child& child : text.children) {
    const size_t from = out.size();
    scan(child.canonical, source, direction, to_string(child.how), out);
    for (size_t i = from; i < out.size(); ++i) {
      out[i].begin = child.begin;
      out[i].end = child.end;
    }
    merge(from);
  }
}

std::span<const SignatureRule> SignatureSet::rules() const {
  return compiled_->rules;
}

const SignatureRule* SignatureSet::rule(std::string_view id) const {
  const auto at = std::find_if(compiled_->rules.begin(), compiled_->rules.end(),
                               [&](const SignatureRule& rule) { return rule.id == id; });
  return at == compiled_->rules.end() ? nullptr : &*at;
}

}  // namespace gatehouse::firewall
