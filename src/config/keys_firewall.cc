#include <charconv>
#include <cmath>

#include "config/config.h"
#include "config/describe.h"
#include "config/keys.h"

namespace gatehouse::config {
namespace {

using firewall::Action;
using firewall::Category;
using firewall::Detector;
using firewall::DetectorSpec;
using firewall::Direction;
using firewall::OnFailure;
using firewall::PolicySpec;
using firewall::RuleSpec;
using firewall::Source;

template <typename E>
std::vector<std::pair<std::string, E>> words(std::initializer_list<E> values) {
  std::vector<std::pair<std::string, E>> out;
  for (const E value : values) out.emplace_back(std::string(to_string(value)), value);
  return out;
}

template <typename E>
std::vector<std::pair<std::string, E>> all_words(size_t count) {
  std::vector<std::pair<std::string, E>> out;
  for (size_t i = 0; i < count; ++i) {
    const auto value = static_cast<E>(i);
    out.emplace_back(std::string(to_string(value)), value);
  }
  return out;
}

std::optional<float> parse_fraction(const std::string& text) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(value >= 0 && value <= 1)) return std::nullopt;  // NaN is refused too
  return value;
}

/// The shortest decimal that reads back as the same float: 0.8, not 0.800000011920929.
boost::json::value print_fraction(float value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  double shortest = 0;
  std::from_chars(text, end, shortest);
  return shortest;
}

const Schema& rule_schema() {
  static const Schema schema = [] {
    Describe<RuleSpec> d("rule",
                         "What to do about one category of finding. Rules apply in order over the "
                         "built-in ones, so a later one wins.");
    d.choice<Category>("category", &RuleSpec::category,
                       all_words<Category>(firewall::kCategoryCount), "What the finding is about.")
        .required();
    d.choice<Direction>("direction", &RuleSpec::direction,
                        words({Direction::input, Direction::output}),
                        "`input` is text to the model, `output` text from it.")
        .else_means("both");
    d.choice<Source>("source", &RuleSpec::source, all_words<Source>(firewall::kSourceCount),
                     "Who supplied the text.")
        .else_means("all");
    d.text("rule_prefix", &RuleSpec::rule_prefix,
           "Only findings of rules whose name begins so. `pii.name` and `pii.address`, persons' "
           "names and postal addresses, are looked for only where a rule turns them on by such a "
           "prefix.")
        .such_as("pii.card")
        .else_means("all rules of the category");
    d.choice<Action>("action", &RuleSpec::action,
                     words({Action::allow, Action::flag, Action::delay, Action::reroute,
                            Action::redact, Action::ask, Action::block}),
                     "What is done about it. `flag` records it. Of input alone: `delay` lets the "
                     "request wait, `reroute` sends it to another model, `ask` answers with an "
                     "error until somebody confirms.")
        .else_means("as before");
    d.parsed("threshold", Key::Type::decimal, &RuleSpec::threshold, parse_fraction, print_fraction,
             "Findings with a lower score are let through.")
        .written("a number from 0 to 1", "")
        .else_means("as before");
    return d.done();
  }();
  return schema;
}

const Schema& detector_schema() {
  static const Schema schema = [] {
    Describe<DetectorSpec> d("detector", "One part of the firewall.");
    d.boolean("enabled", &DetectorSpec::enabled, "Whether it runs.");
    d.choice<OnFailure>("on_failure", &DetectorSpec::on_failure,
                        words({OnFailure::open, OnFailure::closed}),
                        "What happens to a request when it can't run or passes its budget: `open` "
                        "leaves it out for the rest of the request and records that, `closed` "
                        "refuses the request.");
    d.integer("budget_us", &DetectorSpec::budget,
              "Microseconds that it may take for all texts of a request together, looked at before "
              "and after each text; one under way is not broken off. Answers are not timed, so "
              "those that only watch answers take none.")
        .range(0, 10'000'000)
        .else_means("no limit");
    return d.done();
  }();
  return schema;
}

const Schema& detectors_schema() {
  using Detectors = std::array<DetectorSpec, firewall::kDetectorCount>;
  static const Schema schema = [] {
    Describe<Detectors> d("detectors", "The parts of the firewall, one by one.");
    for (size_t i = 0; i < firewall::kDetectorCount; ++i) {
      const auto detector = static_cast<Detector>(i);
      static constexpr std::array<const char*, firewall::kDetectorCount> kDocs = {
          "Canonical form of Unicode, decoding of hidden text; evidence of obfuscation.",
          "Chat-template markers inside content.",
          "Known attacks by their wording.",
          "The trained detector of injection and jailbreak.",
          "Personal data: cards, IBAN, national ids, e-mail, phone, IP addresses; names and postal "
          "addresses where a rule asks for them.",
          "Keys, tokens and passwords.",
          "Answers that repeat the system prompt.",
          "Answers that hold the token planted in the system prompt.",
          "Floods, many-shot texts, conversations that lead on or split an attack, variants of "
          "what was blocked, callers who probe.",
          "A small transformer that is asked where `learned` is unsure; milliseconds, on a worker "
          "thread.",
          "Sentences of an answer that the tool results and documents of its request do not "
          "support; "
          "where a rule acts on `ungrounded`.",
          "Answers that say the same again and again.",
          "Answers in which the model declines.",
          "Answers that are not the JSON, or not of the schema, that their request asks for."};
      static_assert(kDocs.back() != nullptr, "each detector has a description");
      d.object(
          std::string(to_string(detector)), [i](Detectors& all) -> auto& { return all[i]; },
          detector_schema(), kDocs[i]);
    }
    return d.done();
  }();
  return schema;
}

}  // namespace

