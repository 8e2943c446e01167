// The three helpers that llama.cpp's template engine and grammar writer take from its common.cpp.
// That file itself would bring samplers, downloads and argument parsing along.
#include <cstdarg>
#include <cstdio>
#include <stdexcept>

#include "common.h"

std::string string_join(const std::vector<std::string>& values, const std::string& separator) {
  std::string out;
  for (const std::string& value : values) {
    if (&value != values.data()) out += separator;
    out += value;
  }
  return out;
}

std::vector<std::string> string_split(const std::string& text, const std::string& delimiter) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t at; (at = text.find(delimiter, begin)) != std::string::npos;) {
    parts.push_back(text.substr(begin, at - begin));
    begin = at + delimiter.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string string_repeat(const std::string& text, size_t n) {
  std::string out;
  out.reserve(text.size() * n);
  while (n-- > 0) out += text;
  return out;
}

// The grammar writer prints what it could not translate and goes on without it. A schema that is
// only enforced in part must be refused instead: there, `fprintf` is this (schema_incomplete.h).
extern "C" int gatehouse_schema_incomplete(FILE*, const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  throw std::invalid_argument(text);
}
