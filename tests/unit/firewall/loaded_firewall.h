#pragma once

#include <gtest/gtest.h>

#include "firewall/firewall.h"

namespace gatehouse::firewall {

/// The firewall with the models of the repository, loaded once for all tests of the program.
inline const Firewall& firewall() {
  static const auto loaded = Firewall::load(GATEHOUSE_SOURCE_DIR "/models/firewall");
  if (!loaded) ADD_FAILURE() << loaded.error().reason;
  return **loaded;
}

}  // namespace gatehouse::firewall
