#pragma once

#include <string>

#include "firewall/text/normaliser.h"

namespace gatehouse::firewall {

/// `text` must outlive the view.
inline Normalised normal(const std::string& text) {
  Normalised view;
  normalise(text, view);
  return view;
}

}  // namespace gatehouse::firewall