const Schema& policy_schema() {
  static const Schema schema = [] {
    Describe<PolicySpec> d("policy", "What the firewall does about what it finds.");
    d.text("name", &PolicySpec::name,
           "What models, keys and tenants call it. `default` is the policy of whoever names none.")
        .required()
        .written("1 to 64 letters, digits, '-', '_', '.' or '/'", "^[A-Za-z0-9._/-]{1,64}$")
        .such_as("strict");
    d.text("version", &PolicySpec::version, "Shown in audit records beside the policy's hash.");
    d.choice<firewall::Mode>("mode", &PolicySpec::mode, all_words<firewall::Mode>(3),
                             "`shadow` records what would have been done, and changes nothing; "
                             "`sample` does that for a share of the requests and does not look at "
                             "the others.");
    d.parsed("sample_share", Key::Type::decimal, &PolicySpec::sample_share, parse_fraction,
             print_fraction, "In mode `sample`, which share of the requests is looked at.")
        .written("a number above 0, up to 1", "");
    d.choice<firewall::Spotlight>(
        "spotlight", &PolicySpec::spotlight, all_words<firewall::Spotlight>(4),
        "How what tools and documents brought is set apart for the model: `delimit` puts it "
        "between "
        "marks that nobody can guess, `mark` replaces its blanks by such a mark, `encode` gives it "
        "in base64, for strong models. A sentence in the system prompt says what it means.");
    d.text("reroute_to", &PolicySpec::reroute_to,
           "The model (one of `models`) that gets what a rule reroutes, whatever model the key is "
           "for.")
        .such_as("careful");
    d.integer("delay_ms", &PolicySpec::delay_ms,
              "How long a request waits that a rule delays, in milliseconds.")
        .range(0, 60'000);
    d.integer("confirm_within_s", &PolicySpec::confirm_within_s,
              "How long a confirmation holds that a rule asks for, in seconds.")
        .range(10, 86'400);
    d.objects("rules", &PolicySpec::rules, rule_schema(), "Changes to the built-in rules.")
        .range(0, 1000);
    d.object("detectors", &PolicySpec::detectors, detectors_schema(),
             "Switches and budgets of the detectors.");
    std::vector<std::string> sources;
    for (const auto& [word, source] : all_words<Source>(firewall::kSourceCount)) {
      sources.push_back(word);
    }
    d.choices(
        "inspect", sources,
        [](PolicySpec& policy, const std::vector<std::string>& names) {
          policy.inspect.clear();
          for (const std::string& name : names) {
            policy.inspect.push_back(*firewall::source_from_string(name));
          }
        },
        [](const PolicySpec& policy) {
          std::vector<std::string_view> names;
          names.reserve(policy.inspect.size());
          for (const Source source : policy.inspect) names.push_back(to_string(source));
          return names;
        },
        "Whose text is inspected on its way to the model.");
    d.boolean("reversible_redaction", &PolicySpec::reversible_redaction,
              "Placeholders of personal data are turned back in what the caller is shown.");
    d.boolean("canary", &PolicySpec::canary,
              "Plants a token at the end of the system prompt (some 30 tokens, the same for each "
              "request with that prompt) and watches for it in answers.");
    d.boolean("neutralise_role_markers", &PolicySpec::neutralise_role_markers,
              "Takes chat-template markers out of what users, tools and documents supply.");
    d.choice<Action>("unread_documents", &PolicySpec::unread_documents,
                     words({Action::allow, Action::flag, Action::block}),
                     "What is done with a document that can't be read, or not all of it: a PDF "
                     "that is encrypted, broken or too large, one of pictures, another kind of "
                     "file, one given by its id or URL. `gatehouse explain` tells it in any case.");
    d.choice<Action>("unredactable", &PolicySpec::unredactable,
                     words({Action::flag, Action::block}),
                     "What is done where a rule says `redact` about the text of a PDF, in which "
                     "nothing can be changed.");
    d.integer("max_input_bytes", &PolicySpec::max_input_bytes,
              "Text of a request that is inspected; more is refused.")
        .range(1024, 256 << 20);
    d.integer("max_hold_back_chars", &PolicySpec::max_hold_back_chars,
              "Most bytes at the end of a stream that are held back until they are known to be "
              "harmless.")
        .range(128, 65536);
    d.integer("max_hold_back_ms", &PolicySpec::max_hold_back_ms,
              "How long they may wait for the rest of the stream, in milliseconds; then they are "
              "judged as they stand, and shown unless that is forbidden. 0: as long as it takes.")
        .range(0, 600'000);
    d.integer("max_findings", &PolicySpec::max_findings,
              "Findings recorded for one request or answer; more are acted on all the same, and "
              "counted.")
        .range(1, 65536);
    return d.done();
  }();
  return schema;
}

}  // namespace gatehouse::config
