#pragma once

#include <string_view>

namespace gatehouse::app {

inline constexpr std::string_view kVersion = GATEHOUSE_VERSION;

}  // namespace gatehouse::app
