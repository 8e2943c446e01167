// Shell completion, made from the commands themselves, so that it can't go out of date.
#include <memory>

#include <fmt/format.h>

#include "app/cli/cli.h"
#include "app/cli/output.h"

namespace gatehouse::app::cli {
namespace {

struct Entry {
  std::string path;                // "tenant create"; empty for the program
  std::vector<std::string> words;  // subcommands, then options
};

void collect(const CLI::App& app, const std::string& path, std::vector<Entry>& entries) {
  Entry entry{path, {}};
  for (const CLI::App* sub : app.get_subcommands(nullptr)) entry.words.push_back(sub->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) entry.words.push_back("--" + name);
  }
  entries.push_back(std::move(entry));
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    collect(*sub, (path.empty() ? "" : path + " ") + sub->get_name(), entries);
  }
}

std::string bash(const std::vector<Entry>& entries) {
  std::string cases;
  for (const Entry& entry : entries) {
    cases += fmt::format("    '{}') words='{}' ;;\n", entry.path, fmt::join(entry.words, " "));
  }
  return fmt::format(R"(# bash completion of gatehouse; source it: . <(gatehouse completion bash)
_gatehouse() {{
  local word path='' words='' current="${{COMP_WORDS[COMP_CWORD]}}"
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    [[ $word == -* ]] && break
    path="${{path:+$path }}$word"
  done
  case "${{COMP_WORDS[COMP_CWORD-1]}}" in
    --config|--ca-file|--anchor) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --data) COMPREPLY=($(compgen -d -- "$current")); return ;;
  esac
  while :; do
    case "$path" in
{}    esac
    [[ -n $words || -z $path ]] && break
    [[ $path == *' '* ]] && path="${{path% *}}" || path=''
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ ${{#COMPREPLY[@]}} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$current"))
}}
complete -o filenames -F _gatehouse gatehouse
)",
                     cases);
}

std::string zsh(const std::vector<Entry>& entries) {
  // zsh runs bash completions as they are, once asked to.
  return "#compdef gatehouse\nautoload -Uz bashcompinit && bashcompinit\n" + bash(entries);
}

std::string fish(const std::vector<Entry>& entries) {
  std::string out =
      "# fish completion of gatehouse; source it: gatehouse completion fish | source\n"
      "complete -c gatehouse -f\n";
  for (const Entry& entry : entries) {
    const size_t blank = entry.path.find(' ');
    const std::string first = entry.path.substr(0, blank);
    const std::string second = blank == std::string::npos ? "" : entry.path.substr(blank + 1);
    std::string condition = "__fish_use_subcommand";
    if (!first.empty()) condition = "__fish_seen_subcommand_from " + first;
    if (!second.empty()) condition += "; and __fish_seen_subcommand_from " + second;
    for (const std::string& word : entry.words) {
      const bool option = word.starts_with("--");
      if (word == "--data" || word == "--config" || word == "--ca-file") {
        out +=
            fmt::format("complete -c gatehouse -n '{}' -l {} -r -F\n", condition, word.substr(2));
      } else if (option) {
        out += fmt::format("complete -c gatehouse -n '{}' -l {}\n", condition, word.substr(2));
      } else {
        out += fmt::format("complete -c gatehouse -n '{}' -a {}\n", condition, word);
      }
    }
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& root, int& exit_code) {
  CLI::App* command = root.add_subcommand("completion", "Prints the completion of a shell");
  command->footer(
      "Examples:\n"
      "  . <(gatehouse completion bash)\n"
      "  gatehouse completion zsh > \"${fpath[1]}/_gatehouse\"\n"
      "  gatehouse completion fish | source");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  runs(*command, exit_code, [&root, shell] {
    std::vector<Entry> entries;
    collect(root, "", entries);
    print(*shell == "bash" ? bash(entries) : *shell == "zsh" ? zsh(entries) : fish(entries));
    return kOk;
  });
}

}  // namespace gatehouse::app::cli
