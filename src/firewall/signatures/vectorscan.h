#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <hs.h>

#include "core/result.h"

namespace gatehouse::firewall {

struct DatabaseDeleter {
  void operator()(hs_database_t* database) const { hs_free_database(database); }
};
using Database = std::unique_ptr<hs_database_t, DatabaseDeleter>;

struct Expression {
  std::string pattern;
  unsigned flags = 0;
  unsigned id = 0;
  std::string name;  // for the refusal
};

/// Compiles a block-mode database; refuses with the name of the expression at fault.
Result<Database> compile_database(std::span<const Expression> expressions);

/// Bytes of the longest text that a pattern can match; the largest number where nothing limits it.
/// 0 for a pattern that cannot be compiled.
unsigned longest_match(const std::string& pattern);

/// The bytes of a database, for another program of the same version of Vectorscan.
std::string serialize(const hs_database_t* database);
/// A database from such bytes; null where they are of another version or another kind of processor.
Database deserialize(std::string_view bytes);

/// This thread's scratch, large enough for `database`; shared by all databases. Aborts the program
/// when memory for it cannot be had, as any allocation here does.
hs_scratch_t* scratch_for(const hs_database_t* database);

}  // namespace gatehouse::firewall
