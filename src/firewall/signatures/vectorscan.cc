#include "firewall/signatures/vectorscan.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace gatehouse::firewall {
namespace {

// A thread's scratch grows to fit each database that the thread meets; databases are few and live
// as long as the program or a reload, so the list of those already met stays short.
struct ThreadScratch {
  hs_scratch_t* scratch = nullptr;
  std::vector<const hs_database_t*> met;
  ~ThreadScratch() { hs_free_scratch(scratch); }
};

}  // namespace

Result<Database> compile_database(std::span<const Expression> expressions) {
  std::vector<const char*> patterns;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const Expression& expression : expressions) {
    patterns.push_back(expression.pattern.c_str());
    flags.push_back(expression.flags);
    ids.push_back(expression.id);
  }
  hs_database_t* made = nullptr;
  hs_compile_error_t* error = nullptr;
  const hs_error_t code = hs_compile_multi(patterns.data(), flags.data(), ids.data(),
                                           static_cast<unsigned>(patterns.size()), HS_MODE_BLOCK,
                                           nullptr, &made, &error);
  if (code == HS_SUCCESS) return Database(made);
  std::string message = error != nullptr ? error->message : "out of memory";
  std::string name = "rules";
  if (error != nullptr && error->expression >= 0) {
    name = expressions[static_cast<size_t>(error->expression)].name;
  }
  hs_free_compile_error(error);
  return refuse(Refusal::invalid("rules." + name, "rule " + name + ": " + message, "bad_rule"));
}

unsigned longest_match(const std::string& pattern) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_expression_info(pattern.c_str(), 0, &info, &error) != HS_SUCCESS) {
    hs_free_compile_error(error);
    return 0;
  }
  const unsigned longest = info->max_width;
  std::free(info);  // as in serialize
  return longest;
}

std::string serialize(const hs_database_t* database) {
  char* bytes = nullptr;
  size_t size = 0;
  if (hs_serialize_database(database, &bytes, &size) != HS_SUCCESS) return {};
  std::string out(bytes, size);
  std::free(bytes);  // hs_set_misc_allocator is not used: the default allocator is malloc
  return out;
}

Database deserialize(std::string_view bytes) {
  hs_database_t* made = nullptr;
  if (hs_deserialize_database(bytes.data(), bytes.size(), &made) != HS_SUCCESS) return nullptr;
  return Database(made);
}

hs_scratch_t* scratch_for(const hs_database_t* database) {
  thread_local ThreadScratch local;
  // A database freed on reload may leave its address to a smaller or larger one: the size is asked
  // again only for unknown addresses, so `met` is cleared when it grows, which re-checks all.
  constexpr size_t kMostMet = 16;
  if (std::find(local.met.begin(), local.met.end(), database) != local.met.end())
    return local.scratch;
  if (local.met.size() >= kMostMet) local.met.clear();
  if (hs_alloc_scratch(database, &local.scratch) != HS_SUCCESS) std::abort();
  local.met.push_back(database);
  return local.scratch;
}

}  // namespace gatehouse::firewall
