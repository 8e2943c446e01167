/// The budget journal and the ledger's snapshot hold whatever the bytes: nothing crashes, no line
/// is taken for another one, amounts are never negative.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <unistd.h>

#include "admission/journal.h"
#include "admission/ledger.h"
#include "store/crc32c.h"

namespace admission = gatehouse::admission;

namespace {

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void add_checksum(std::string& line) {
  char crc[16];
  std::snprintf(crc, sizeof crc, " %x", gatehouse::store::crc32c(line));
  line += crc;
}

void try_line(std::string_view line) {
  const auto record = admission::parse_journal_line(line);
  if (!record) return;
  check(record->reserve.has_value() != record->settle.has_value(), "one kind of record");
  std::string again;
  if (record->reserve) {
    check(record->reserve->bound.money.nanos >= 0 && record->reserve->bound.tokens >= 0, "sign");
    format(*record->reserve, again);
  } else {
    check(record->settle->used.money.nanos >= 0 && record->settle->used.tokens >= 0, "sign");
    format(*record->settle, again);
  }
  check(admission::parse_journal_line(again).has_value(), "what is written can be read");
}

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 16 << 10) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const std::filesystem::path dir =
      std::filesystem::path("/dev/shm") / ("gatehouse-fuzz-ledger-" + std::to_string(::getpid()));
  std::filesystem::create_directories(dir);
  std::string lines;
  std::string_view rest = text;
  for (int i = 0; i < 1000 && !rest.empty(); ++i) {
    const size_t newline = rest.find('\n');
    std::string line(rest.substr(0, newline));
    try_line(line);
    add_checksum(line);  // so that the fields behind the checksum are reached too
    try_line(line);
    lines += line;
    lines += '\n';
    if (newline == std::string_view::npos) break;
    rest.remove_prefix(newline + 1);
  }
  const auto journal = gatehouse::store::segment_path(dir, "budget-0", 1);
  const auto snapshot = dir / "ledger.snapshot";
  for (const std::string_view bytes : {text, std::string_view(lines)}) {
    std::filesystem::remove(snapshot);
    write(journal, bytes);
    auto ledger = admission::Ledger::read(dir);
    check(ledger.has_value(), "a damaged journal can be read");
    for (const auto& [key, totals] : ledger->totals()) {
      check(totals.spent.money.nanos >= 0 && totals.spent.tokens >= 0, "totals");
    }
    std::filesystem::remove(journal);
    write(snapshot, bytes);
    if (auto loaded = admission::Ledger::load(dir)) {
      check(loaded->save(dir).has_value(), "what was loaded can be saved");
      const auto again = admission::Ledger::load(dir);
      check(again.has_value(), "and loaded again");
    }
  }
  std::filesystem::remove_all(dir);
  return 0;
}
