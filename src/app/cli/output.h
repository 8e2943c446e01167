#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/error.h"
#include "core/refusal.h"

namespace gatehouse::app::cli {

/// A table for people: columns as wide as their widest cell, two blanks between them, a head in
/// capitals. Widths count code points.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.size() == 1; }
  std::string to_string() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

void print(std::string_view text);                  // to standard output
void print_line(std::string_view text);             // with a line end
void complain(std::string_view text);               // "gatehouse: …" to standard error
void complain(const Refusal& refusal);              // message, and the private reason
void complain(const config::ConfigErrors& errors);  // one a line

/// Whether people read standard output.
bool is_terminal();

}  // namespace gatehouse::app::cli
