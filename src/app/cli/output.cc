#include "app/cli/output.h"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

namespace gatehouse::app::cli {
namespace {

size_t width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

std::string Table::to_string() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (size_t r = 0; r < rows_.size(); ++r) {
    std::string line;
    for (size_t i = 0; i < rows_[r].size(); ++i) {
      std::string cell = rows_[r][i];
      if (r == 0) {
        std::transform(cell.begin(), cell.end(), cell.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
      }
      const size_t pad = i + 1 < rows_[r].size() ? widths[i] - width(cell) + 2 : 0;
      line += cell + std::string(pad, ' ');
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_line(std::string_view text) {
  print(text);
  print("\n");
}

void complain(std::string_view text) {
  std::fprintf(stderr, "gatehouse: %.*s\n", static_cast<int>(text.size()), text.data());
}

void complain(const Refusal& refusal) {
  std::string text = refusal.param.empty() ? "" : refusal.param + ": ";
  text += refusal.message;
  if (!refusal.reason.empty() && refusal.message.find(refusal.reason) == std::string::npos) {
    text += " (" + refusal.reason + ")";
  }
  complain(text);
}

void complain(const config::ConfigErrors& errors) {
  const std::string text = config::to_string(errors);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

bool is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace gatehouse::app::cli
