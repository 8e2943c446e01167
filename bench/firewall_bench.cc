// Microseconds of CPU per KB of each stage of the firewall that works on form: normalising,
// signatures, personal data, secrets; the cost and the hold-back of the stream window.
//   firewall_bench [FILE.jsonl …]     texts to take; the benign texts of the shared data if there
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <time.h>

#include "core/json.h"
#include "firewall/answer/declined.h"
#include "firewall/answer/repetition.h"
#include "firewall/pii/pii_detector.h"
#include "firewall/role_markers.h"
#include "firewall/rules/embedded.h"
#include "firewall/secrets/secret_detector.h"
#include "firewall/signatures/signature_set.h"
#include "firewall/stream/stream_window.h"
#include "firewall/text/encoded.h"
#include "firewall/text/normaliser.h"
#include "firewall/text/undo.h"

namespace {

using namespace gatehouse::firewall;

double cpu_micros() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

std::string texts_of(const std::filesystem::path& file) {
  std::string all;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const auto row = boost::json::parse(line).as_object();
    if (const auto* label = row.if_contains("label");
        label != nullptr && label->as_string() != "benign")
      continue;
    all.append(row.at("text").as_string()).append("\n");
  }
  return all;
}

// Prose of common words, for where the data is not.
std::string made_up() {
  std::vector<std::string_view> words;
  const std::string_view list = rules::lexicon();
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find('\n', at), list.size());
    words.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  std::string text;
  for (size_t seed = 1; text.size() < 400'000;
       seed = seed * 6364136223846793005ULL + 1442695040888963407ULL) {
    text.append(words[(seed >> 33) % 3000]).append((seed >> 40) % 12 == 0 ? ". " : " ");
  }
  return text;
}

std::string load(int argc, char** argv) {
  std::string all;
  for (int i = 1; i < argc; ++i) all += texts_of(argv[i]);
  if (all.empty()) {
    const std::filesystem::path data =
        std::filesystem::path(GATEHOUSE_SOURCE_DIR) / "../shared/data/firewall/dev";
    for (const char* name : {"t0-p3", "arena-hard-v0.1", "s-labs", "self-instruct", "mt-bench"}) {
      all += texts_of(data / (std::string(name) + ".jsonl"));
    }
  }
  return all.empty() ? made_up() : all;
}

struct Stage {
  const char* name;
  std::function<void(const std::string&)> run;
};

// Best of several rounds over windows of this size: what the code costs, not what the machine did.
double micros_per_kb(const std::string& all, size_t size,
                     const std::function<void(const std::string&)>& run) {
  std::vector<std::string> windows;
  for (size_t at = 0; at + size <= all.size() && windows.size() < 60;
       at += std::max(size, all.size() / 60)) {
    windows.push_back(all.substr(at, size));
  }
  if (windows.empty()) return 0;
  double best = 1e18;
  for (int round = 0; round < 7; ++round) {
    const double start = cpu_micros();
    for (const std::string& window : windows) run(window);
    best = std::min(best, cpu_micros() - start);
  }
  return best / (static_cast<double>(size * windows.size()) / 1024);
}

void hold_back(const std::string& all) {
  OutputRules rules;
  rules.decide = [](const Finding&) { return Action::flag; };
  const PromptLeak prompt(
      "You are a helpful assistant of a bank. Answer in short sentences and never promise "
      "anything.");
  rules.leak = &prompt;
  std::vector<size_t> holds;
  double micros = 0;
  size_t chunks = 0;
  const size_t total = std::min<size_t>(all.size(), 2'000'000);
  for (size_t begin = 0; begin < total; begin += 4000) {
    StreamWindow window(rules);
    const std::string_view answer = std::string_view(all).substr(begin, 4000);
    const double start = cpu_micros();
    for (size_t at = 0; at < answer.size(); at += 5) {  // a token is four to five characters
      window.feed(answer.substr(at, 5));
      holds.push_back(window.held_back());
      ++chunks;
    }
    window.finish();
    micros += cpu_micros() - start;
  }
  std::sort(holds.begin(), holds.end());
  const auto at = [&](double share) {
    return holds[static_cast<size_t>(share * static_cast<double>(holds.size() - 1))];
  };
  std::printf(
      "\nstream window, chunks of 5 bytes: %.2f us a chunk; held back: median %zu, p90 %zu, p99 "
      "%zu, most %zu bytes\n",
      micros / static_cast<double>(chunks), at(0.5), at(0.9), at(0.99), holds.back());
}

/// What an answer is looked at for beside: its repetitions as it comes, its beginning once.
void outcome(const std::string& all) {
  size_t chunks = 0;
  double repetition_micros = 0, beginning_micros = 0;
  size_t answers = 0;
  const size_t total = std::min<size_t>(all.size(), 2'000'000);
  for (size_t begin = 0; begin < total; begin += 4000, ++answers) {
    const std::string_view answer = std::string_view(all).substr(begin, 4000);
    double start = cpu_micros();
    Repetition repetition;
    for (size_t at = 0; at < answer.size(); at += 5, ++chunks)
      repetition.feed(answer.substr(at, 5));
    repetition_micros += cpu_micros() - start;
    start = cpu_micros();
    Beginning beginning;
    beginning.add(answer);
    beginning.judge();
    beginning_micros += cpu_micros() - start;
  }
  std::printf("repetition, chunks of 5 bytes: %.3f us a chunk; beginning: %.2f us an answer\n",
              repetition_micros / static_cast<double>(chunks),
              beginning_micros / static_cast<double>(answers));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string all = load(argc, argv);
  Normalised view;
  Findings findings;
  const auto start = cpu_micros();
  SignatureSet::standard();
  SecretDetector::standard();
  std::printf("rules ready after %.0f ms of CPU\n", (cpu_micros() - start) / 1000);
  const auto refusals = cpu_micros();
  SignatureSet::refusals();
  std::printf("those of refusals after %.0f ms\n\n", (cpu_micros() - refusals) / 1000);
  const std::vector<Stage> stages = {
      {"clean", [&](const std::string& text) { clean_text(text, view); }},
      {"normalise (all)", [&](const std::string& text) { normalise(text, view); }},
      {"role markers", [](const std::string& text) { find_role_marker(text); }},
      {"signatures",
       [&](const std::string& text) {
         clean_text(text, view);
         SignatureSet::standard().scan(view.canonical, Source::user, Direction::input, "signature",
                                       findings);
       }},
      {"pii", [&](const std::string& text) { PiiDetector::scan(text, findings); }},
      {"secrets",
       [&](const std::string& text) { SecretDetector::standard().scan(text, findings); }},
      {"whole, on input",
       [&](const std::string& text) {
         normalise(text, view);
         find_role_marker(text);
         SignatureSet::standard().scan(view, Source::user, Direction::input, findings);
         PiiDetector::scan(view, findings);
         SecretDetector::standard().scan(view, findings);
       }},
  };
  std::printf("%-18s %10s %10s %10s %10s   us CPU per KB\n", "stage", "0.9 KB", "2 KB", "10 KB",
              "100 KB");
  for (const Stage& stage : stages) {
    std::printf("%-18s", stage.name);
    for (const size_t size : {900U, 2048U, 10240U, 102400U}) {
      std::printf(" %10.2f", micros_per_kb(all, size, [&](const std::string& text) {
                    findings.clear();
                    stage.run(text);
                  }));
    }
    std::printf("\n");
  }
  const double long_text = micros_per_kb(all, 102400, stages.back().run);
  std::printf("\nlong documents: %.1f MB/s on one core\n", 1e6 / long_text / 1024);
  hold_back(all);
  outcome(all);
  return 0;
}
