/// The ledger's snapshot file: lines of blank-parted fields, the last field of each the CRC-32C of
/// the rest, the last line the number of lines, so that neither a flipped bit nor a cut goes
/// unseen:
///
///   gatehouse-ledger 1 <generation> <latest day> <latest month> <crc>
///   journal <name> <segment> <offset> <next number> <crc>
///   total <k|u|t> <id> <d|m> <index> <spent> <overshoot> <recovered> <requests> <crc>
///   open <journal> <number> <wall_ms> <day> <month> <bound> <key|-> <user|-> <tenant> <request|->
///   <crc> end <lines before it> <crc>
///
/// Amounts are two fields: nano-dollars and tokens.
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "admission/ledger.h"
#include "store/crc32c.h"
#include "store/file.h"

namespace gatehouse::admission {
namespace {

constexpr std::string_view kFile = "ledger.snapshot";
constexpr std::string_view kMagic = "gatehouse-ledger";
constexpr int64_t kVersion = 1;
constexpr std::string_view kKindNames = "kut";

Refusal corrupt(std::string what) {
  Refusal refusal = Refusal::internal(Layer::admission, "ledger.snapshot: " + std::move(what));
  refusal.code = "ledger_corrupt";
  return refusal;
}

void finish_line(std::string& out, size_t start) {
  const uint32_t crc = store::crc32c(std::string_view(out).substr(start));
  fmt::format_to(std::back_inserter(out), " {:x}\n", crc);
}

/// Takes fields off the front of a line; `ok` tells whether all were there and well-formed.
class FieldReader {
 public:
  explicit FieldReader(std::string_view line) : rest_(line) {}

  std::string_view text() {
    if (done_) ok_ = false;
    const size_t blank = rest_.find(' ');
    const std::string_view field = rest_.substr(0, blank);
    done_ = blank == std::string_view::npos;
    rest_.remove_prefix(done_ ? rest_.size() : blank + 1);
    if (field.empty()) ok_ = false;
    return field;
  }
  std::string_view optional_text() {
    const std::string_view field = text();
    return field == "-" ? std::string_view() : field;
  }
  template <typename T>
  T number() {
    const std::string_view field = text();
    T value{};
    const auto parsed = std::from_chars(field.data(), field.data() + field.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != field.data() + field.size()) ok_ = false;
    return value;
  }
  Charge charge() {
    Charge charge;
    charge.money.nanos = number<int64_t>();
    charge.tokens = number<int64_t>();
    return charge;
  }
  bool finished() const { return ok_ && done_; }

 private:
  std::string_view rest_;
  bool done_ = false;
  bool ok_ = true;
};

}  // namespace

Result<void> Ledger::save(const std::filesystem::path& dir) {
  forget_old();
  std::string out;
  size_t lines = 0;
  const auto line = [&]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
    const size_t start = out.size();
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
    finish_line(out, start);
    ++lines;
  };
  line("{} {} {} {} {}", kMagic, kVersion, generation_ + 1, latest_.day, latest_.month);
  for (const auto& [name, state] : journals_) {
    line("journal {} {} {} {}", name, state.journal.folded.segment, state.journal.folded.offset,
         state.journal.next_number);
  }
  for (const auto& known : owners_) {
    for (const auto& [id, owner] : known) {
      for (const char period : {'d', 'm'}) {
        for (const Dated& dated : owner->periods[period == 'm']) {
          const LedgerTotals& t = dated.totals;
          line("total {} {} {} {} {} {} {} {} {} {} {}",
               kKindNames[static_cast<size_t>(owner->kind)], id, period, dated.index,
               t.spent.money.nanos, t.spent.tokens, t.overshoot.money.nanos, t.overshoot.tokens,
               t.recovered.money.nanos, t.recovered.tokens, t.requests);
        }
      }
    }
  }
  for (const auto& [name, state] : journals_) {
    for (const auto& [number, open] : state.open) {
      const std::string& user = open.owners[1] == nullptr ? std::string("-") : open.owners[1]->id;
      line("open {} {} {} {} {} {} {} {} {} {} {}", name, number, open.wall_ms, open.periods.day,
           open.periods.month, open.bound.money.nanos, open.bound.tokens, open.owners[0]->id,
           user.substr(user.find('/') + 1), open.owners[2]->id,
           open.request.empty() ? std::string("-") : open.request);
    }
  }
  const size_t before = lines;
  line("end {}", before);
  if (auto written = store::replace_file(dir / kFile, out); !written) return written;
  ++generation_;
  return {};
}

