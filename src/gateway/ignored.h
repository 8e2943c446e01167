#pragma once

#include <string>
#include <vector>

namespace gatehouse::gateway {

/// The fields that lines such as "seed: why" begin with, once each, with commas between: a header's
/// value of bounded size. They are the client's words: what a header should not hold becomes '?'.
std::string fields_named(const std::vector<std::string>& lines);

}  // namespace gatehouse::gateway
