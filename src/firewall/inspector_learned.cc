#include <algorithm>
#include <tuple>
#include <utility>

#include "firewall/inspector.h"
#include "firewall/inspector_scratch.h"
#include "firewall/keep_best.h"
#include "firewall/logistic.h"
#include "firewall/text/respell.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kLongestReread = 2000;  // bytes
constexpr float kWorthRereading = 0.06F;
constexpr std::string_view kReread = "reread";

/// Who takes pains to hide what a text says has more often something to hide. Chosen on the
/// development part when 0.55 was the threshold: of 558 harmless texts with such traces, misprinted
/// and styled twins of attacks among them, one has a score between 0.3 and 0.55, and none above.
constexpr float kHidingWeighs = 1.05F;   // logits: 0.26 becomes 0.5
constexpr float kPlainlyHidden = 0.15F;  // evidence that counts in full

float with_hiding(float probability, float evidence) {
  if (evidence <= 0) return probability;
  return shifted(probability, kHidingWeighs * std::min(evidence / kPlainlyHidden, 1.0F));
}

/// Whether what was decoded leaves no word of the span in clear, as words turned round between
/// others do.
bool takes_all(Decoding how) {
  switch (how) {
    case Decoding::base64:
    case Decoding::base32:
    case Decoding::ascii85:
    case Decoding::hex:
    case Decoding::decimal:
    case Decoding::uuencode:
    case Decoding::morse:
    case Decoding::binary:
      return true;
    default:
      return false;
  }
}

/// What is left of a text that was decoded for the most part; false, and nothing written, where it
/// was not, or where the view's offsets are not the original's.
bool rest_of_encoded(const Normalised& text, std::string& rest) {
  if (text.children.empty() || !text.map.identity()) return false;
  rest.clear();
  uint32_t at = 0;
  for (const Child& child : text.children) {
    if (child.depth > 1 || !takes_all(child.how) || child.begin < at) continue;
    rest.append(text.canonical, at, child.begin - at).push_back(' ');
    at = child.end;
  }
  rest.append(text.canonical, at);
  return rest.size() * 10 <= text.canonical.size() * 4;
}

}  // namespace

void Inspector::learned(uint32_t index) {
  if (!start(Detector::learned)) return;
  const Segment& segment = segments_[index];
  const Reading reading = read_text(segment.source);
  if (verdict_.unsure) return;
  gist_ = reading.sentence().text;
  verdict_.injection_score = std::max(verdict_.injection_score, reading.finding.score);
  judge(reading.finding, index);
  learned_harm(reading.plain, index);
}

void Inspector::Reading::keep(const Sentence& sentence) {
  const auto attack = [](const Sentence& each) { return each.found.attack; };
  // Another view may have it, too.
  keep_best(sentences, sentence, attack, [](const Sentence& a, const Sentence& b) {
    return a.found.begin == b.found.begin && a.found.end == b.found.end;
  });
}

Inspector::Reading Inspector::read_text(Source source) {
  Reading reading = read_views(source);
  Finding& finding = reading.finding;
  const learned::Head head = learned::head_for(source);
  finding.rule = learned::rule_name(head);
  finding.category =
      head == learned::Head::content ? Category::indirect_injection : reading.strongest.kind;
  second_opinion(reading, source);
  const Normalised& text = scratch_.text;
  finding.score = with_hiding(finding.score, text.evidence.score(text.original.size()));
  return reading;
}

Inspector::Reading Inspector::read_views(Source source) {
  const Timed timed(*this, Detector::learned, Stage::learned);
  const Normalised& text = scratch_.text;
  Reading reading;
  // `original` leads from a range of the view to the text as it was.
  const auto take = [&](const learned::TextScore& score, const View& view,
                        std::string_view evidence, const auto& original) {
    for (const learned::TextScore::Sentence& found : score.sentences) {
      if (found.attack <= reading.sentences.back().found.attack) break;
      const auto [begin, end] = original(found.begin, found.end);
      reading.keep({{found.attack, begin, end},
                    view,
                    view.text.substr(found.begin, found.end - found.begin),
                    score.sentence_count});
    }
    if (score.attack <= reading.finding.score) return;
    Finding& finding = reading.finding;
    finding.score = score.attack;
    finding.evidence = evidence;
    std::tie(finding.begin, finding.end) = original(score.begin, score.end);
    reading.strongest = score;
    reading.view = view;
  };
  const auto take_view = [&](const View& view, std::string_view evidence,
                             const learned::TextScore& score) {
    take(score, view, evidence, [&](uint32_t begin, uint32_t end) {
      return std::pair(view.map->to_original(begin), view.map->to_original(end));
    });
  };
  reading.plain = parts_.model->score(text.canonical, source);
  // As they stand, pieces and encodings are of no language that the models have learned.
  if (rest_of_encoded(text, scratch_.rest)) {
    const auto all = [&text](uint32_t, uint32_t) {
      return std::pair(0u, static_cast<uint32_t>(text.original.size()));
    };
    take(parts_.model->score(scratch_.rest, source), {scratch_.rest}, "learned", all);
  } else if (!text.in_pieces) {
    take_view({text.canonical, &text.map}, "learned", reading.plain);
  }
  if (!text.undone.empty()) {
    take_view({text.undone, &text.undone_map}, "undone", parts_.model->score(text.undone, source));
  }
  for (const Child& child : text.children) {
    take(parts_.model->score(child.canonical, source), {child.canonical}, to_string(child.how),
         [&child](uint32_t, uint32_t) { return std::pair(child.begin, child.end); });
  }
  return reading;
}

