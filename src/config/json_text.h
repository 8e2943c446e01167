#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace gatehouse::config {

/// JSON for people: two spaces a level, members in their order, a line end at the end. Short arrays
/// and objects of plain values stay on one line.
std::string pretty(const boost::json::value& value);

}  // namespace gatehouse::config
