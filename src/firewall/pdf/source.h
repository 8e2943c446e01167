#pragma once

#include <string>
#include <string_view>

#include "firewall/pdf/budget.h"
#include "firewall/pdf/qpdf.h"

namespace gatehouse::firewall::pdf {

/// A file in memory as qpdf reads it. qpdf knows no limits: how much it reads, how many tokens it
/// sees and how deep it follows references is watched here, where all of it passes.
class BoundedSource final : public InputSource {
 public:
  /// Both must outlive it. References may take the stack from here on.
  BoundedSource(std::string_view bytes, Budget& budget);

  qpdf_offset_t findAndSkipNextEOL() override;
  const std::string& getName() const override { return name_; }
  qpdf_offset_t tell() override { return static_cast<qpdf_offset_t>(at_); }
  void seek(qpdf_offset_t offset, int whence) override;
  void rewind() override { at_ = 0; }
  size_t read(char* to, size_t length) override;
  void unreadCh(char ch) override;

 private:
  void watch_stack() const;

  const std::string name_ = "pdf";
  const std::string_view bytes_;
  Budget& budget_;
  const char* const stack_;
  size_t at_ = 0;
};

}  // namespace gatehouse::firewall::pdf