Result<Ledger> Ledger::load(const std::filesystem::path& dir) {
  Ledger ledger;
  auto text = store::read_file(dir / kFile);
  if (!text) return refuse(text.error());
  if (!*text) return ledger;
  if (auto loaded = ledger.load_lines(**text); !loaded) return refuse(loaded.error());
  return ledger;
}

Result<void> Ledger::load_lines(std::string_view text) {
  size_t lines = 0;
  while (true) {
    const size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return refuse(corrupt("it ends early"));
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline + 1);
    const size_t last = line.rfind(' ');
    uint32_t crc = 0;
    if (last == std::string_view::npos ||
        std::from_chars(line.data() + last + 1, line.data() + line.size(), crc, 16).ptr !=
            line.data() + line.size() ||
        store::crc32c(line.substr(0, last)) != crc) {
      return refuse(corrupt(fmt::format("line {} is damaged", lines + 1)));
    }
    line = line.substr(0, last);
    if (line.starts_with("end ")) {
      FieldReader end(line.substr(4));
      const auto expected = end.number<size_t>();
      if (end.finished() && expected == lines && text.empty()) return {};
      return refuse(corrupt("it has lines too few or too many"));
    }
    if (lines == 0) {
      FieldReader header(line);
      const bool ours = header.text() == kMagic;
      const auto version = header.number<int64_t>();
      generation_ = header.number<uint64_t>();
      latest_.day = header.number<int32_t>();
      latest_.month = header.number<int32_t>();
      if (!ours || !header.finished()) return refuse(corrupt("it is not a ledger"));
      if (version != kVersion) {
        return refuse(corrupt(fmt::format("version {} is not known here", version)));
      }
    } else if (!load_line(line)) {
      return refuse(corrupt(fmt::format("line {} makes no sense", lines + 1)));
    }
    ++lines;
  }
}

bool Ledger::load_line(std::string_view line) {
  FieldReader fields(line);
  const std::string_view what = fields.text();
  if (what == "journal") {
    Journal& journal = journals_[std::string(fields.text())].journal;
    journal.folded.segment = fields.number<uint64_t>();
    journal.folded.offset = fields.number<uint64_t>();
    journal.next_number = fields.number<uint64_t>();
    return fields.finished();
  }
  if (what == "total") {
    const std::string_view kind_name = fields.text();
    const size_t kind = kKindNames.find(kind_name);
    const std::string_view id = fields.text();
    const std::string_view period = fields.text();
    const auto index = fields.number<int32_t>();
    LedgerTotals totals;
    totals.spent = fields.charge();
    totals.overshoot = fields.charge();
    totals.recovered = fields.charge();
    totals.requests = fields.number<int64_t>();
    if (!fields.finished() || kind_name.size() != 1 || kind == std::string_view::npos) return false;
    if (period != "d" && period != "m") return false;
    owner(static_cast<ScopeKind>(kind), id).at(period == "d" ? Period::day : Period::month, index) =
        totals;
    return true;
  }
  if (what != "open") return false;
  JournalState& journal = journals_[std::string(fields.text())];
  ReserveRecord record;
  record.number = fields.number<uint64_t>();
  record.wall_ms = fields.number<int64_t>();
  record.periods.day = fields.number<int32_t>();
  record.periods.month = fields.number<int32_t>();
  record.bound = fields.charge();
  record.key = fields.text();
  record.user = fields.optional_text();
  record.tenant = fields.text();
  record.request = fields.optional_text();
  return fields.finished() && reserve(journal, record);
}

}  // namespace gatehouse::admission
