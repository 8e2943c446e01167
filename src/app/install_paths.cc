#include "app/install_paths.h"

#include <system_error>

namespace gatehouse::app {

std::filesystem::path installed_file(std::string_view relative) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  const fs::path candidates[] = {
      folder / ".." / "assets" / relative,               // build/assets: what is fetched
      folder / ".." / ".." / relative,                   // the repository: what is kept in it
      folder / ".." / "share" / "gatehouse" / relative,  // an installation
  };
  for (const fs::path& candidate : candidates) {
    if (fs::exists(candidate, ignored)) return fs::weakly_canonical(candidate, ignored);
  }
  return candidates[0].lexically_normal();
}

}  // namespace gatehouse::app
