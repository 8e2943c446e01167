#pragma once

#include <memory>
#include <string>

#include <boost/json/value.hpp>

#include "app/cli/cli.h"
#include "control/admin_call.h"
#include "control/data_dir.h"
#include "core/result.h"

namespace gatehouse::config {
struct Config;
}

namespace gatehouse::app::cli {

/// The admin API for commands. If a server holds the data folder, calls go to it over its admin
/// listener with the folder's admin.key; otherwise they are done here, on the folder itself. Either
/// way the same code answers.
class AdminClient {
 public:
  virtual ~AdminClient() = default;
  virtual Result<control::AdminResponse> call(const std::string& method, const std::string& target,
                                              const std::string& body) = 0;
  virtual bool online() const = 0;

  static Result<std::unique_ptr<AdminClient>> connect(const DataOptions& options);
};

/// Connects, calls, and gives the answer as JSON; complains about whatever goes wrong and gives
/// nothing then.
std::optional<boost::json::value> admin_call(const DataOptions& options, const std::string& method,
                                             const std::string& target,
                                             const boost::json::value& body = nullptr);

/// The data folder that the options mean.
Result<control::DataDir> data_dir_of(const DataOptions& options);

/// The configuration that the options mean, or complaints and nothing. Secrets are looked up only
/// if `resolve_secrets`.
std::optional<config::Config> load_config(const std::string& file, bool resolve_secrets);

/// Percent-encodes what may not stand in a path segment or query value.
std::string url_encoded(std::string_view text);

}  // namespace gatehouse::app::cli
