#include <memory>

#include <fmt/format.h>

#include "app/cli/admin_client.h"
#include "app/cli/cli.h"
#include "app/cli/output.h"
#include "settlement/explain.h"
#include "settlement/verify.h"
#include "store/file.h"

namespace gatehouse::app::cli {
namespace {

struct VerifyFlags {
  DataOptions data;
  std::string public_key, anchor;
};

int verify(const VerifyFlags& flags) {
  const auto dir = data_dir_of(flags.data);
  if (!dir) return kFailed;
  settlement::VerifyOptions options;
  options.dir = dir->root;
  options.public_key = flags.public_key;
  if (!flags.anchor.empty()) {
    const auto head = store::read_file(flags.anchor);
    if (head && *head) options.anchor = **head;
    if (options.anchor.empty()) {
      complain(Refusal::invalid("--anchor", "The head " + flags.anchor + " cannot be read.",
                                "anchor_unreadable"));
      return kFailed;
    }
  }
  const auto report = settlement::verify_audit(options);
  if (!report) {
    complain(report.error());
    return kFailed;
  }
  std::string text =
      flags.data.json ? settlement::report_json(*report) : settlement::report_text(*report);
  if (!text.ends_with('\n')) text += '\n';
  print(text);
  return report->ok() ? kOk : kFailed;
}

struct ExplainFlags {
  DataOptions data;
  std::string id;
};

int explain(const ExplainFlags& flags) {
  const auto dir = data_dir_of(flags.data);
  if (!dir) return kFailed;
  const auto found = settlement::find_record(dir->root, flags.id);
  if (!found) {
    complain(found.error());
    return kFailed;
  }
  if (flags.data.json) {
    print_line(settlement::explain_json(*found));
    return kOk;
  }
  const auto text = settlement::explain_text(*found, is_terminal());
  if (!text) {
    complain(text.error());
    return kFailed;
  }
  print(*text);
  if (!text->ends_with('\n')) print("\n");
  return kOk;
}

}  // namespace

void add_audit(CLI::App& root, int& exit_code) {
  CLI::App* audit =
      root.add_subcommand("audit", "The audit log: append-only, hash-chained, signed");
  audit->require_subcommand(1);
  audit->footer(
      "Examples:\n"
      "  gatehouse audit verify --data ./var\n"
      "  gatehouse audit verify --data ./var --anchor head-of-last-month.json --json");
  CLI::App* command = audit->add_subcommand(
      "verify", "Checks every record; names what was changed, dropped, added or moved");
  const auto flags = std::make_shared<VerifyFlags>();
  add_data_options(*command, flags->data);
  command->add_option("folder", flags->data.data_dir, "The data or audit folder, as --data");
  command->add_option("--public-key", flags->public_key,
                      "The signer's key (64 hex digits), kept elsewhere");
  command->add_option("--anchor", flags->anchor,
                      "An older head.json, kept elsewhere: what it sealed must still be there");
  command->footer("Exit code 1 if anything is wrong. Works beside a running server.");
  runs(*command, exit_code, [flags] { return verify(*flags); });
}

void add_explain(CLI::App& root, int& exit_code) {
  CLI::App* command = root.add_subcommand(
      "explain", "Tells what happened to a request, and why, from its audit record");
  command->footer(
      "Example:\n  gatehouse explain req_01hzx3k5v7m9q2w4e6r8t0y1p3\n\n"
      "The id is in the answer's x-request-id header.");
  const auto flags = std::make_shared<ExplainFlags>();
  command->add_option("id", flags->id, "The request's id")->required();
  add_data_options(*command, flags->data);
  runs(*command, exit_code, [flags] { return explain(*flags); });
}

}  // namespace gatehouse::app::cli