void Inspector::second_opinion(Reading& reading, Source source) {
  if (parts_.precise == nullptr) return;
  const learned::Head head = learned::head_for(source);
  const learned::TextScore& score = reading.strongest;
  if (parts_.precise->surely_attack(score.asked, reading.finding.score)) return;
  const precise::Among among{reading.sentence().count, reading.strongest.attack};
  precise::Among whole = among;
  whole.window = true;
  const bool window = parts_.precise->worth_asking(score.asked, reading.finding.score, whole);
  const bool sentence = parts_.precise->worth_asking(head, reading.sentence().found.attack, among);
  std::optional<OtherReading> other;
  if (!window && !sentence) {
    other = read_again(reading, source);
    if (!other) return;
  }
  if (!start(Detector::precise)) return;
  if (effort_ == Effort::fast) {
    verdict_.unsure = true;
    return;
  }
  if (effort_ == Effort::alone) {
    skip(Detector::precise);
    return;
  }
  const Timed timed(*this, Detector::precise, Stage::precise);
  bool answered = true;
  if (window) answered = ask_about_window(reading);
  if (answered && sentence) answered = ask_about_sentences(reading, source);
  if (answered && !other) other = read_again(reading, source);
  if (answered && other) {
    answered = ask_about({other->text, other->among, other->attack}, reading, reading.sentence(),
                         source, kReread);
  }
  if (!answered) skip(Detector::precise);
}

bool Inspector::passes(const Finding& finding, Source source) const {
  return finding.score < policy_.rule(finding.category, Direction::input, source).threshold;
}

bool Inspector::ask_about_sentences(Reading& reading, Source source) {
  const std::string_view evidence = reading.finding.evidence;
  const size_t most = precise::Model::sentences_asked(reading.sentence().count);
  for (const Reading::Sentence& sentence : std::span(reading.sentences).first(most)) {
    const precise::Among among{sentence.count, reading.strongest.attack};
    const float attack = sentence.found.attack;
    if (!parts_.precise->worth_asking(learned::head_for(source), attack, among)) break;
    if (!ask_about({sentence.text, among, attack}, reading, sentence, source, evidence)) {
      return false;
    }
    if (!passes(reading.finding, source)) break;
  }
  return true;
}

bool Inspector::ask_about_window(Reading& reading) {
  const learned::TextScore& score = reading.strongest;
  const std::string_view window =
      reading.view.text.substr(score.around_begin, score.around_end - score.around_begin);
  const std::optional<float> mixed =
      parts_.precise->score(score.asked, reading.finding.score, window);
  if (!mixed) return false;
  reading.finding.score = *mixed;
  reading.finding.rule = precise::rule_name(score.asked);
  return true;
}

std::optional<Inspector::OtherReading> Inspector::read_again(const Reading& reading,
                                                             Source source) const {
  const Finding& finding = reading.finding;
  if (!passes(finding, source)) return std::nullopt;
  const Reading::Sentence& sentence = reading.sentence();
  const View& view = sentence.text.empty() ? reading.view : sentence.view;
  const std::string_view text = sentence.text.empty() ? view.text : sentence.text;
  if (std::max(finding.score, sentence.found.attack) < kWorthRereading ||
      text.size() > kLongestReread) {
    return std::nullopt;
  }
  OtherReading strongest;
  for (Rereading& other : reread(with_capitals(view, text))) {
    const float attack = parts_.model->score(other.text, source).attack;
    if (attack > strongest.attack) {
      // A part is one sentence of two at least.
      const size_t sentences = std::max<size_t>(sentence.count, other.part ? 2 : 1);
      strongest = {std::move(other.text), {sentences, reading.strongest.attack}, attack};
    }
  }
  if (!parts_.precise->worth_asking(learned::head_for(source), strongest.attack, strongest.among)) {
    return std::nullopt;
  }
  return strongest;
}

bool Inspector::ask_about(const Question& question, Reading& reading,
                          const Reading::Sentence& sentence, Source source,
                          std::string_view evidence) {
  const learned::Head head = learned::head_for(source);
  const std::optional<float> mixed =
      parts_.precise->score(head, question.attack, question.text, question.among);
  if (!mixed) return false;
  Finding& finding = reading.finding;
  if (*mixed <= finding.score) return true;
  finding.score = *mixed;
  finding.rule = precise::rule_name(head);
  finding.evidence = evidence;
  if (!sentence.text.empty()) {
    finding.begin = sentence.found.begin;
    finding.end = sentence.found.end;
  }
  return true;
}

std::string Inspector::with_capitals(const View& view, std::string_view text) const {
  std::string cased(text);
  if (view.map == nullptr) return cased;
  const std::string_view original = scratch_.text.original;
  const auto at = static_cast<uint32_t>(text.data() - view.text.data());
  bool worth_looking = true;  // at the beginning of a word, and after a capital letter
  for (uint32_t i = 0; i < cased.size(); ++i) {
    if (worth_looking && cased[i] >= 'a' && cased[i] <= 'z') {
      const uint32_t from = view.map->to_original(at + i);
      const auto capital = static_cast<char>(cased[i] - 'a' + 'A');
      worth_looking = from < original.size() && original[from] == capital;
      if (worth_looking) cased[i] = capital;
    } else {
      worth_looking = cased[i] == ' ';
    }
  }
  return cased;
}

void Inspector::learned_harm(const learned::TextScore& score, uint32_t index) {
  const auto size = static_cast<uint32_t>(segments_[index].text.size());
  Finding finding;
  finding.end = size;
  finding.evidence = "learned";
  finding.category = Category::harmful;
  finding.rule = learned::rule_name(learned::Head::harmful);
  finding.score = score.harmful;
  judge(finding, index);
  finding.category = Category::hate;
  finding.rule = learned::rule_name(learned::Head::hate);
  finding.score = score.hate;
  judge(finding, index);
}

}  // namespace gatehouse::firewall
