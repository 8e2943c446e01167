#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.h"

/// The files of trained models: a header and a table, then 32 bytes of SHA-256 over both.
namespace gatehouse::firewall {

/// The refusal of such a file; `model` names it to the reader: "learned model".
Refusal damaged_model(std::string_view model, const std::filesystem::path& file, std::string why);

/// A whole file, which must have `summed` bytes and the sum behind them. The sum is not checked
/// yet: what the header says is the better complaint about a file of another version.
Result<std::string> read_model(std::string_view model, const std::filesystem::path& file,
                               size_t summed);

/// Whether the sum at the end holds.
bool sum_holds(std::string_view bytes);

/// "1 3f9c0a11": a version and the first digits of the sum.
std::string version_text(uint32_t version, std::string_view bytes);

}  // namespace gatehouse::firewall
