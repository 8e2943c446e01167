#include "admission/ledger.h"

#include <algorithm>

#include <fmt/format.h>

namespace gatehouse::admission {
namespace {

constexpr std::string_view kJournalPrefix = "budget-";
constexpr std::string_view kDamagedEnd = ".damaged";
constexpr size_t kMaxDamageTexts = 20;
constexpr size_t kMaxHoles = 1000;  // a journal with more of them is no journal
constexpr int32_t kKeepDays = 400;
constexpr int32_t kKeepMonths = 120;
constexpr int kReadTries = 5;

}  // namespace

LedgerTotals& Ledger::Owner::at(Period period, int32_t index) {
  std::vector<Dated>& list = periods[static_cast<size_t>(period)];
  // Nearly always the last one.
  auto place = list.end();
  while (place != list.begin() && std::prev(place)->index >= index) --place;
  if (place == list.end() || place->index != index) place = list.insert(place, Dated{index, {}});
  return place->totals;
}

Ledger::Owner& Ledger::owner(ScopeKind kind, std::string_view id) {
  auto& known = owners_[static_cast<size_t>(kind)];
  if (const auto found = known.find(id); found != known.end()) return *found->second;
  auto made = std::make_unique<Owner>();
  made->kind = kind;
  made->id = id;
  return *known.emplace(std::string(id), std::move(made)).first->second;
}

void Ledger::damaged(const std::string& name, const store::LogPosition& at, std::string_view what) {
  ++recovery_.damaged;
  recovery_.damaged_segments.emplace(name, at.segment);
  if (recovery_.damage.size() >= kMaxDamageTexts) return;
  recovery_.damage.push_back(
      fmt::format("{}: segment {} offset {}: {}", name, at.segment, at.offset, what));
}

bool Ledger::reserve(JournalState& journal, const ReserveRecord& record) {
  if (!is_valid_id(record.key) || !is_valid_id(record.tenant) ||
      !(record.user.empty() || is_valid_id(record.user))) {
    return false;
  }
  const auto [place, fresh] = journal.open.try_emplace(record.number);
  if (!fresh) return false;
  Open& open = place->second;
  open.bound = record.bound;
  open.periods = record.periods;
  open.wall_ms = record.wall_ms;
  open.request = record.request;
  open.owners[0] = &owner(ScopeKind::key, record.key);
  if (!record.user.empty()) {
    scratch_.assign(record.tenant).append("/").append(record.user);
    open.owners[1] = &owner(ScopeKind::user, scratch_);
  }
  open.owners[2] = &owner(ScopeKind::tenant, record.tenant);
  journal.journal.next_number = std::max(journal.journal.next_number, record.number + 1);
  latest_ = {std::max(latest_.day, record.periods.day),
             std::max(latest_.month, record.periods.month)};
  return true;
}

void Ledger::charge(const Open& open, const Charge& used, bool recovered, bool released) {
  const Charge over{Money{std::max<int64_t>(used.money.nanos - open.bound.money.nanos, 0)},
                    std::max<int64_t>(used.tokens - open.bound.tokens, 0)};
  for (Owner* const who : open.owners) {
    if (who == nullptr) continue;
    for (const Period period : {Period::day, Period::month}) {
      LedgerTotals& totals =
          who->at(period, period == Period::day ? open.periods.day : open.periods.month);
      totals.spent += used;
      totals.overshoot += over;
      if (recovered) totals.recovered += used;
      if (!released) ++totals.requests;
    }
  }
}

void Ledger::apply(const std::string& name, std::string_view line, const store::LogPosition& at) {
  ++recovery_.records;
  JournalState& journal = journals_[name];
  const auto record = parse_journal_line(line);
  if (!record) {
    damaged(name, at, "not a record of the budget journal");
    return;
  }
  if (record->reserve) {
    if (!reserve(journal, *record->reserve)) {
      damaged(name, at, fmt::format("reservation {} is not usable", record->reserve->number));
    }
    return;
  }
  const auto found = journal.open.find(record->settle->number);
  if (found == journal.open.end()) {
    damaged(name, at,
            fmt::format("settlement of reservation {}, which is not open", record->settle->number));
    return;
  }
  charge(found->second, record->settle->used, false, record->settle->released);
  journal.open.erase(found);
}

void Ledger::replay(const std::filesystem::path& dir, const std::string& name, uint64_t before) {
  using End = store::AppendLogReader::End;
  JournalState& journal = journals_[name];
  const auto segments = store::list_segments(dir, name);
  if (segments.empty()) return;
  store::LogPosition from = std::max(journal.journal.folded, {segments.front(), 0});
  if (journal.journal.folded.segment != 0 && segments.back() >= journal.journal.folded.segment &&
      segments.front() > journal.journal.folded.segment) {
    damaged(name, journal.journal.folded,
            fmt::format("the segments to {} are not there", segments.front() - 1));
  }
  size_t holes = 0;
  while (from.segment <= segments.back() && from.segment < before) {
    store::AppendLogReader reader(dir, name, from);
    bool stopped = false;
    while (reader.next()) {
      stopped = reader.position().segment >= before;
      if (stopped) break;
      apply(name, reader.record(), reader.position());
      from = reader.position();
    }
    if (stopped || reader.end() == End::clean) break;
    recovery_.torn_bytes += reader.torn_bytes();
    // A torn end of the last segment is a record that was never acknowledged, or is being written.
    if (reader.end() == End::torn) break;
    damaged(name, reader.end_position(), reader.end_detail());
    from = ++holes <= kMaxHoles ? reader.resume_position()
                                : store::LogPosition{reader.end_position().segment + 1, 0};
  }
  journal.journal.folded =
      std::max(journal.journal.folded, {std::min(before, segments.back() + 1), 0});
}

void Ledger::settle_open() {
  for (auto& [name, journal] : journals_) {
    for (const auto& [number, open] : journal.open) {
      charge(open, open.bound, true, false);
      ++recovery_.recovered_reservations;
      recovery_.recovered += open.bound;
    }
    journal.open.clear();
  }
}

size_t Ledger::open_reservations() const {
  size_t open = 0;
  for (const auto& [name, journal] : journals_) open += journal.open.size();
  return open;
}

std::map<LedgerKey, LedgerTotals> Ledger::totals() const {
  std::map<LedgerKey, LedgerTotals> report;
  for (const auto& known : owners_) {
    for (const auto& [id, owner] : known) {
      for (const Period period : {Period::day, Period::month}) {
        for (const Dated& dated : owner->periods[static_cast<size_t>(period)]) {
          report[{owner->kind, id, period, dated.index}] = dated.totals;
        }
      }
    }
  }
  for (const auto& [name, journal] : journals_) {
    for (const auto& [number, open] : journal.open) {
      for (const Owner* const who : open.owners) {
        if (who == nullptr) continue;
        report[{who->kind, who->id, Period::day, open.periods.day}].reserved += open.bound;
        report[{who->kind, who->id, Period::month, open.periods.month}].reserved += open.bound;
      }
    }
  }
  return report;
}

void Ledger::forget_old() {
  for (auto& known : owners_) {
    for (auto& [id, owner] : known) {
      std::erase_if(owner->periods[0],
                    [&](const Dated& d) { return d.index < latest_.day - kKeepDays; });
      std::erase_if(owner->periods[1],
                    [&](const Dated& d) { return d.index < latest_.month - kKeepMonths; });
    }
  }
}

Result<Ledger> Ledger::read(const std::filesystem::path& dir) {
  // A running server may fold segments away between the two steps: then the snapshot is a newer
  // one, and the reading is done again.
  for (int i = 0; i < kReadTries; ++i) {
    auto ledger = load(dir);
    if (!ledger) return ledger;
    for (const std::string& name : list_journals(dir)) ledger->replay(dir, name);
    const auto after = load(dir);
    if (!after) return refuse(after.error());
    if (after->generation_ == ledger->generation_) return ledger;
  }
  Refusal refusal =
      Refusal::internal(Layer::admission, "the ledger changes faster than it is read");
  refusal.kind = ErrorKind::unavailable;
  return refuse(std::move(refusal));
}

std::string difference(const std::map<LedgerKey, LedgerTotals>& a,
                       const std::map<LedgerKey, LedgerTotals>& b) {
  const auto name = [](const LedgerKey& key) {
    return fmt::format("{} {} {}", to_string(key.kind), key.id, period_name(key.period, key.index));
  };
  const auto show = [](const LedgerTotals& t) {
    return fmt::format("spent ${} and {} tokens, reserved ${} and {} tokens, {} requests",
                       t.spent.money.to_string(), t.spent.tokens, t.reserved.money.to_string(),
                       t.reserved.tokens, t.requests);
  };
  static const LedgerTotals kNothing;
  for (const auto& [key, totals] : a) {
    const auto found = b.find(key);
    const LedgerTotals& other = found == b.end() ? kNothing : found->second;
    if (totals != other) return name(key) + ": " + show(totals) + " against " + show(other);
  }
  for (const auto& [key, totals] : b) {
    if (totals != kNothing && !a.contains(key)) {
      return name(key) + ": nothing against " + show(totals);
    }
  }
  return {};
}

std::string journal_name(size_t loop) {
  return std::string(kJournalPrefix) + std::to_string(loop);
}

std::vector<std::string> list_journals(const std::filesystem::path& dir) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(dir, error), last; !error && it != last;
       it.increment(error)) {
    const std::string file = it->path().filename().string();
    if (!file.starts_with(kJournalPrefix) || !file.ends_with(".log")) continue;
    const std::string name = file.substr(0, file.find('.'));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> set_aside_damaged(const std::filesystem::path& dir, const std::string& name,
                               uint64_t segment) {
  const std::filesystem::path path = store::segment_path(dir, name, segment);
  std::error_code error;
  std::filesystem::rename(path, path.string() + std::string(kDamagedEnd), error);
  if (!error || error == std::errc::no_such_file_or_directory) return {};  // a segment that is lost
  return refuse(Refusal::internal(Layer::admission, path.string() + ": " + error.message()));
}

std::vector<std::filesystem::path> list_damaged(const std::filesystem::path& dir) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it(dir, error), last; !error && it != last;
       it.increment(error)) {
    const std::string file = it->path().filename().string();
    if (file.starts_with(kJournalPrefix) && file.ends_with(kDamagedEnd))
      found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace gatehouse::admission
