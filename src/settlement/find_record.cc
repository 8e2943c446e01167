#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "settlement/chain.h"
#include "settlement/explain.h"
#include "settlement/file_reader.h"
#include "settlement/head.h"
#include "settlement/verify.h"
#include "store/append_log.h"

namespace gatehouse::settlement {
namespace {

namespace fs = std::filesystem;

/// A record is written when its request ends, its id is made when it begins; clocks may jump.
constexpr int64_t kSlackMillis = int64_t{2} * 60 * 60 * 1000;

/// The milliseconds in an id ("req_" and a ULID), nothing if it is no such id.
std::optional<int64_t> id_millis(std::string_view id) {
  constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  const size_t underscore = id.rfind('_');
  if (underscore == std::string_view::npos || id.size() - underscore - 1 != 26) {
    return std::nullopt;
  }
  int64_t millis = 0;
  for (const char c : id.substr(underscore + 1, 10)) {
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    millis = millis * 32 + static_cast<int64_t>(digit);
  }
  return millis;
}

struct Segment {
  std::string stream;
  uint64_t number = 0;
  fs::path path;
  std::optional<int64_t> begins;  // of its first record
  std::optional<int64_t> ends;    // where the next segment begins
};

/// The id time of a file's first record; reads no more than that needs.
std::optional<int64_t> first_time(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::array<char, 512> buffer;
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  ::close(fd);
  if (n <= 0) return std::nullopt;
  std::string start(buffer.data(), static_cast<size_t>(n));
  start = start.substr(0, start.find('\n'));
  if (!start.ends_with('}')) start.push_back('}');  // the frame is all that is read here
  const auto line = parse_chain_line(start);
  return line ? id_millis(line->id) : std::nullopt;
}

/// All segments, the ones first where the record should be, the others newest first.
std::vector<Segment> segments_in_order(const fs::path& dir, std::optional<int64_t> wanted) {
  std::vector<Segment> segments;
  for (const std::string& stream : find_streams(dir)) {
    std::optional<int64_t> next;
    auto numbers = store::list_segments(dir, stream);
    std::reverse(numbers.begin(), numbers.end());
    for (const uint64_t number : numbers) {
      Segment segment{.stream = stream,
                      .number = number,
                      .path = store::segment_path(dir, stream, number),
                      .begins = std::nullopt,
                      .ends = next};
      segment.begins = first_time(segment.path);
      next = segment.begins;
      segments.push_back(std::move(segment));
    }
  }
  const auto is_likely = [wanted](const Segment& segment) {
    if (!wanted) return false;
    return (!segment.begins || *segment.begins <= *wanted + kSlackMillis) &&
           (!segment.ends || *segment.ends + kSlackMillis >= *wanted);
  };
  std::stable_sort(segments.begin(), segments.end(), [&](const Segment& a, const Segment& b) {
    const bool a_likely = is_likely(a);
    const bool b_likely = is_likely(b);
    if (a_likely != b_likely) return a_likely;
    return a.begins.value_or(std::numeric_limits<int64_t>::max()) >
           b.begins.value_or(std::numeric_limits<int64_t>::max());
  });
  return segments;
}

/// The hash of the record before the one at `begin` in `bytes`.
std::optional<Digest> previous_hash(const fs::path& dir, const Segment& segment,
                                    std::string_view bytes, size_t begin, uint64_t seq,
                                    const std::optional<Head>& head) {
  if (seq == 1) {
    if (!head) return std::nullopt;
    return chain_start(segment.stream, head->public_key).hash;
  }
  FileReader before;
  if (begin == 0) {
    if (before.read(store::segment_path(dir, segment.stream, segment.number - 1)) != 0) {
      return std::nullopt;
    }
    bytes = before.bytes();
    begin = bytes.find_last_of('\n') + 1;
    if (begin == 0) return std::nullopt;
  }
  const std::string_view rest = bytes.substr(0, begin - 1);
  const auto line = parse_chain_line(rest.substr(rest.find_last_of('\n') + 1));
  if (!line || line->seq + 1 != seq) return std::nullopt;
  return line->hash;
}

}  // namespace

Result<FoundRecord> find_record(const fs::path& data_dir, std::string_view id) {
  const fs::path dir = audit_dir_of(data_dir);
  std::optional<Head> head;
  if (const auto text = read_head(dir); text && *text) {
    if (auto parsed = parse_head(**text)) head = std::move(*parsed);
  }
  const std::string needle = fmt::format(",\"id\":\"{}\"", id);
  FileReader reader;
  for (const Segment& segment : segments_in_order(dir, id_millis(id))) {
    reader.read(segment.path);  // what can't be read holds nothing to find
    const std::string_view bytes = reader.bytes();
    for (size_t at = bytes.find(needle); at != std::string_view::npos;
         at = bytes.find(needle, at + 1)) {
      const size_t end = bytes.find('\n', at);
      if (end == std::string_view::npos) break;  // unfinished
      const size_t begin = bytes.find_last_of('\n', at) + 1;
      const std::string_view text = bytes.substr(begin, end - begin);
      const auto line = parse_chain_line(text);
      if (!line || line->id != id) continue;
      FoundRecord found;
      found.line = std::string(text);
      found.stream = segment.stream;
      found.file = segment.path.filename().string();
      found.seq = line->seq;
      found.line_number =
          1 + static_cast<uint64_t>(std::count(
                  bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
      const auto previous = previous_hash(dir, segment, bytes, begin, line->seq, head);
      Sha256 sha;
      found.hash_holds = previous && chain_hash(sha, *previous, line->covered) == line->hash;
      const StreamHead* const sealed = head ? head->find(segment.stream) : nullptr;
      found.sealed = sealed != nullptr && sealed->state.seq >= line->seq;
      return found;
    }
  }
  Refusal refusal;
  refusal.kind = ErrorKind::not_found;
  refusal.layer = Layer::settlement;
  refusal.code = "record_not_found";
  refusal.message = fmt::format("There is no record of {} in {}.", id, dir.string());
  return refuse(std::move(refusal));
}

}  // namespace gatehouse::settlement
