#include "app/cli/admin_client.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/cli/http.h"
#include "app/cli/output.h"
#include "config/config.h"
#include "control/control_plane.h"
#include "settlement/audit.h"

namespace gatehouse::app::cli {
namespace {

/// Works on the data folder itself, which it holds locked meanwhile. Changes are audited as the
/// server's are.
class OfflineClient final : public AdminClient {
 public:
  static Result<std::unique_ptr<AdminClient>> open(const control::DataDir& dir,
                                                   const std::string& config_file,
                                                   std::unique_ptr<control::DataDirLock> lock) {
    auto client = std::make_unique<OfflineClient>();
    client->lock_ = std::move(lock);
    control::ControlOptions options;
    options.dir = dir;
    options.config_file = config_file;
    config::ConfigErrors errors;
    auto control = control::ControlPlane::open(options, errors);
    if (!control) {
      if (!errors.empty()) complain(errors);
      return refuse(std::move(control.error()));
    }
    client->control_ = std::move(*control);
    client->dir_ = dir;
    control::ControlHooks hooks;
    hooks.audit = [raw = client.get()](const settlement::ControlEvent& event) {
      return raw->note(event);
    };
    client->control_->set_hooks(std::move(hooks));
    return std::unique_ptr<AdminClient>(std::move(client));
  }

  Result<control::AdminResponse> call(const std::string& method, const std::string& target,
                                      const std::string& body) override {
    return control::handle_admin(*control_, {method, target, body, "cli"});
  }
  bool online() const override { return false; }

 private:
  /// The audit log is opened at the first change only: most commands just read.
  Result<void> note(const settlement::ControlEvent& event) {
    if (!audit_) {
      settlement::AuditOptions options;
      options.dir = dir_.audit();
      options.key_file = dir_.audit_key();
      options.streams = 0;
      auto opened = settlement::AuditLog::open(options, Clock::system(), Random::system());
      if (!opened) return refuse(std::move(opened.error()));
      audit_ = std::move(*opened);
    }
    return audit_->note(event);
  }

  control::DataDir dir_;
  std::unique_ptr<control::DataDirLock> lock_;
  std::unique_ptr<control::ControlPlane> control_;
  std::unique_ptr<settlement::AuditLog> audit_;
};

class OnlineClient final : public AdminClient {
 public:
  OnlineClient(std::string url, std::string key) : url_(std::move(url)), key_(std::move(key)) {}

  Result<control::AdminResponse> call(const std::string& method, const std::string& target,
                                      const std::string& body) override {
    HttpCall http;
    http.base_url = url_;
    http.method = method;
    http.path = target;
    http.body = body;
    http.headers.add("authorization", "Bearer " + key_);
    if (!body.empty()) http.headers.add("content-type", "application/json");
    auto answer = http_call(http);
    if (!answer) {
      Refusal refusal = std::move(answer.error());
      refusal.message = fmt::format("The server's admin API at {} does not answer.", url_);
      return refuse(std::move(refusal));
    }
    return control::AdminResponse{answer->status, answer->content_type, std::move(answer->body)};
  }
  bool online() const override { return true; }

 private:
  std::string url_;
  std::string key_;
};

Refusal no_server(std::string message) {
  Refusal refusal;
  refusal.kind = ErrorKind::unavailable;
  refusal.layer = Layer::control;
  refusal.code = "server_unreachable";
  refusal.message = std::move(message);
  return refusal;
}

/// What a problem document says, for people.
void complain_problem(const boost::json::value& body, int status) {
  const boost::json::object* problem = body.if_object();
  if (problem == nullptr || !problem->contains("detail")) {
    return complain(fmt::format("The server answered with status {}.", status));
  }
  const auto text = [](const boost::json::object& object, const char* name) {
    const boost::json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  };
  const boost::json::value* errors = problem->if_contains("errors");
  if (errors == nullptr || !errors->is_array()) {
    const std::string param = text(*problem, "param");
    return complain((param.empty() ? "" : param + ": ") + text(*problem, "detail"));
  }
  for (const boost::json::value& item : errors->as_array()) {
    if (!item.is_object()) continue;
    config::ConfigError error;
    const boost::json::object& object = item.as_object();
    error.file = text(object, "file");
    if (const auto* line = object.if_contains("line"))
      error.line = static_cast<int>(line->as_int64());
    error.key = text(object, "key");
    error.message = text(object, "message");
    error.hint = text(object, "hint");
    const std::string all = error.to_string();
    complain(error.file.empty() ? all.substr(2) : all);
  }
}

}  // namespace

Result<control::DataDir> data_dir_of(const DataOptions& options) {
  control::DataDir dir;
  if (!options.data_dir.empty()) {
    dir.root = options.data_dir;
    return dir;
  }
  const auto config = load_config(options.config_file, false);
  if (!config) return refuse(Refusal::invalid("", "The configuration has errors."));
  dir.root = config->data_dir;
  return dir;
}

std::optional<config::Config> load_config(const std::string& file, bool resolve_secrets) {
  if (file.empty()) return config::defaults();
  config::LoadOptions options;
  options.resolve_secrets = resolve_secrets;
  auto config = config::load(file, options);
  if (config) return std::move(*config);
  complain(config.error());
  return std::nullopt;
}

Result<std::unique_ptr<AdminClient>> AdminClient::connect(const DataOptions& options) {
  auto dir = data_dir_of(options);
  if (!dir) return refuse(std::move(dir.error()));
  std::error_code error;
  if (!std::filesystem::exists(dir->root, error)) {
    return refuse(no_server(fmt::format(
        "There is no data folder {}: name one with --data, or start `gatehouse serve` first.",
        dir->root.string())));
  }
  if (auto ready = dir->prepare(); !ready) return refuse(std::move(ready.error()));
  auto lock = control::DataDirLock::acquire(*dir);
  if (lock) return OfflineClient::open(*dir, options.config_file, std::move(*lock));
  if (lock.error().code != "data_dir_in_use") return refuse(std::move(lock.error()));
  const auto server = control::ServerFile::read(*dir);
  if (!server) {
    return refuse(no_server("The data folder is in use, but its server is not ready yet."));
  }
  const auto key = control::read_admin_key(*dir);
  if (!key) {
    return refuse(no_server(fmt::format(
        "{} can't be read: it holds the key for the running server.", dir->admin_key().string())));
  }
  return std::unique_ptr<AdminClient>(std::make_unique<OnlineClient>(server->admin_url, *key));
}

std::optional<boost::json::value> admin_call(const DataOptions& options, const std::string& method,
                                             const std::string& target,
                                             const boost::json::value& body) {
  auto client = AdminClient::connect(options);
  if (!client) {
    complain(client.error());
    return std::nullopt;
  }
  const std::string text = body.is_null() ? "" : boost::json::serialize(body);
  const auto response = (*client)->call(method, "/admin/v1" + target, text);
  if (!response) {
    complain(response.error());
    return std::nullopt;
  }
  boost::json::error_code error;
  boost::json::value parsed = boost::json::parse(response->body, error);
  if (response->status >= 400) {
    complain_problem(parsed, response->status);
    return std::nullopt;
  }
  if (error) {
    complain("The server's answer is not JSON.");
    return std::nullopt;
  }
  return parsed;
}

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace gatehouse::app::cli
