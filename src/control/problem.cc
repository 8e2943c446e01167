#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "control/admin_routes.h"

namespace gatehouse::control {
namespace {

std::string_view title_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_request:
      return "The request is not valid";
    case ErrorKind::authentication:
      return "No valid key";
    case ErrorKind::permission:
    case ErrorKind::blocked:
      return "Not allowed";
    case ErrorKind::not_found:
      return "Not found";
    case ErrorKind::method_not_allowed:
      return "Method not allowed";
    case ErrorKind::conflict:
      return "Conflict";
    case ErrorKind::unavailable:
      return "Not available now";
    default:
      return "Something failed";
  }
}

}  // namespace

AdminResponse problem(const Refusal& refusal, const config::ConfigErrors& errors) {
  boost::json::object body{
      {"type", fmt::format("urn:gatehouse:problem:{}", refusal.code.empty()
                                                           ? std::string_view("internal_error")
                                                           : std::string_view(refusal.code))},
      {"title", title_of(refusal.kind)},
      {"status", refusal.status()},
      {"detail", refusal.message},
      {"code", refusal.code}};
  if (!refusal.param.empty()) body["param"] = refusal.param;
  if (!errors.empty()) {
    boost::json::array list;
    for (const config::ConfigError& error : errors) {
      boost::json::object item;
      if (!error.file.empty()) item["file"] = error.file;
      if (error.line > 0) item["line"] = error.line;
      item["key"] = error.key;
      if (!error.value.empty()) item["value"] = error.value;
      item["message"] = error.message;
      if (!error.hint.empty()) item["hint"] = error.hint;
      list.push_back(std::move(item));
    }
    body["errors"] = std::move(list);
  }
  AdminResponse response;
  response.status = refusal.status();
  response.content_type = "application/problem+json";
  response.body = boost::json::serialize(body);
  return response;
}

AdminResponse answer(int status, const boost::json::value& body) {
  AdminResponse response;
  response.status = status;
  response.body = boost::json::serialize(body);
  return response;
}

Refusal bad_query(std::string_view name, std::string_view expected) {
  return Refusal::invalid(config::shown(name), std::string(expected), "invalid_query");
}

Refusal not_found(std::string_view what, const std::string& id) {
  Refusal refusal;
  refusal.kind = ErrorKind::not_found;
  refusal.layer = Layer::control;
  refusal.code = fmt::format("{}_not_found", what);
  refusal.message = fmt::format("There is no {} \"{}\".", what, config::shown(id));
  return refusal;
}

Refusal declared_in_file(std::string_view what, const std::string& id) {
  Refusal refusal;
  refusal.kind = ErrorKind::conflict;
  refusal.layer = Layer::control;
  refusal.code = "declared_in_file";
  refusal.message = fmt::format(
      "The {} \"{}\" is declared in the configuration file: change it there and reload.", what,
      config::shown(id));
  return refusal;
}

std::string utc(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace gatehouse::control
