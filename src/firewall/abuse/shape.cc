#include "firewall/abuse/shape.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <string>

#include "firewall/text/utf8.h"

namespace gatehouse::firewall {
namespace {

constexpr size_t kShortest = 2048;
constexpr size_t kLongestWord = 16;  // longer runs (base64) are cut
constexpr size_t kMostShingles = 16384;
constexpr uint64_t kPrime = 0x100000001B3ULL;
constexpr uint64_t kOffset = 0xCBF29CE484222325ULL;

enum class Speaker : unsigned char { nobody, user, assistant };

bool starts_with_name(std::string_view line, std::string_view name) {
  if (line.size() <= name.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (ascii_lower(line[i]) != name[i]) return false;
  }
  line.remove_prefix(name.size());
  while (!line.empty() && (line[0] == ' ' || line[0] == '*')) line.remove_prefix(1);
  return !line.empty() && line[0] == ':';
}

Speaker speaker_of(std::string_view line) {
  constexpr std::array<std::string_view, 2> kUsers = {"user", "human"};
  constexpr std::array<std::string_view, 6> kAssistants = {"assistant", "ai",  "model",
                                                           "chatbot",   "bot", "chatgpt"};
  const size_t at = line.find_first_not_of(" \t>#*-[<");
  if (at == line.npos) return Speaker::nobody;
  line.remove_prefix(at);
  const auto says = [&](std::string_view name) { return starts_with_name(line, name); };
  if (std::any_of(kUsers.begin(), kUsers.end(), says)) return Speaker::user;
  if (std::any_of(kAssistants.begin(), kAssistants.end(), says)) return Speaker::assistant;
  return Speaker::nobody;
}

}  // namespace

float repetition(std::string_view text) {
  if (text.size() < kShortest) return 0;
  thread_local std::bitset<65536> known;
  known.reset();
  std::array<uint64_t, 3> words{};
  uint64_t word = kOffset;
  size_t length = 0;
  size_t shingles = 0;
  size_t fresh = 0;
  const auto end_word = [&] {
    words = {words[1], words[2], word};
    word = kOffset;
    length = 0;
    ++shingles;
    const uint64_t hash = (words[0] * 3 + words[1]) * kPrime ^ words[2] * 0x9E3779B97F4A7C15ULL;
    const size_t bit = (hash ^ hash >> 32) & 0xFFFF;
    if (known[bit]) return;
    known.set(bit);
    ++fresh;
  };
  for (const char c : text) {
    if (shingles == kMostShingles) break;
    const auto byte = static_cast<unsigned char>(ascii_lower(c));
    if (byte > ' ') {
      word = (word ^ byte) * kPrime;
      if (++length < kLongestWord) continue;
    } else if (length == 0) {
      continue;
    }
    end_word();
  }
  if (shingles < 128) return 0;
  const float share = static_cast<float>(fresh) / static_cast<float>(shingles);
  // Logs and tables repeat a good deal; one shingle in twelve that is new is beyond them.
  return share >= 1.0F / 12 ? 0 : 1 - share * 6;
}

int made_up_turns(std::string_view text) {
  int turns = 0;
  Speaker last = Speaker::nobody;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const Speaker now = speaker_of(text.substr(0, end));
    if (now == Speaker::assistant && last == Speaker::user) ++turns;
    if (now != Speaker::nobody) last = now;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return turns;
}

bool looks_like_refusal(std::string_view text) {
  constexpr size_t kHead = 160;
  constexpr std::array<std::string_view, 12> kSigns = {
      "i can't",        "i cannot",       "i can not",        "i won't",
      "i'm unable",     "i am unable",    "i'm not able",     "i am not able",
      "i'm sorry, but", "i must decline", "not able to help", "can't assist"};
  text = text.substr(0, kHead);
  std::string head;
  head.reserve(kHead);
  for (size_t i = 0; i < text.size(); ++i) {
    // The typographic apostrophe is as common as the plain one.
    const bool curly = text.substr(i).starts_with("\xE2\x80\x99");
    head.push_back(curly ? '\'' : ascii_lower(text[i]));
    if (curly) i += 2;
  }
  return std::any_of(kSigns.begin(), kSigns.end(),
                     [&](std::string_view sign) { return head.find(sign) != head.npos; });
}

}  // namespace gatehouse::firewall
