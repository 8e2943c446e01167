#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "api/chat.h"
#include "api/json_out.h"
#include "api/upstream.h"
#include "core/result.h"

/// What the request writers of both dialects share. Internal to the layer.
namespace gatehouse::api {

/// What could not be passed on, each thing said once.
class Warnings {
 public:
  explicit Warnings(std::vector<std::string>& list) : list_(list) {}
  void add(std::string_view field, std::string_view why);

 private:
  std::vector<std::string>& list_;
};

/// "This upstream cannot do what `field` asks for."
Refusal unsupported(std::string_view field, std::string message);

/// Appends the members of the JSON object in `raw` but for those named.
void append_other_members(ListWriter& out, std::string_view raw,
                          std::initializer_list<std::string_view> except);

/// The text inside a member of a JSON object, by its path; empty if it is not there.
std::string text_at(std::string_view raw, std::initializer_list<std::string_view> path);

struct DataUrl {
  std::string media_type;
  std::string data;  // base64
};
/// "data:image/png;base64,…"; false if it is none or not in base64.
bool split_data_url(std::string_view url, DataUrl& out);

/// The maximum to be sent to a server of OpenAI's dialect for a request that sets none: see
/// `UpstreamOptions::cap_output`.
OutputCap openai_cap(const ChatRequest& request, const UpstreamOptions& options);

/// Whether all of the parts are one plain text (or nothing), to be written as a string.
bool is_plain_text(const std::vector<Part>& parts);

}  // namespace gatehouse::api
