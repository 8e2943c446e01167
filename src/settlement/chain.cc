#include "settlement/chain.h"

#include <charconv>
#include <cstring>

namespace gatehouse::settlement {
namespace {

constexpr std::string_view kOpen = "{\"hash\":\"";
constexpr std::string_view kSeq = "\",\"seq\":";
constexpr std::string_view kId = ",\"id\":\"";
constexpr size_t kHexSize = 64;
constexpr size_t kCoveredFrom = kOpen.size() + kHexSize;

}  // namespace

ChainState chain_start(std::string_view stream, std::string_view public_key) {
  std::string text = "gatehouse audit chain 1\n";
  text.append(stream).push_back('\n');
  text.append(public_key).push_back('\n');
  return {.seq = 0, .hash = Sha256::of(text)};
}

std::optional<ChainLine> parse_chain_line(std::string_view line) {
  if (line.size() < kCoveredFrom + kSeq.size() || !line.starts_with(kOpen) ||
      !line.ends_with('}')) {
    return std::nullopt;
  }
  ChainLine result;
  if (!read_hex(line.substr(kOpen.size(), kHexSize), result.hash)) return std::nullopt;
  result.covered = line.substr(kCoveredFrom);
  if (!result.covered.starts_with(kSeq)) return std::nullopt;
  const char* const begin = result.covered.data() + kSeq.size();
  const char* const end = line.data() + line.size();
  const auto number = std::from_chars(begin, end, result.seq);
  if (number.ec != std::errc{} || result.seq == 0) return std::nullopt;
  const std::string_view rest(number.ptr, static_cast<size_t>(end - number.ptr));
  if (!rest.starts_with(kId)) return std::nullopt;
  const size_t id_end = rest.find('"', kId.size());
  if (id_end == std::string_view::npos) return std::nullopt;
  result.id = rest.substr(kId.size(), id_end - kId.size());
  return result;
}

Digest chain_hash(Sha256& sha, const Digest& previous, std::string_view covered) {
  sha.begin();
  sha.add(previous);
  sha.add(covered);
  return sha.finish();
}

std::string_view Chain::build(std::string_view members) {
  next_.seq = state_.seq + 1;
  char number[24];
  char* const number_end = std::to_chars(number, number + sizeof number, next_.seq).ptr;
  line_.clear();
  line_.append(kOpen);
  line_.append(kHexSize, '0');
  line_.append(kSeq);
  line_.append(number, number_end);
  line_.push_back(',');
  line_.append(members);
  line_.push_back('}');
  next_.hash = chain_hash(hash_, state_.hash, std::string_view(line_).substr(kCoveredFrom));
  write_hex(next_.hash, line_.data() + kOpen.size());
  return line_;
}

void PublishedEnd::publish(const End& end) {
  uint64_t words[kWords] = {end.state.seq, 0, 0, 0, 0, end.last.segment, end.last.offset};
  std::memcpy(&words[1], end.state.hash.data(), end.state.hash.size());
  const uint64_t version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  // A reader that sees one of these words also sees the odd version that was stored before it.
  for (size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_release);
  version_.store(version + 2, std::memory_order_release);
}

PublishedEnd::End PublishedEnd::read() const {
  for (;;) {
    const uint64_t before = version_.load(std::memory_order_acquire);
    uint64_t words[kWords];
    for (size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_acquire);
    if (before % 2 != 0 || version_.load(std::memory_order_relaxed) != before) continue;
    End end;
    end.state.seq = words[0];
    std::memcpy(end.state.hash.data(), &words[1], end.state.hash.size());
    end.last = {.segment = words[5], .offset = words[6]};
    return end;
  }
}

}  // namespace gatehouse::settlement
