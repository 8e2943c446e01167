#include "gateway/documents.h"

#include <functional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "api/attached_files.h"
#include "firewall/pdf/reader.h"
#include "gateway/request_scope.h"

namespace gatehouse::gateway {
namespace {

namespace pdf = firewall::pdf;

/// Of JSON that one job of the workers looks into, so that others get their turn.
constexpr size_t kJobBytes = 256UL * 1024;
constexpr size_t kMostNotes = 16;

struct Place {
  uint32_t message = 0;
  uint32_t part = 0;
  const api::Part* what = nullptr;
};

struct Note {
  std::string_view step;
  std::string text;
};

std::vector<Place> files_of(const api::ChatRequest& request) {
  std::vector<Place> places;
  for (size_t m = 0; m < request.messages.size(); ++m) {
    const std::vector<api::Part>& parts = request.messages[m].parts;
    for (size_t p = 0; p < parts.size(); ++p) {
      if (!api::may_attach_files(parts[p])) continue;
      places.push_back({static_cast<uint32_t>(m), static_cast<uint32_t>(p), &parts[p]});
    }
  }
  return places;
}

/// Reads file after file, with the limits of one request.
class Reading {
 public:
  explicit Reading(std::vector<DocumentText>& out) : out_(out) {}

  void read(const Place& place) {
    const api::AttachedFiles files = api::attached_files(*place.what);
    for (const std::string& bytes : files.pdfs) add(place, reader_.read(bytes));
    if (!files.foreign) return;
    const std::string_view why = files.by_reference ? "not in the request" : "neither text nor PDF";
    out_.push_back({place.message, place.part, {}, {}, why});
    note(place, "unread_document", std::string(why));
  }

  const std::vector<Note>& notes() const { return notes_; }

 private:
  void add(const Place& place, pdf::Document document) {
    std::string told =
        fmt::format("{} page(s), {} bytes of text", document.pages, document.visible.size());
    const auto put = [&](std::string text, std::string_view hidden) {
      if (!text.empty()) out_.push_back({place.message, place.part, std::move(text), hidden, {}});
    };
    // What is hidden comes first: of two findings that weigh the same the first decides.
    for (pdf::Hidden& hidden : document.hidden) {
      told += fmt::format(", {} {}", hidden.text.size(), pdf::evidence(hidden.trick));
      put(std::move(hidden.text), pdf::evidence(hidden.trick));
    }
    put(std::move(document.all), {});
    put(std::move(document.visible), {});
    note(place, "document", std::move(told));
    if (document.gaps.empty()) return;
    out_.push_back({place.message, place.part, {}, {}, to_string(document.gaps.front())});
    std::string gaps;
    for (const pdf::Gap gap : document.gaps) {
      gaps += gaps.empty() ? "" : ", ";
      gaps += to_string(gap);
    }
    note(place, "unread_document", std::move(gaps));
  }

  void note(const Place& place, std::string_view step, std::string text) {
    if (notes_.size() >= kMostNotes) return;
    notes_.push_back(
        {step, fmt::format("messages[{}].content[{}]: {}", place.message, place.part, text)});
  }

  std::vector<DocumentText>& out_;
  std::vector<Note> notes_;
  pdf::Reader reader_;
};

}  // namespace

Task<Result<void>> read_documents(RequestScope& scope, const api::ChatRequest& request) {
  const std::vector<Place> places = files_of(request);
  if (places.empty() || !scope.policy()->inspects(firewall::Source::retrieved)) {
    co_return Result<void>{};
  }
  Reading reading(scope.documents);
  std::span<const Place> left = places;
  while (!left.empty()) {
    std::function<void()> job = [&reading, &left] {
      for (size_t work = 0; !left.empty() && work < kJobBytes; left = left.subspan(1)) {
        work += left.front().what->raw.size();
        reading.read(left.front());
      }
    };
    Result<void> ran = co_await scope.services().workers.run(std::move(job));
    if (!ran) co_return refuse(std::move(ran.error()));
  }
  for (const Note& note : reading.notes()) {
    scope.trail().note(Layer::firewall, note.step, note.text);
  }
  co_return Result<void>{};
}

}  // namespace gatehouse::gateway
