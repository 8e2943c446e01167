#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/clock.h"
#include "core/random.h"
#include "settlement/audit.h"

namespace gatehouse::settlement::test {

/// A folder that is gone when the test is.
class TempDir {
 public:
  TempDir() {
    // In memory where there is such a folder: some tests write thousands of files.
    const std::filesystem::path memory = "/dev/shm";
    const auto parent =
        std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (parent / "settlement-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

inline AuditOptions audit_options(const std::filesystem::path& data, size_t streams = 1) {
  AuditOptions options;
  options.dir = data / "audit";
  options.key_file = data / "audit.key";
  options.streams = streams;
  options.seal_every = std::chrono::hours{1};  // tests seal when they mean to
  return options;
}

/// Opens the log and expects that it works.
inline std::unique_ptr<AuditLog> open_audit(const AuditOptions& options) {
  auto audit = AuditLog::open(options, Clock::system(), Random::system());
  EXPECT_TRUE(audit.has_value()) << (audit ? "" : audit.error().reason);
  return audit ? std::move(*audit) : nullptr;
}

/// The line that continues the chain of a stream's file: what anybody can forge who may write it.
inline std::string next_line(const std::filesystem::path& file, std::string_view members) {
  const auto last = parse_chain_line(lines_of(read_file(file)).back());
  EXPECT_TRUE(last.has_value());
  Chain chain({.seq = last->seq, .hash = last->hash});
  return std::string(chain.build(members)) + "\n";
}

/// A record that owns nothing but literals; `id` must outlive it.
inline RequestRecord simple_record(std::string_view id) {
  RequestRecord record;
  record.request_id = id;
  record.tenant = "demo";
  record.key_id = "gh_ab12cd";
  record.api = "openai";
  record.operation = "chat";
  record.model_asked = "smollm2";
  record.model_served = "SmolLM2-135M";
  record.upstream = "local";
  record.provider = "local";
  record.input_tokens = 21;
  record.output_tokens = 41;
  record.cost = Money{1234};
  record.started = WallTime{std::chrono::seconds{1'800'000'000}};
  record.total_time = std::chrono::milliseconds{310};
  return record;
}

inline void append_records(AuditLog& audit, size_t stream, size_t first, size_t count) {
  for (size_t i = first; i < first + count; ++i) {
    const std::string id = "req_" + std::to_string(stream) + "_" + std::to_string(i);
    const auto appended = audit.stream(stream).append(simple_record(id));
    ASSERT_TRUE(appended.has_value()) << appended.error().reason;
  }
}

}  // namespace gatehouse::settlement::test
