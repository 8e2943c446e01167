// Audit files that somebody else wrote: the verifier and the story teller read any bytes, and no
// bytes pass as the log that was sealed.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "settlement/explain.h"
#include "settlement/head.h"
#include "settlement/stream_verifier.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gatehouse;
  using namespace gatehouse::settlement;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  StreamHead sealed;
  sealed.name = "loop-0";
  sealed.state.seq = 3;
  StreamVerifier verifier("loop-0", chain_start("loop-0", "key"), &sealed, (size & 1) != 0,
                          nullptr);
  const size_t half = size / 2;
  verifier.segment("loop-0.00000001.log", text.substr(0, half), false);
  verifier.segment("loop-0.00000002.log", text.substr(half), true);
  verifier.finish("2026-11-24T13:05:09.123Z");
  if (verifier.issue_count() == 0) std::abort();

  AuditReport report;
  report.issues = verifier.issues();
  report.issue_count = verifier.issue_count();
  report.streams.push_back(verifier.report());
  json::Parser parser;
  if (!parser.parse_copy(report_json(report))) std::abort();
  for (const char c : report_text(report)) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') std::abort();
  }

  (void)parse_head(text);
  FoundRecord found;
  found.line = std::string(text);
  if (const auto story = explain_text(found)) {
    for (const char c : *story) {
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7f') std::abort();
    }
  }
  (void)explain_json(found);
  return 0;
}
